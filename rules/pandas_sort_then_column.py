"""A whole frame sorted to read one column.

What it does
    Finds `df.sort_values("time")["price"]` and sorts only the two columns that take part.

Why it costs memory
    Sorting copies every column in the new order.

Example
    path = df.sort_values("time")["price"]

Use instead
    path = df[["time", "price"]].sort_values("time")["price"]

When it is safe
    For one sorting column named by text. An index level may have the name instead of a column,
    so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM418",
    name="pd-sort-then-column",
    trust=Trust.EXACT,
    summary="a whole frame is sorted to read one column",
    triggers=("sort_values(",),
    pair=Pair("D31", 15.47, 7.84),
    search_only=True,
    examples=(
        Example(
            'def path(df):\n    return df.sort_values("k")["b"].tolist()\n',
            'def path(df):\n    return df[["k", "b"]].sort_values("k")["b"].tolist()\n',
            call=(
                'path(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], "k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def order(df):\n    return df.sort_values(by="a", ascending=False)["a"]\n',
            'def order(df):\n    return df[["a"]].sort_values(by="a", ascending=False)["a"]\n',
            call=(
                'order(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df.sort_values("a")\n'),
        ('def f(df, c):\n    return df.sort_values("a")[c]\n'),
        ('def f(df, by):\n    return df.sort_values(by)["a"]\n'),
        ('def f(df):\n    return df[["a", "b"]].sort_values("a")["b"]\n'),
        ('def f(df):\n    return df.sort_values("a", key=abs)["b"]\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One column of a frame sorted by one column."""
    for node in facts.walk(ast.Subscript):
        wanted = frames.column(node)
        found = patterns.method(node.value, "sort_values") if wanted else None
        if found is None or not patterns.plain(found[0]):
            continue
        given = patterns.arguments(found[1], "by")
        by = given.get("by") if given else None
        if given is None or not set(given) <= {"by", "ascending", "kind", "na_position", "ignore_index"}:
            continue
        if not isinstance(by, ast.Constant) or not isinstance(by.value, str):
            continue
        both = dict.fromkeys([facts.text(by), facts.text(node.slice)])
        if by.value == patterns.string_key(node):
            both = dict.fromkeys([facts.text(by)])
        frame = facts.text(found[0])
        rest = frames.receiver_end(facts, found[0], found[1])
        text = f"{frame}[[{', '.join(both)}]]{rest}[{facts.text(node.slice)}]"
        yield RULE.site(
            facts, node, "one column of the sorted frame is read",
            facts.edits.replace(node, text),
        )  # fmt: skip
