"""A whole frame shuffled to draw a few rows.

What it does
    Finds `df.sample(frac=1).head(10)` and draws that many rows.

Why it costs memory
    The shuffled frame is a copy of every row.

Example
    some = df.sample(frac=1, random_state=0).head(10)

Use instead
    some = df.sample(n=10, random_state=0)

When it is safe
    Drawing without putting back shuffles all positions and takes the first, from the same
    stream. A frame of fewer rows raises an error one way only, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM435",
    name="pd-shuffle-then-head",
    trust=Trust.EXACT,
    summary="a whole frame is shuffled to draw a few rows",
    triggers=("sample(",),
    pair=Pair("D47", 15.46, 1.53),
    search_only=True,
    examples=(
        Example(
            "def some(df):\n    return df.sample(frac=1, random_state=0).head(2)\n",
            "def some(df):\n    return df.sample(n=2, random_state=0)\n",
            call=(
                'some(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], "k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def some(df, seed):\n    return df.sample(frac=1.0, random_state=seed)[:2]["b"]\n',
            'def some(df, seed):\n    return df.sample(n=2, random_state=seed)["b"]\n',
            call=(
                'some(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}), 3)'
            ),
        ),
    ),
    counterexamples=(
        ("def f(df):\n    return df.sample(frac=0.5).head(2)\n"),
        ("def f(df):\n    return df.sample(frac=1)\n"),
        ("def f(df):\n    return df.sample(frac=1, replace=True).head(2)\n"),
        ("def f(df):\n    return df.sample(frac=1).tail(2)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """First rows of a frame shuffled for them."""
    nodes: Iterator[ast.Call | ast.Subscript] = facts.walk(ast.Call, ast.Subscript)
    for node in nodes:
        if isinstance(node, ast.Call):
            taken = patterns.method(node, "head")
            made, rows = (taken[0], node.args[0]) if taken and len(node.args) == 1 else (None, None)
        else:
            cut = node.slice if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load) else None
            made, rows = (node.value, cut.upper) if cut and not cut.lower and not cut.step else (None, None)
        count = patterns.number(rows)
        found = patterns.method(made, "sample")
        if found is None or rows is None or isinstance(rows, ast.Starred):
            continue
        if not (count is None or (isinstance(count, int) and count >= 0)):
            continue
        given = patterns.arguments(found[1])
        share = patterns.number(given.get("frac")) if given else None
        if given is None or share != 1 or not set(given) <= {"frac", "random_state"}:
            continue
        part = next(k for k in found[1].keywords if k.arg == "frac")
        text = patterns.with_parts(facts, found[1], {part: f"n={facts.text(rows)}"})  # type: ignore[dict-item]
        yield RULE.site(
            facts, node, "only the rows that are kept need drawing",
            facts.edits.replace(node, text),
        )  # fmt: skip
