"""A column made a list only to be looked up in.

What it does
    Finds `s.isin(t.tolist())` and `s.isin(list(df["a"]))` and hands over the column.

Why it costs memory
    The list holds a Python object for every value, which `isin` makes an array again.

Example
    known = df["user"].isin(users["id"].tolist())

Use instead
    known = df["user"].isin(users["id"])

When it is safe
    The values looked up are the same. Where types differ, as whole numbers against text, a list
    is matched in another way, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM428",
    name="pd-isin-list",
    trust=Trust.EXACT,
    summary="a column becomes a list only to be looked up in",
    triggers=("isin(",),
    pair=Pair("D41", 11.81, 2.22),
    search_only=True,
    examples=(
        Example(
            'def known(df, users):\n    return df["k"].isin(users["a"].tolist())\n',
            'def known(df, users):\n    return df["k"].isin(users["a"])\n',
            call=(
                'known(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}), __import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, '
                '2.0, 4.0], "k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def rest(df, users):\n    return df[~df["k"].isin(list(users["a"]))]\n',
            'def rest(df, users):\n    return df[~df["k"].isin(users["a"])]\n',
            call=(
                'rest(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}), __import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, '
                '2.0, 4.0], "k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ("def f(s):\n    return s.isin([1, 2])\n"),
        ("def f(s, t):\n    return s.isin(list(t))\n"),
        ("def f(s, t):\n    return s.isin(t.keys())\n"),
        ('def f(s, t):\n    return s.isin(list(t["a"].items()))\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Columns made lists in the argument of `isin`."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "isin")
        if found is None or len(call.args) != 1 or call.keywords:
            continue
        listed = call.args[0]
        made = patterns.method(listed, "tolist", "to_list")
        if made is not None and not made[1].args and not made[1].keywords:
            column = made[0]
            table = isinstance(column, ast.Attribute) and column.attr in ("index", "values")
            if frames.column(column) is None and not table and patterns.kind(facts, column) != "series":
                continue
        elif isinstance(listed, ast.Call) and patterns.is_call(
            facts, listed, "builtins.list", "builtins.set"
        ):
            if len(listed.args) != 1 or frames.column(listed.args[0]) is None:
                continue
            column = listed.args[0]
        else:
            continue
        yield RULE.site(
            facts, listed, "`isin` takes the column itself",
            facts.edits.replace(listed, facts.text(column)),
        )  # fmt: skip
