"""Rows made one by one for arithmetic on columns.

What it does
    Finds `df.apply(lambda r: r["a"] + r["b"], axis=1)` and writes the arithmetic on the
    columns.

Why it costs memory
    `apply` makes an array of the whole frame in one type, a series for each row and an object
    for each result.

Example
    total = df.apply(lambda r: r["price"] * r["n"], axis=1)

Use instead
    total = df["price"] * df["n"]

When it is safe
    For sums, differences and products of columns and numbers. A frame of mixed types is brought
    to one type first by `apply`, and an empty one gives a frame, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_STEPS = (ast.Add, ast.Sub, ast.Mult)


RULE = Rule(
    code="MEM416",
    name="pd-apply-rows",
    trust=Trust.EXACT,
    summary="rows are made one by one for arithmetic on columns",
    triggers=("axis=",),
    pair=Pair("D09", 9.30, 0.92),
    search_only=True,
    examples=(
        Example(
            'def total(df):\n    return df.apply(lambda r: r["b"] * r["c"] + 1, axis=1)\n',
            'def total(df):\n    return df["b"] * df["c"] + 1\n',
            call='total(__import__("pandas").DataFrame({"b": [1.0, 2.0], "c": [3.0, 4.0]}))',
        ),
        Example(
            "def gap(df):\n"
            '    df["gap"] = df.apply(lambda row: row["end"] - row["start"], axis=1)\n'
            "    return df\n",
            'def gap(df):\n    df["gap"] = df["end"] - df["start"]\n    return df\n',
            call='gap(__import__("pandas").DataFrame({"start": [1, 2], "end": [3, 9]}))',
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df.apply(lambda r: r["a"] / r["b"], axis=1)\n'),
        ('def f(df):\n    return df.apply(lambda r: g(r["a"]), axis=1)\n'),
        ('def f(df):\n    return df.apply(lambda r: r["a"] + r["b"])\n'),
        ('def f(df, w):\n    return df.apply(lambda r: r["a"] + w["b"], axis=1)\n'),
        ("def f(df):\n    return df.apply(lambda r: 1, axis=1)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Functions of a row that are arithmetic on its columns."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "apply")
        given = patterns.arguments(call, "func", "axis") if found else None
        if found is None or given is None or set(given) != {"func", "axis"}:
            continue
        func, axis = given["func"], given["axis"]
        by_row = patterns.number(axis) == 1 or (isinstance(axis, ast.Constant) and axis.value == "columns")
        if not by_row or not isinstance(func, ast.Lambda) or not patterns.plain(found[0]):
            continue
        arguments = func.args
        if len(arguments.args) != 1 or arguments.defaults or arguments.vararg or arguments.kwarg:
            continue
        rows: dict[ast.expr, str] = {}
        frame = facts.text(found[0])
        if isinstance(func.body, ast.BinOp) and _arithmetic(func.body, arguments.args[0].arg, frame, rows):
            text = patterns.with_parts(facts, func.body, rows)
            yield RULE.site(
                facts, call, "columns can be computed with as a whole",
                facts.edits.replace(call, text),
            )  # fmt: skip


def _arithmetic(node: ast.expr, row: str, frame: str, rows: dict[ast.expr, str]) -> bool:
    """Whether an expression only computes with columns of a row and numbers; notes the row's places."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, _STEPS):
        return all(_arithmetic(side, row, frame, rows) for side in (node.left, node.right))
    if patterns.string_key(node) is not None and isinstance(node, ast.Subscript):
        rows[node.value] = frame
        return isinstance(node.value, ast.Name) and node.value.id == row
    return patterns.number(node) is not None
