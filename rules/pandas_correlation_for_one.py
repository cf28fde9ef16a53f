"""All correlations computed to read one of them.

What it does
    Finds `df.corr().loc["a", "b"]` and `df.cov()["a"]["b"]` and computes that pair.

Why it costs memory
    A copy of all columns in one type, with a mask of the missing values, is made for every
    pair.

Example
    df.corr().loc["price", "size"]

Use instead
    df["price"].corr(df["size"])

When it is safe
    Both leave out rows where either value is missing and agree to rounding. A frame with text
    raises an error one way only, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM434",
    name="pd-correlation-for-one",
    trust=Trust.CLOSE,
    summary="all correlations are computed to read one",
    triggers=("corr()", "cov()"),
    pair=Pair("D46", 13.75, 4.78),
    search_only=True,
    examples=(
        Example(
            'def related(df):\n    return df.corr().loc["a", "b"]\n',
            'def related(df):\n    return df["a"].corr(df["b"])\n',
            call=(
                'related(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def related(df):\n    return abs(df.cov()["k"]["b"])\n',
            'def related(df):\n    return abs(df["k"].cov(df["b"]))\n',
            call=(
                'related(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df.corr()["a"]\n'),
        ('def f(df):\n    return df.corr(method="spearman").loc["a", "b"]\n'),
        ('def f(df, x):\n    return df.corr().loc[x, "b"]\n'),
        ('def f(df):\n    c = df.corr()\n    return c.loc["a", "b"], c\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One entry of a table of correlations."""
    for node in facts.walk(ast.Subscript):
        if not isinstance(node.ctx, ast.Load):
            continue
        base: ast.expr = node.value
        keys: list[ast.expr] = [node.slice]
        if (
            isinstance(base, ast.Attribute)
            and base.attr in ("loc", "at")
            and isinstance(node.slice, ast.Tuple)
        ):
            base, keys = base.value, [*node.slice.elts]
        elif isinstance(base, ast.Subscript):
            keys = [base.slice, node.slice]
            base = base.value
        found = patterns.method(base, "corr", "cov")
        if found is None or found[1].args or found[1].keywords or not patterns.plain(found[0]):
            continue
        if len(keys) != 2 or not all(isinstance(k, ast.Constant) and isinstance(k.value, str) for k in keys):
            continue
        frame, name = facts.text(found[0]), found[1].func.attr  # type: ignore[attr-defined]
        one, other = (f"{frame}[{facts.text(k)}]" for k in keys)
        yield RULE.site(
            facts, node, "one pair of columns is compared",
            facts.edits.replace(node, f"{one}.{name}({other})"),
        )  # fmt: skip
