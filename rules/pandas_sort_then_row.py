"""A whole frame sorted to read its first or last row.

What it does
    Finds `df.sort_values("time").iloc[-1]` and sorts the one column for the position.

Why it costs memory
    Sorting copies every column in the new order, for one row of it.

Example
    last = df.sort_values("time").iloc[-1]

Use instead
    last = df.iloc[df["time"].reset_index(drop=True).sort_values().index[-1]]

When it is safe
    The same column is sorted by the same method, so equal values come in the same order. An
    index level may have the name instead of a column, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM437",
    name="pd-sort-then-row",
    trust=Trust.EXACT,
    summary="a whole frame is sorted to read its first or last row",
    triggers=("sort_values(",),
    pair=Pair("D49", 15.47, 7.82),
    search_only=True,
    examples=(
        Example(
            'def last(df):\n    return df.sort_values("a").iloc[-1]\n',
            'def last(df):\n    return df.iloc[df["a"].reset_index(drop=True).sort_values().index[-1]]\n',
            call=(
                'last(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], "k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def best(df):\n    return df.sort_values(by="b", ascending=False).iloc[0]["k"]\n',
            "def best(df):\n"
            "    return "
            'df.iloc[df["b"].reset_index(drop=True).sort_values(ascending=False).index[0]]['
            '"k"]\n',
            call=(
                'best(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], "k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df.sort_values("a").iloc[1:]\n'),
        ('def f(df):\n    return df.sort_values(["a", "b"]).iloc[0]\n'),
        ("def f(s):\n    return s.sort_values().iloc[0]\n"),
        ('def f(df, i):\n    return df.sort_values("a").iloc[i]\n'),
        ('def f(df):\n    return df.sort_values("a", key=abs).iloc[0]\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The first or last row of a frame sorted by one column."""
    for node in facts.walk(ast.Subscript):
        place = node.value
        if not isinstance(place, ast.Attribute) or place.attr != "iloc" or not isinstance(node.ctx, ast.Load):
            continue
        found = patterns.method(place.value, "sort_values")
        given = patterns.arguments(found[1], "by") if found else None
        if found is None or given is None or "by" not in given or not patterns.plain(found[0]):
            continue
        by = given.pop("by")
        if not isinstance(by, ast.Constant) or not set(given) <= {"ascending", "kind", "na_position"}:
            continue
        if patterns.number(node.slice) in (0, -1):
            options = ", ".join(f"{name}={facts.text(value)}" for name, value in given.items())
            frame = facts.text(found[0])
            order = f"{frame}[{facts.text(by)}].reset_index(drop=True).sort_values({options})"
            text = f"{frame}.iloc[{order}.index[{facts.text(node.slice)}]]"
            yield RULE.site(
                facts, node, "one column decides which row it is",
                facts.edits.replace(node, text),
            )  # fmt: skip
