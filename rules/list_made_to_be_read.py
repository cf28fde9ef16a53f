"""A list is made only to be read by something that needs no list.

What it does
    Finds `sorted(list(x))`, `tuple(list(x))`, `sum(list(x))` and the like, and list comprehensions
    as the argument of `sorted`, and leaves the list out.

Why it costs memory
    The list holds a reference to every item beside what the reader itself makes of them, and keeps
    items alive that could go one by one.

Example
    order = sorted(list(names))

Use instead
    order = sorted(names)

When it is safe
    The reader goes through all items in the same order. Where it calls a `key` in between, or where
    `set` could be given a set, whose order of items it would copy, only a run can tell; and so
    it is for a comprehension over what may be a handful, where nothing is gained.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed
from codeopt.rule import Example, Pair, Rule

_READERS = frozenset(f"builtins.{n}" for n in ("sorted", "tuple", "list", "sum", "min", "max"))
_SETS = frozenset({"builtins.set", "builtins.frozenset"})

RULE = Rule(
    code="MEM107",
    name="list-made-to-be-read",
    trust=Trust.EXACT,
    summary="a list is made only to be read once",
    triggers=("(list(", "sorted(["),
    pair=Pair("P01", 38.06, 0.0),
    search_only=True,
    examples=(
        Example(
            "def f(xs):\n    return sorted(list(xs), reverse=True), sum(list(xs))\n",
            "def f(xs):\n    return sorted(xs, reverse=True), sum(xs)\n",
            call="f({3, 1, 2})",
            sites=2,
        ),
        Example(
            "def f(xs):\n    return sorted([x + 1 for x in xs])\n",
            "def f(xs):\n    return sorted(x + 1 for x in xs)\n",
            call="f([1, 2])",
        ),
        Example(
            "def f(xs):\n    return set(list(map(str, xs)))\n",
            "def f(xs):\n    return set(map(str, xs))\n",
            call="f([1, 2]) == {'1', '2'}",
        ),
    ),
    counterexamples=(
        "def f(xs):\n    return len(list(xs))\n",
        "def f(xs):\n    return any(list(xs))\n",
        "def f(xs):\n    return sorted(list(xs, key=1))\n",
        "def sorted(x):\n    return x\n\ndef f(xs):\n    return sorted(list(xs))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Readers of lists made at once."""
    for call in facts.walk(ast.Call):
        reader = facts.names.dotted(call.func) if call.args else None
        if reader not in _READERS | _SETS:
            continue
        made, message = call.args[0], "what reads the list needs only its items"
        inner = listed.listed(facts, made)
        if listed.short(facts, inner or made):
            continue
        if isinstance(made, ast.ListComp) and reader == "builtins.sorted" and listed.lazy(facts, made):
            edits = listed.without_brackets(facts, call, made)
            yield RULE.site(facts, call, message, edits)
        elif inner is not None and (len(call.args) == 1 or reader == "builtins.sum"):
            text = facts.text(inner)
            generator = isinstance(inner, ast.GeneratorExp)
            if generator and len(call.args) + len(call.keywords) > 1 and not text.startswith("("):
                text = f"({text})"
            yield RULE.site(facts, call, message, facts.edits.replace(made, text))
