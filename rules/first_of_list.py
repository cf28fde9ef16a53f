"""A list is made for its first item.

What it does
    Finds `list(x)[0]`, `[f(y) for y in x][0]` and `sorted(x)[0]`, and takes the first item, or the
    smallest, without the list.

Why it costs memory
    Every item is made and held for the sake of one; `sorted` makes a whole list for a minimum.

Example
    first = list(table.values())[0]
    smallest = sorted(sizes)[0]

Use instead
    first = next(iter(table.values()))
    smallest = min(sizes)

When it is safe
    An empty `x` raises another exception; items behind the first are not made any more, which
    matters if making them does something; and where items have no order (NaN), `min` and `sorted`
    disagree. A proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM112",
    name="first-of-list",
    trust=Trust.EXACT,
    summary="a list is made for one of its items",
    triggers=(")[0]", "][0]", ")[-1]"),
    pair=Pair("P04", 37.63, 0.0),
    search_only=True,
    examples=(
        Example(
            "def f(d):\n    return list(d.values())[0]\n",
            "def f(d):\n    return next(iter(d.values()))\n",
            call="f({1: 2})",
        ),
        Example(
            "def f(xs):\n    return sorted(xs)[0], sorted(xs, key=abs)[-1], [x for x in xs if x][0]\n",
            "def f(xs):\n    return min(xs), max(xs, key=abs), next(x for x in xs if x)\n",
            call="f([3, 0, 1])",
            sites=3,
        ),
    ),
    counterexamples=(
        "def f(d):\n    return list(d)[1]\n",
        "def f(xs):\n    return sorted(xs, reverse=True)[0]\n",
        "def f(xs):\n    return list(xs)[-1]\n",
        "def f(xs):\n    list(xs)[0] = 1\n",
        "def f(xs):\n    return sorted(*xs)[0]\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """First items of lists made at once, last ones of sorted lists."""
    for node in facts.walk(ast.Subscript):
        place = patterns.number(node.slice)
        if place not in (0, -1) or not isinstance(node.ctx, ast.Load):
            continue
        text = _text(facts, node.value, first=place == 0)
        if text is not None:
            message = "one item is wanted; the list holds all of them"
            yield RULE.site(facts, node, message, facts.edits.replace(node, text))


def _text(facts: Facts, made: ast.expr, *, first: bool) -> str | None:
    inner = listed.listed(facts, made)
    if inner is not None and first and patterns.builtin(facts, "next"):
        return f"next(iter({facts.text(inner)}))"
    if isinstance(made, ast.ListComp) and first and patterns.builtin(facts, "next"):
        return f"next({facts.text(made)[1:-1].strip()})" if listed.lazy(facts, made) else None
    if not isinstance(made, ast.Call) or not patterns.is_call(facts, made, "builtins.sorted"):
        return None
    keywords = {k.arg for k in made.keywords}
    reader = "min" if first else "max"
    plain = len(made.args) == 1 and not isinstance(made.args[0], ast.Starred) and keywords <= {"key"}
    if not plain or not patterns.builtin(facts, reader):
        return None
    return reader + facts.text(made)[len(facts.text(made.func)) :]
