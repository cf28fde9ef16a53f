"""Whole rows selected by a query to count them or to read one column.

What it does
    Finds `len(df.query("a > 1"))` and `df.query("a > 1")["b"]` and evaluates the condition for
    itself.

Why it costs memory
    `query` copies every column of the chosen rows.

Example
    late = len(df.query("delay > 15"))
    mean = df.query("delay > 15")["price"].mean()

Use instead
    late = int(df.eval("delay > 15").sum())
    mean = df.loc[df.eval("delay > 15"), "price"].mean()

When it is safe
    The text is a condition on rows, as in nearly every query; it may name labels instead, so
    the site is left to a run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_CONDITION = re.compile(r"[<>=]=|[<>]| in |!=")


RULE = Rule(
    code="MEM421",
    name="pd-query-then-part",
    trust=Trust.EXACT,
    summary="whole rows are selected by a query to count them or read one column",
    triggers=("query(",),
    pair=Pair("D34", 14.11, 6.10),
    search_only=True,
    examples=(
        Example(
            'def late(df):\n    return len(df.query("a > 1"))\n',
            'def late(df):\n    return int(df.eval("a > 1").sum())\n',
            call=(
                'late(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], "k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def mean(df):\n    return df.query("a > 1 and k == 1")["b"].mean()\n',
            'def mean(df):\n    return df.loc[df.eval("a > 1 and k == 1"), "b"].mean()\n',
            call=(
                'mean(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], "k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df.query("a > 1")\n'),
        ("def f(df, q):\n    return len(df.query(q))\n"),
        ('def f(session):\n    return len(session.query("table"))\n'),
        ('def f(df):\n    return df.query("a > 1", inplace=False)["b"]\n'),
        ('def f(df):\n    df.query("a > 1")["b"] = 0\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lengths and single columns of what a query selects."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "query")
        if found is None or len(call.args) != 1 or call.keywords or not patterns.plain(found[0]):
            continue
        condition, user = call.args[0], facts.parent(call)
        text = facts.text(condition)
        if not isinstance(condition, (ast.Constant, ast.JoinedStr)) or not _CONDITION.search(text):
            continue
        frame = facts.text(found[0])
        if isinstance(user, ast.Call) and patterns.is_call(facts, user, "builtins.len"):
            whole: ast.expr = user
            text = f"int({frame}.eval({text}).sum())"
        elif isinstance(user, ast.Subscript) and user.value is call and frames.column(user) is not None:
            whole = user
            text = f"{frame}.loc[{frame}.eval({text}), {facts.text(user.slice)}]"
        else:
            continue
        yield RULE.site(
            facts, whole, "the condition alone selects what is used",
            facts.edits.replace(whole, text),
        )  # fmt: skip
