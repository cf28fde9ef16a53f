"""Rows of every column selected to read one.

What it does
    Finds `df[mask]["a"]` and selects rows and column together by `df.loc[mask, "a"]`.

Why it costs memory
    `df[mask]` copies the chosen rows of all columns, and one of them is read.

Example
    mean = df[df["delay"] > 15]["price"].mean()

Use instead
    mean = df.loc[df["delay"] > 15, "price"].mean()

When it is safe
    The mask comes from columns of the same frame and the result is only read. Both ways give
    the same rows, index, name and dtype. A structured array may look the same, so where the
    frame is not surely one of pandas the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, columns, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM402",
    name="pd-filter-then-column",
    trust=Trust.EXACT,
    summary="rows of every column are selected to read one column",
    triggers=("][",),
    pair=Pair("D21", 12.57, 3.86),
    examples=(
        Example(
            'def mean(df):\n    return df[df["delay"] > 15]["price"].mean()\n',
            'def mean(df):\n    return df.loc[df["delay"] > 15, "price"].mean()\n',
            call='mean(__import__("pandas").DataFrame({"delay": [1, 20, 30], "price": [1.0, 2.0, 3.0]}))',
        ),
        Example(
            'def pick(df, kinds):\n    return df[df["kind"].isin(kinds) & (df["n"] > 0)]["n"] * 2\n',
            'def pick(df, kinds):\n    return df.loc[df["kind"].isin(kinds) & (df["n"] > 0), "n"] * 2\n',
            call='pick(__import__("pandas").DataFrame({"kind": [1, 2, 3], "n": [1, 2, 3]}), [1, 3])',
        ),
        Example(
            "import pandas as pd\n\ndef mean(df):\n    return df[\n"
            '        df["delay"] > 15\n    ]["price"].mean()\n',
            'import pandas as pd\n\ndef mean(df):\n    return df.loc[\n        df["delay"] > 15,\n'
            '        "price",\n    ].mean()\n',
            call='mean(pd.DataFrame({"delay": [1, 20, 30], "price": [1.0, 2.0, 3.0]}))',
        ),
    ),
    counterexamples=(
        'def f(df):\n    df[df["a"] > 1]["b"] = 0\n',
        'def f(df):\n    return df[df["a"] > 1]\n',
        'def f(df):\n    return df["a"]["b"]\n',
        'def f(df, other):\n    return df[other["a"] > 1]["b"]\n',
        'def f(df):\n    df[df["a"] > 1]["b"].fillna(0, inplace=True)\n',
        'def f(df):\n    df[df["a"] > 1]["b"][0] = 1\n',
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """A column taken from a boolean selection."""
    for node in facts.walk(ast.Subscript):
        rows = node.value
        chosen = columns.chosen_rows(facts, rows)
        if chosen is None or chosen[2] is not None or not isinstance(rows, ast.Subscript):
            continue
        if patterns.string_key(node) is None or _written(facts, node):
            continue
        edits = columns.located(facts, rows, node, facts.text(node.slice))
        if edits:
            certain = frames.surely(facts, chosen[0]) and patterns.column_mask(chosen[1], chosen[0])
            yield RULE.site(facts, node, "all columns are copied to read one", edits, certain=certain)


def _written(facts: Facts, node: ast.Subscript) -> bool:
    """Whether the selected column is a target or is changed in place."""
    if not isinstance(node.ctx, ast.Load):
        return True
    for parent in facts.index.ancestors(node):
        if isinstance(parent, (ast.Subscript, ast.Attribute)) and not isinstance(parent.ctx, ast.Load):
            return True
        if isinstance(parent, ast.Call) and any(k.arg == "inplace" for k in parent.keywords):
            return True
        if not isinstance(parent, (ast.Subscript, ast.Attribute, ast.Call)):
            return False
    return False
