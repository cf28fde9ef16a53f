"""Rows of every column selected to keep a few columns.

What it does
    Finds `df[mask][["a", "b"]]` and selects rows and columns together by `df.loc[mask, ["a",
    "b"]]`.

Why it costs memory
    `df[mask]` copies the chosen rows of all columns before most of them are dropped.

Example
    late = df[df["delay"] > 15][["price", "carrier"]]

Use instead
    late = df.loc[df["delay"] > 15, ["price", "carrier"]]

When it is safe
    The mask comes from columns of the same frame. Where the frame is not surely one of pandas,
    as a structured array may look the same, the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, columns, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM410",
    name="pd-filter-then-columns",
    trust=Trust.EXACT,
    summary="rows of every column are selected to keep a few",
    triggers=("][",),
    pair=Pair("D26", 12.57, 5.07),
    examples=(
        Example(
            "import pandas as pd\n"
            "\n"
            "def late(df: pd.DataFrame):\n"
            '    return df[df["delay"] > 15][["price", "delay"]]\n',
            "import pandas as pd\n"
            "\n"
            "def late(df: pd.DataFrame):\n"
            '    return df.loc[df["delay"] > 15, ["price", "delay"]]\n',
            call='late(pd.DataFrame({"delay": [1, 20, 30], "price": [1.0, 2.0, 3.0], "n": [1, 2, 3]}))',
        ),
        Example(
            'def pick(df):\n    return df[df["kind"].isin([1]) | (df["n"] > 2)][["n"]].sum()\n',
            'def pick(df):\n    return df.loc[df["kind"].isin([1]) | (df["n"] > 2), ["n"]].sum()\n',
            call='pick(__import__("pandas").DataFrame({"kind": [1, 2, 3], "n": [1, 2, 3]}))',
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df[df["a"] > 1]["b"]\n'),
        ('def f(df, c):\n    return df[df["a"] > 1][c]\n'),
        ('def f(df):\n    df[df["a"] > 1][["b"]] = 0\n'),
        ('def f(df, other):\n    return df[other["a"] > 1][["b"]]\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lists of columns taken from a boolean selection."""
    for node in facts.walk(ast.Subscript):
        chosen = columns.chosen_rows(facts, node.value) if frames.columns(node) else None
        if chosen is None or chosen[2] is not None or not isinstance(node.value, ast.Subscript):
            continue
        edits = columns.located(facts, node.value, node, facts.text(node.slice))
        if edits:
            certain = frames.surely(facts, chosen[0]) and patterns.column_mask(chosen[1], chosen[0])
            yield RULE.site(facts, node, "all columns are copied to keep a few", edits, certain=certain)
