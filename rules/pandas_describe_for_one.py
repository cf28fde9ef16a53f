"""A whole description computed to read one of its numbers.

What it does
    Finds `column.describe()["mean"]` and computes that number alone; for a frame,
    `df.describe().loc["mean"]`.

Why it costs memory
    A description sorts or partitions copies of the values for its quantiles.

Example
    typical = df["price"].describe()["mean"]

Use instead
    typical = df["price"].mean()

When it is safe
    For numeric columns; `describe` gives other rows for text, and a float where the column has
    whole numbers, so `min` and `max` are left alone and every site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_NUMBERS = ("mean", "std")


RULE = Rule(
    code="MEM413",
    name="pd-describe-for-one",
    trust=Trust.EXACT,
    summary="a whole description is computed to read one of its numbers",
    triggers=("describe()",),
    pair=Pair("D23", 13.01, 0.83),
    search_only=True,
    examples=(
        Example(
            'def typical(df):\n    return df["price"].describe()["mean"]\n',
            'def typical(df):\n    return df["price"].mean()\n',
            call='typical(__import__("pandas").DataFrame({"price": [1.0, 2.0, 4.0]}))',
        ),
        Example(
            'def spread(s):\n    return s.describe().loc["std"] / 2\n',
            "def spread(s):\n    return s.std() / 2\n",
            call='spread(__import__("pandas").Series([1.0, 2.0, 4.0]))',
        ),
    ),
    counterexamples=(
        ("def f(df):\n    return df.describe()\n"),
        ('def f(s):\n    d = s.describe()\n    return d["mean"], d["std"]\n'),
        ('def f(s):\n    return s.describe()["count"]\n'),
        ('def f(s):\n    return s.describe(percentiles=[0.1])["10%"]\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One number read from a description that is then dropped."""
    for node in facts.walk(ast.Subscript):
        made, by_label = node.value, False
        if isinstance(made, ast.Attribute) and made.attr in ("loc", "at"):
            made, by_label = made.value, True
        found = patterns.method(made, "describe")
        name = patterns.string_key(node)
        if found is None or found[1].args or found[1].keywords or name not in _NUMBERS:
            continue
        if not isinstance(node.ctx, ast.Load):
            continue
        one = patterns.string_key(found[0]) is not None or patterns.kind(facts, found[0]) == "series"
        text = f"{patterns.operand(facts, found[0])}.{name}()"
        if by_label and frames.surely(facts, found[0]):
            text = f"{text[:-1]}numeric_only=True).rename({name!r})"
        elif not one and frames.surely(facts, found[0]):
            continue
        yield RULE.site(facts, node, "one of eight numbers is read", facts.edits.replace(node, text))
