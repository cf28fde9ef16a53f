"""A function of Python that computes with every value of a column.

What it does
    Finds `df["a"].apply(lambda x: x * 2 + 1)` and writes the arithmetic on the column.

Why it costs memory
    Every result is a Python object in an array of objects before the column is made of them.

Example
    df["celsius"].apply(lambda c: c * 1.8 + 32)

Use instead
    df["celsius"] * 1.8 + 32

When it is safe
    For sums, differences and products with numbers. Whole numbers may overflow one way only and
    an empty or mixed column differs in type, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_STEPS = (ast.Add, ast.Sub, ast.Mult)


RULE = Rule(
    code="MEM433",
    name="pd-apply-arithmetic",
    trust=Trust.EXACT,
    summary="a function of Python computes with every value of a column",
    triggers=(".apply(", ".map("),
    pair=Pair("D45", 23.07, 3.06),
    search_only=True,
    examples=(
        Example(
            'def fahrenheit(df):\n    return df["c"].apply(lambda c: c * 1.8 + 32)\n',
            'def fahrenheit(df):\n    return df["c"] * 1.8 + 32\n',
            call='fahrenheit(__import__("pandas").DataFrame({"c": [1.0, 20.5]}))',
        ),
        Example(
            'def percent(df):\n    df["share"] = df["share"].map(lambda x: 100 * x)\n    return df\n',
            'def percent(df):\n    df["share"] = 100 * df["share"]\n    return df\n',
            call='percent(__import__("pandas").DataFrame({"share": [0.5, 0.25]}))',
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df["a"].apply(lambda x: 1 / x)\n'),
        ('def f(df):\n    return df["a"].apply(lambda x: g(x))\n'),
        ('def f(df, y):\n    return df["a"].apply(lambda x: x + y)\n'),
        ('def f(df):\n    return df["a"].apply(lambda x: 3)\n'),
        ("def f(d):\n    return d.map(lambda x: x * 2)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Functions of one value that are arithmetic with numbers."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "apply", "map")
        if found is None or len(call.args) != 1 or call.keywords:
            continue
        column, func = found[0], call.args[0]
        if frames.column(column) is None and patterns.kind(facts, column) != "series":
            continue
        if not isinstance(func, ast.Lambda) or len(func.args.args) != 1 or func.args.defaults:
            continue
        places: dict[ast.expr, str] = {}
        name, text = func.args.args[0].arg, facts.text(column)
        if isinstance(func.body, ast.BinOp) and _arithmetic(func.body, name, text, places) and places:
            yield RULE.site(
                facts, call, "the column can be computed with as a whole",
                facts.edits.replace(call, patterns.with_parts(facts, func.body, places)),
            )  # fmt: skip


def _arithmetic(node: ast.expr, name: str, column: str, places: dict[ast.expr, str]) -> bool:
    """Whether an expression only computes with one name and numbers; notes where the name stands."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, _STEPS):
        return all(_arithmetic(side, name, column, places) for side in (node.left, node.right))
    if isinstance(node, ast.Name):
        places[node] = column
        return node.id == name
    return patterns.number(node) is not None
