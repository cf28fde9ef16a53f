"""Groups that hold every column where few are read.

What it does
    Finds loops over `df.groupby("k")` that read only named columns of the groups, and groups a
    frame of those columns.

Why it costs memory
    Going over the groups first copies all columns of the frame in the order of the groups.

Example
    for key, group in df.groupby("kind"):
        totals[key] = group["price"].sum()

Use instead
    for key, group in df[["kind", "price"]].groupby("kind"):
        totals[key] = group["price"].sum()

When it is safe
    Every use of a group is a named column or its length, and the keys are columns; an index
    level may have such a name, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM419",
    name="pd-groups-of-all-columns",
    trust=Trust.EXACT,
    summary="groups hold every column and few are read",
    triggers=("groupby(",),
    pair=Pair("D32", 18.53, 9.18),
    search_only=True,
    examples=(
        Example(
            "def totals(df):\n"
            "    found = {}\n"
            '    for key, group in df.groupby("k"):\n'
            '        found[key] = group["b"].sum() / len(group)\n'
            "    return found\n",
            "def totals(df):\n"
            "    found = {}\n"
            '    for key, group in df[["k", "b"]].groupby("k"):\n'
            '        found[key] = group["b"].sum() / len(group)\n'
            "    return found\n",
            call=(
                'totals(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def spans(df):\n    return {key: g["a"].max() - g["b"].min() for key, g in df.groupby(["k"])}\n',
            "def spans(df):\n"
            '    return {key: g["a"].max() - g["b"].min() for key, g in df[["k", "a", '
            '"b"]].groupby(["k"])}\n',
            call=(
                'spans(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ('def f(df):\n    for k, g in df.groupby("k"):\n        print(g)\n'),
        ('def f(df, c):\n    for k, g in df.groupby(c):\n        print(g["a"])\n'),
        ('def f(df):\n    for k, g in df.groupby("k")["a"]:\n        print(g["a"])\n'),
        ('def f(df):\n    for k, g in df[["k", "a"]].groupby("k"):\n        print(g["a"])\n'),
        ('def f(df):\n    for k, g in df.groupby("k"):\n        g["a"] = 1\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loops over groups of which only named columns are read."""
    loops: Iterator[ast.For | ast.comprehension] = facts.walk(ast.For, ast.comprehension)
    for loop in loops:
        found = patterns.method(loop.iter, "groupby")
        if found is None or not patterns.plain(found[0]) or not isinstance(loop.target, ast.Tuple):
            continue
        given = patterns.arguments(found[1], "by")
        by = given.get("by") if given else None
        if (
            given is None
            or not set(given) <= {"by", "sort", "observed", "dropna"}
            or len(loop.target.elts) != 2
        ):
            continue
        keys = by.elts if isinstance(by, (ast.List, ast.Tuple)) else [by]
        if not all(isinstance(k, ast.Constant) and isinstance(k.value, str) for k in keys):
            continue
        read = _read(facts, loop.target.elts[1])
        if read:
            names = dict.fromkeys([*(facts.text(k) for k in keys if k is not None), *read])
            text = f"{facts.text(found[0])}[[{', '.join(names)}]]"
            yield RULE.site(
                facts, loop.iter, "the other columns of the groups are not read",
                facts.edits.replace(found[0], text),
            )  # fmt: skip


def _read(facts: Facts, group: ast.expr) -> list[str] | None:
    """The texts of the columns that are read of a group; None if it serves otherwise."""
    home = facts.names.home(group) if isinstance(group, ast.Name) else None
    if home is None or not isinstance(group, ast.Name):
        return None
    uses = [n for n in facts.names.occurrences(group.id, home) if n is not group]
    return frames.keys_read(facts, list(uses))
