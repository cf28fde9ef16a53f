"""Rows selected only to see whether there are any.

What it does
    Finds `df[df["a"] > 0].empty` and `len(df[df["a"] > 0]) == 0` and asks the mask.

Why it costs memory
    The selection copies every column of the chosen rows, which nobody reads.

Example
    if df[df["delay"] > 15].empty:
        return None

Use instead
    if not (df["delay"] > 15).any():
        return None

When it is safe
    The mask comes from columns of the same frame, so the selection has a column. Where the
    frame is not surely one of pandas the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM412",
    name="pd-filter-to-test",
    trust=Trust.EXACT,
    summary="rows are selected only to see whether there are any",
    triggers=(".empty", "len("),
    pair=Pair("D28", 12.57, 0.19),
    examples=(
        Example(
            'import pandas as pd\n\ndef quiet(df: pd.DataFrame):\n    return df[df["delay"] > 15].empty\n',
            'import pandas as pd\n\ndef quiet(df: pd.DataFrame):\n    return not (df["delay"] > 15).any()\n',
            call='[quiet(pd.DataFrame({"delay": d})) for d in ([1, 20], [1, 2], [])]',
        ),
        Example(
            'def some(df):\n    if len(df[df["n"] > 2]) > 0:\n        return "some"\n    return "none"\n',
            'def some(df):\n    if (df["n"] > 2).any():\n        return "some"\n    return "none"\n',
            call='[some(__import__("pandas").DataFrame({"n": n})) for n in ([1, 3], [1])]',
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return len(df[df["a"] > 1]) > 0\n'),
        ('def f(df):\n    return df[["a"]].empty\n'),
        ('def f(df):\n    if len(df[df["a"] > 1]) > 1:\n        return 1\n'),
        ("def f(df, m):\n    return df[m].empty\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Boolean selections of which only the emptiness counts."""
    for node in facts.walk(ast.Attribute, ast.Compare):
        tested = _tested(facts, node)
        if tested is None:
            continue
        rows, empty = tested
        found = frames.filtered(facts, rows)
        if found is None:
            continue
        frame, mask = found
        text = f"{'not ' if empty else ''}({facts.text(mask)}).any()"
        yield RULE.site(
            facts, node, "the rows are copied only to be tested", facts.edits.replace(node, text),
            certain=frames.surely(facts, frame),
        )  # fmt: skip


def _tested(facts: Facts, node: ast.expr) -> tuple[ast.expr, bool] | None:
    """What is tested, and whether for being empty."""
    if isinstance(node, ast.Attribute):
        return (node.value, True) if node.attr == "empty" and isinstance(node.ctx, ast.Load) else None
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not frames.truth_only(facts, node):
        return None
    length, limit, op = node.left, patterns.number(node.comparators[0]), node.ops[0]
    if not patterns.is_call(facts, length, "builtins.len") or len(length.args) != 1:  # type: ignore[attr-defined]
        return None
    rows = length.args[0]  # type: ignore[attr-defined]
    if limit == 0 and isinstance(op, (ast.Gt, ast.NotEq, ast.Eq)):
        return rows, isinstance(op, ast.Eq)
    return (rows, False) if limit == 1 and isinstance(op, ast.GtE) else None
