"""All distinct values found to see whether there is one.

What it does
    Finds `column.nunique() == 1` and compares the least with the greatest value.

Why it costs memory
    Counting distinct values fills a hash table with all of them.

Example
    constant = df["sensor"].nunique() == 1

Use instead
    constant = bool(df["sensor"].min() == df["sensor"].max())

When it is safe
    For columns of numbers, times and text, whose missing values both ways leave out; values
    without an order, as unordered categories, raise an error, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM408",
    name="pd-one-value-by-unique",
    trust=Trust.EXACT,
    summary="all distinct values are found to see whether there is one",
    triggers=("nunique()",),
    pair=Pair("D20", 8.04, 0.26),
    search_only=True,
    examples=(
        Example(
            'def constant(df):\n    return df["sensor"].nunique() == 1\n',
            'def constant(df):\n    return bool(df["sensor"].min() == df["sensor"].max())\n',
            call='constant(__import__("pandas").DataFrame({"sensor": [2.0, None, 2.0]}))',
        ),
        Example(
            "def useless(df):\n    return [c for c in df.columns if df[c].nunique() == 1]\n",
            "def useless(df):\n    return [c for c in df.columns if bool(df[c].min() == df[c].max())]\n",
            call='useless(__import__("pandas").DataFrame({"a": [1, 2], "b": [3, 3]}))',
        ),
    ),
    counterexamples=(
        ("def f(df):\n    return df.nunique() == 1\n"),
        ("def f(s):\n    return s.nunique(dropna=False) == 1\n"),
        ("def f(df):\n    return df['a'].nunique() == 2\n"),
        ("def f(df):\n    return df[['a']].nunique() == 1\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Numbers of distinct values of one column compared with one."""
    for node in facts.walk(ast.Compare):
        found = patterns.method(node.left, "nunique")
        if found is None or found[1].args or found[1].keywords or len(node.ops) != 1:
            continue
        if not isinstance(node.ops[0], ast.Eq) or patterns.number(node.comparators[0]) != 1:
            continue
        column = found[0]
        one = isinstance(column, ast.Subscript) and isinstance(column.slice, (ast.Constant, ast.Name))
        if (one and patterns.plain(column.value)) or patterns.kind(facts, column) == "series":  # type: ignore[attr-defined]
            text = facts.text(column)
            yield RULE.site(
                facts, node, "the least and the greatest value tell it",
                facts.edits.replace(node, f"bool({text}.min() == {text}.max())"),
            )  # fmt: skip
