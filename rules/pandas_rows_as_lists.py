"""Every row made a list before the first is read.

What it does
    Finds loops over `df.values.tolist()` that take their rows apart and goes over
    `df.itertuples(index=False, name=None)` instead.

Why it costs memory
    All lists and their numbers exist before the loop begins: many times the size of the frame.

Example
    for x, y in df.values.tolist():
        total += x * y

Use instead
    for x, y in df.itertuples(index=False, name=None):
        total += x * y

When it is safe
    Rows are only unpacked, or read by position. A frame of mixed types gives whole numbers as
    they are instead of as floats, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM415",
    name="pd-rows-as-lists",
    trust=Trust.EXACT,
    summary="every row becomes a list before the first is read",
    triggers=(".tolist()",),
    pair=Pair("D18", 14.97, 0.01),
    search_only=True,
    examples=(
        Example(
            "def total(df):\n"
            "    total = 0.0\n"
            "    for x, y in df.values.tolist():\n"
            "        total += x * y\n"
            "    return total\n",
            "def total(df):\n"
            "    total = 0.0\n"
            "    for x, y in df.itertuples(index=False, name=None):\n"
            "        total += x * y\n"
            "    return total\n",
            call='total(__import__("pandas").DataFrame({"x": [1.5, 2.0], "y": [1.0, 2.0]}))',
        ),
        Example(
            'def firsts(df):\n    return [row[0] + 1 for row in df[["a", "b"]].to_numpy().tolist()]\n',
            "def firsts(df):\n"
            '    return [row[0] + 1 for row in df[["a", "b"]].itertuples(index=False, '
            "name=None)]\n",
            call='firsts(__import__("pandas").DataFrame({"a": [1.5, 2.0], "b": [1.0, 2.0]}))',
        ),
    ),
    counterexamples=(
        ("def f(df):\n    for row in df.values.tolist():\n        print(row)\n"),
        ("def f(df):\n    return df.values.tolist()\n"),
        ("def f(s):\n    return [x for x in s.tolist()]\n"),
        ("def f(df):\n    for row in df.values.tolist():\n        row[0] = 1\n"),
        ('def f(df):\n    for x in df["a"].values.tolist():\n        print(x[0])\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loops and comprehensions over the rows of a table made lists."""
    loops: Iterator[ast.For | ast.comprehension] = facts.walk(ast.For, ast.comprehension)
    for loop in loops:
        outer = patterns.method(loop.iter, "tolist")
        if outer is None or outer[1].args or outer[1].keywords:
            continue
        inner = patterns.method(outer[0], "to_numpy")
        if inner is not None and not inner[1].args and not inner[1].keywords:
            frame = inner[0]
        elif isinstance(outer[0], ast.Attribute) and outer[0].attr == "values":
            frame = outer[0].value
        else:
            continue
        if frames.column(frame) is None and _taken_apart(facts, loop.target):
            text = f"{patterns.operand(facts, frame)}.itertuples(index=False, name=None)"
            yield RULE.site(
                facts, loop.iter, "rows can be made one at a time",
                facts.edits.replace(loop.iter, text),
            )  # fmt: skip


def _taken_apart(facts: Facts, target: ast.expr) -> bool:
    """Whether a row is unpacked, or only read by position."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return not any(isinstance(e, ast.Starred) for e in target.elts)
    home = facts.names.home(target) if isinstance(target, ast.Name) else None
    if home is None or not isinstance(target, ast.Name):
        return False
    uses = [n for n in facts.names.occurrences(target.id, home) if n is not target]
    return all(_by_position(facts, use) for use in uses)


def _by_position(facts: Facts, name: ast.Name) -> bool:
    use = facts.parent(name)
    reads = isinstance(use, ast.Subscript) and use.value is name and isinstance(use.ctx, ast.Load)
    return reads and isinstance(patterns.number(use.slice), int)  # type: ignore[union-attr]
