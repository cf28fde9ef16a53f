"""A whole frame transformed to read one column.

What it does
    Finds `df.fillna(0)["a"]` and other column-by-column methods and takes the column first.

Why it costs memory
    The method makes a new frame of all columns, of which one is read.

Example
    prices = df.fillna(0)["price"]

Use instead
    prices = df["price"].fillna(0)

When it is safe
    The method treats every column by itself with the same arguments. A failure in another
    column no longer shows, and a key that names several columns gives a frame either way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_PLAIN = frozenset(
    {"isna", "isnull", "notna", "notnull", "abs", "ffill", "bfill", "cumsum", "cummax", "cummin", "rank"}
)
_SCALAR = frozenset({"fillna", "round", "shift", "diff", "clip", "head", "tail"})

RULE = Rule(
    code="MEM403",
    name="pd-frame-then-column",
    trust=Trust.EXACT,
    summary="a whole frame is transformed to read one column",
    triggers=(")[",),
    pair=Pair("D24", 13.75, 2.29),
    examples=(
        Example(
            'import pandas as pd\n\ndef prices(df: pd.DataFrame):\n    return df.fillna(0)["price"]\n',
            'import pandas as pd\n\ndef prices(df: pd.DataFrame):\n    return df["price"].fillna(0)\n',
            call='prices(pd.DataFrame({"price": [1.0, None], "n": [1, 2]}))',
        ),
        Example(
            'def missing(df):\n    return df.isna()["price"].sum()\n',
            'def missing(df):\n    return df["price"].isna().sum()\n',
            call='missing(__import__("pandas").DataFrame({"price": [1.0, None], "n": [1, 2]}))',
        ),
    ),
    counterexamples=(
        'def f(df):\n    return df.dropna()["price"]\n',
        'def f(df, d):\n    return df.fillna(d)["price"]\n',
        "def f(df):\n    return df.fillna(0)\n",
        'def f(df):\n    return df.isna(axis=1)["price"]\n',
        'def f(df):\n    return df.groupby("a").cumsum()["price"]\n',
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """A column taken from a column-by-column result."""
    for node in facts.walk(ast.Subscript):
        if patterns.string_key(node) is None or not isinstance(node.ctx, ast.Load):
            continue
        found = patterns.method(node.value, *_PLAIN, *_SCALAR)
        if found is None or not patterns.plain(found[0]):
            continue
        frame, call = found
        name = call.func.attr  # type: ignore[attr-defined]
        scalars = name in _SCALAR and len(call.args) == 1 and isinstance(call.args[0], ast.Constant)
        if call.keywords or (call.args and not scalars):
            continue
        rest = facts.source.data[facts.range(frame)[1] : facts.range(call)[1]].decode()
        text = f"{facts.text(frame)}[{facts.text(node.slice)}]{rest}"
        yield RULE.site(
            facts, node, "every column is transformed to read one", facts.edits.replace(node, text),
            certain=patterns.kind(facts, frame) == "frame",
        )  # fmt: skip
