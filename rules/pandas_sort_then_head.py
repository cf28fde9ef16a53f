"""A whole frame sorted to read its first rows.

What it does
    Finds `df.sort_values("a").head(k)` and sorts the one column alone, then takes the rows.

Why it costs memory
    Sorting copies every column of every row, of which k rows are kept.

Example
    worst = df.sort_values("error", ascending=False).head(10)

Use instead
    worst = df.iloc[df["error"].reset_index(drop=True).sort_values(ascending=False).head(10).index]

When it is safe
    The column is sorted by the same routine, so ties and missing values come out in the same
    places. `nlargest` keeps less but breaks ties in another order, and drops missing values.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM404",
    name="pd-sort-then-head",
    trust=Trust.EXACT,
    summary="a whole frame is sorted to read its first rows",
    triggers=("sort_values",),
    pair=Pair("D08", 15.47, 7.83),
    search_only=True,
    examples=(
        Example(
            'def worst(df):\n    return df.sort_values("error", ascending=False).head(2)\n',
            'def worst(df):\n    return df.iloc[df["error"].reset_index(drop=True)'
            ".sort_values(ascending=False).head(2).index]\n",
            call='worst(__import__("pandas").DataFrame({"error": [1.0, 3.0, None, 3.0], "n": [1, 2, 3, 4]}))',
        ),
        Example(
            'def first(df, k):\n    return df.sort_values(by="n", kind="stable").tail(k)\n',
            'def first(df, k):\n    return df.iloc[df["n"].reset_index(drop=True)'
            '.sort_values(kind="stable").tail(k).index]\n',
            call='first(__import__("pandas").DataFrame({"error": [1.0, 3.0, 2.0], "n": [1, 1, 0]}), 2)',
        ),
    ),
    counterexamples=(
        'def f(df):\n    return df.sort_values(["a", "b"]).head(3)\n',
        'def f(df):\n    return df.sort_values("a")\n',
        'def f(df):\n    return df.sort_values("a", key=abs).head(3)\n',
        'def f(df):\n    return df.sort_values("a", ignore_index=True).head(3)\n',
        "def f(s):\n    return s.sort_values(ascending=False).head(3)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The first or last rows of a frame sorted by one column."""
    for node in facts.walk(ast.Call):
        taken = patterns.method(node, "head", "tail")
        found = patterns.method(taken[0], "sort_values") if taken else None
        if taken is None or found is None or len(node.args) != 1 or node.keywords:
            continue
        frame, call = found
        given = patterns.arguments(call, "by")
        if given is None or not patterns.plain(frame) or "by" not in given:
            continue
        by = given.pop("by")
        if not isinstance(by, ast.Constant) or not set(given) <= {"ascending", "kind", "na_position"}:
            continue
        options = ", ".join(f"{name}={facts.text(value)}" for name, value in given.items())
        take = f"{node.func.attr}({facts.text(node.args[0])})"  # type: ignore[attr-defined]
        base = facts.text(frame)
        order = f"{base}[{facts.text(by)}].reset_index(drop=True).sort_values({options}).{take}.index"
        text = f"{base}.iloc[{order}]"
        # An index level may have the name as well; a column of a known frame read in this file has not.
        yield RULE.site(facts, node, "one column decides the order", facts.edits.replace(node, text))
