"""Every column aggregated to keep one.

What it does
    Finds `df.groupby("k").median()["price"]` and aggregates that column:
    `df.groupby("k")["price"].median()`.

Why it costs memory
    The groups of every column are copied and aggregated, and all results but one are dropped.

Example
    typical = df.groupby("carrier").median()["delay"]

Use instead
    typical = df.groupby("carrier")["delay"].median()

When it is safe
    The aggregate of a column does not depend on the others, but it may fail on them, as text
    has no mean, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_AGGREGATES = ("sum", "mean", "median", "min", "max", "std", "var", "count", "nunique", "first", "last")


RULE = Rule(
    code="MEM417",
    name="pd-grouped-then-column",
    trust=Trust.EXACT,
    summary="every column is aggregated to keep one",
    triggers=("groupby(",),
    pair=Pair("D30", 12.25, 5.56),
    search_only=True,
    examples=(
        Example(
            'def typical(df):\n    return df.groupby("k").median()["b"]\n',
            'def typical(df):\n    return df.groupby("k")["b"].median()\n',
            call=(
                'typical(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def most(df):\n    return df.groupby(["k"], sort=False).max()[["b", "a"]]\n',
            'def most(df):\n    return df.groupby(["k"], sort=False)[["b", "a"]].max()\n',
            call=(
                'most(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], "k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df.groupby("k").mean()\n'),
        ('def f(df, c):\n    return df.groupby("k").mean()[c]\n'),
        ('def f(df):\n    return df.groupby("k").mean(numeric_only=True)["a"]\n'),
        ('def f(df):\n    return df.groupby("k")["a"].mean()["x"]\n'),
        ('def f(df):\n    return df.groupby("k", as_index=False).mean()["a"]\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Columns taken from the aggregates of all."""
    for node in facts.walk(ast.Subscript):
        if frames.column(node) is None and not frames.columns(node):
            continue
        found = patterns.method(node.value, *_AGGREGATES)
        grouped = patterns.method(found[0], "groupby") if found else None
        if found is None or grouped is None or found[1].args or found[1].keywords:
            continue
        given = patterns.arguments(grouped[1], "by")
        if (
            given is None
            or not set(given) <= {"by", "sort", "observed", "dropna"}
            or not _keys(given.get("by"))
        ):
            continue
        rest = frames.receiver_end(facts, found[0], found[1])
        text = f"{facts.text(found[0])}[{facts.text(node.slice)}]{rest}"
        yield RULE.site(
            facts,
            node,
            "one column of the aggregates is kept",
            facts.edits.replace(node, text),
        )


def _keys(by: ast.expr | None) -> bool:
    names = by.elts if isinstance(by, ast.List) else [by]
    return all(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in names)
