"""Rows selected only for their labels.

What it does
    Finds `df[df["a"] > 0].index` and selects from the index: `df.index[df["a"] > 0]`.

Why it costs memory
    The selection copies every column of the chosen rows, and the labels are all that is kept.

Example
    late = df[df["delay"] > 15].index

Use instead
    late = df.index[df["delay"] > 15]

When it is safe
    The mask comes from columns of the same frame and has no missing values. A label index of
    times may keep its frequency one way only, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM411",
    name="pd-filter-then-index",
    trust=Trust.EXACT,
    summary="rows are selected only for their labels",
    triggers=("].index",),
    pair=Pair("D27", 12.57, 6.44),
    search_only=True,
    examples=(
        Example(
            'def late(df):\n    return df[df["delay"] > 15].index\n',
            'def late(df):\n    return df.index[df["delay"] > 15]\n',
            call='late(__import__("pandas").DataFrame({"delay": [1, 20, 30]}, index=["a", "b", "c"]))',
        ),
        Example(
            'def rest(df):\n    return df.drop(df.loc[~df["kind"].isin([1])].index)\n',
            'def rest(df):\n    return df.drop(df.index[~df["kind"].isin([1])])\n',
            call='rest(__import__("pandas").DataFrame({"kind": [1, 2, 3], "n": [1, 2, 3]}))',
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df["a"].index\n'),
        ("def f(df, m):\n    return df[m].index\n"),
        ('def f(df):\n    df[df["a"] > 1].index = [1]\n'),
        ('def f(df):\n    return df[["a"]].index\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The index of a boolean selection."""
    for node in facts.walk(ast.Attribute):
        if node.attr != "index" or not isinstance(node.ctx, ast.Load):
            continue
        parent, rows = facts.parent(node), node.value
        called = isinstance(parent, ast.Call) and parent.func is node
        found = frames.filtered(facts, rows)
        if called or found is None:
            continue
        frame, mask = found
        text = f"{facts.text(frame)}.index[{facts.text(mask)}]"
        yield RULE.site(
            facts, node, "the rows are copied only for their labels",
            facts.edits.replace(node, text),
        )  # fmt: skip
