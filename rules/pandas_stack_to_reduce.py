"""A frame stacked to find its extreme value.

What it does
    Finds `df.stack().max()` and `.min()` and takes the extreme of the columns' extremes.

Why it costs memory
    Stacking copies all values and makes a pair of labels for each.

Example
    highest = df.stack().max()

Use instead
    highest = df.max().max()

When it is safe
    Both leave out missing values. Columns of text and of numbers do not compare either way, but
    columns of unlike numbers may give another type, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM438",
    name="pd-stack-to-reduce",
    trust=Trust.EXACT,
    summary="a frame is stacked to find its extreme value",
    triggers=("stack()",),
    pair=Pair("D50", 30.18, 0.64),
    search_only=True,
    examples=(
        Example(
            "def highest(df):\n    return df.stack().max()\n",
            "def highest(df):\n    return df.max().max()\n",
            call='highest(__import__("pandas").DataFrame({"a": [1.0, None], "b": [3.0, 4.0]}))',
        ),
        Example(
            'def span(df):\n    return df[["x", "y"]].stack().max() - df["z"].min()\n',
            'def span(df):\n    return df[["x", "y"]].max().max() - df["z"].min()\n',
        ),
    ),
    counterexamples=(
        ("def f(df):\n    return df.stack().mean()\n"),
        ("def f(df):\n    return df.stack(0).max()\n"),
        ("def f(df):\n    return df.stack().max(axis=0)\n"),
        ("def f(df):\n    return df.stack()\n"),
        ("import numpy as np\n\ndef f(a):\n    return np.stack(a).max()\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Extremes of stacked frames."""
    for node in facts.walk(ast.Call):
        found = patterns.method(node, "max", "min")
        made = patterns.method(found[0], "stack") if found else None
        if found is None or made is None or node.args or node.keywords or made[1].args:
            continue
        if made[1].keywords and {k.arg for k in made[1].keywords} != {"future_stack"}:
            continue
        name = node.func.attr  # type: ignore[attr-defined]
        text = f"{patterns.operand(facts, made[0])}.{name}().{name}()"
        yield RULE.site(facts, node, "the columns' extremes tell it", facts.edits.replace(node, text))
