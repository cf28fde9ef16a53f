"""A list is built only to be folded into one value.

What it does
    Finds a list comprehension as the only argument of `sum`, `any`, `all`, `min`, `max`, `set`,
    `frozenset` or `dict`, and takes its brackets away.

Why it costs memory
    The whole list stands in memory before the reducer reads its first item. A generator
    expression hands over one item at a time: 38 MiB become nothing for a million integers.

Example
    total = sum([x * x for x in values])

Use instead
    total = sum(x * x for x in values)

When it is safe
    `sum`, `min`, `max`, `set`, `frozenset` and `dict` read every item, so everything is computed
    as before and in the same order. `any` and `all` stop early: items behind the stop are not
    computed any more, which matters only if computing them does something; they are taken without
    a proof by running only where the items are plain reads, comparisons and arithmetic on them.
    Over what may be a handful nothing is gained: only numbers, lines, files and the like are taken
    without a run, and no sum of lists, which has all their items in it. Nor is what is read
    off objects by their numbers: they are far larger than the list. A comprehension with `await`,
    `yield`, a walrus or `next` is left alone, and so is one in a class body.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.facts import listed
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts

_COMPLETE = frozenset(f"builtins.{name}" for name in ("sum", "min", "max", "set", "frozenset", "dict"))
_EARLY = frozenset({"builtins.any", "builtins.all"})

RULE = Rule(
    code="MEM101",
    name="list-built-to-reduce",
    trust=Trust.EXACT,
    summary="a list comprehension is built only to be reduced",
    triggers=("sum(", "any(", "all(", "min(", "max(", "set(", "dict(", "sum (", "max ("),
    pair=Pair("P01", 38.06, 0.0),
    examples=(
        Example(
            before="def f(n):\n    return sum([x * x for x in range(n)])\n",
            after="def f(n):\n    return sum(x * x for x in range(n))\n",
            call="f(100)",
        ),
        Example(
            before=(
                "def f(n):\n"
                "    return max([x % 7 for x in range(n)], default=0) + len(set([x for x in range(n)]))\n"
            ),
            after=(
                "def f(n):\n"
                "    return max((x % 7 for x in range(n)), default=0) + len(set(x for x in range(n)))\n"
            ),
            call="f(50)",
            sites=2,
        ),
        Example(
            before="def f(xs):\n    return any([ # why\n        x > 3\n        for x in xs\n    ])\n",
            after="def f(xs):\n    return any( # why\n        x > 3\n        for x in xs\n    )\n",
            call="f([1, 5])",
        ),
    ),
    counterexamples=(
        "def f(n):\n    return len([x for x in range(n)])\n",
        "def sum(x):\n    return x\n\ndef f(n):\n    return sum([x for x in range(n)])\n",
        "async def f(xs):\n    return sum([await x for x in xs])\n",
        "def f(xs):\n    return max(*[x for x in xs])\n",
        "def f(xs, it):\n    return sum([next(it) for x in xs])\n",
        "from numpy import *\n\ndef f(xs):\n    return sum([x for x in xs])\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reducers over list comprehensions."""
    for call in facts.walk(ast.Call):
        if not call.args or not isinstance(call.args[0], ast.ListComp) or len(call.args) > 2:
            continue
        reducer = facts.names.dotted(call.func)
        if reducer not in _COMPLETE | _EARLY or not listed.lazy(facts, call.args[0]):
            continue
        if listed.short(facts, call.args[0]):
            continue
        if len(call.args) == 2 and reducer != "builtins.sum":
            continue
        name = (reducer or "").rpartition(".")[2]
        yield RULE.site(
            facts,
            call,
            f"`{name}` needs one item at a time; the list holds all of them",
            listed.without_brackets(facts, call, call.args[0]),
            certain=(reducer in _COMPLETE or listed.pure_items(call.args[0]))
            and listed.many(facts, call.args[0])
            and not listed.beside_objects(call.args[0])
            and not any(isinstance(start, (ast.List, ast.Tuple)) for start in call.args[1:])
            and not listed.few(facts, call.args[0]),
        )
