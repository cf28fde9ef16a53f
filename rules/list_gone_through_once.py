"""A list gets a name only to be gone through once.

What it does
    Finds a list comprehension with a name of its own that one loop, comprehension or reducer right behind
    it goes through, and makes it a generator expression.

Why it costs memory
    All items stand in memory before the first is looked at, and stay until the last has been. Of several
    stages written this way, two lists stand at any time.

Example
    fields = [line.split(",") for line in lines]
    total = sum(float(field[2]) for field in fields)

Use instead
    fields = (line.split(",") for line in lines)
    total = sum(float(field[2]) for field in fields)

When it is safe
    Nothing but that one reader uses the name, it goes to the end, and what the items are made of is the
    same by then. Making the items and using them now takes turns, which shows where both do more than
    compute, so a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, listed, readers
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM151",
    name="list-gone-through-once",
    trust=Trust.EXACT,
    summary="a list gets a name only to be gone through once",
    triggers=(" = [",),
    pair=Pair("P01", 38.06, 0.0),
    search_only=True,
    examples=(
        Example(
            "def total(lines):\n    fields = [line.split(',') for line in lines]\n"
            "    return sum(float(field[1]) for field in fields)\n",
            "def total(lines):\n    fields = (line.split(',') for line in lines)\n"
            "    return sum(float(field[1]) for field in fields)\n",
            call="total(['a,1', 'b,2'])",
        ),
        Example(
            "def longest(path):\n    with open(path) as file:\n        lines = [s.strip() for s in file]\n"
            "        words = [s.split() for s in lines if s]\n        most = 0\n"
            "        for found in words:\n            most = max(most, len(found))\n    return most\n",
            "def longest(path):\n    with open(path) as file:\n        lines = (s.strip() for s in file)\n"
            "        words = (s.split() for s in lines if s)\n        most = 0\n"
            "        for found in words:\n            most = max(most, len(found))\n    return most\n",
            call="longest('/proc/self/cmdline')",
            sites=2,
        ),
    ),
    counterexamples=(
        "def f(xs):\n    ys = [x + 1 for x in xs]\n    return sum(ys) / len(ys)\n",
        "def f(xs, n):\n    ys = [x * n for x in xs]\n    for y in ys:\n        n = y\n    return n\n",
        "def f(xs):\n    ys = [x + 1 for x in xs]\n    for y in ys:\n        xs.append(y)\n",
        "def f(path):\n    with open(path) as h:\n        ys = [s.strip() for s in h]\n"
        "    for y in ys:\n        print(y)\n",
        "def f(xs, g):\n    ys = [g(x) for x in xs]\n    for y in ys:\n        if y:\n            return y\n",
        "def f(xs, it):\n    ys = [next(it) for x in xs]\n    return sum(ys)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """List comprehensions under a name that is read once, in order and to the end."""
    for made in facts.walk(ast.ListComp):
        if not isinstance(facts.parent(made), ast.Assign) or listed.short(facts, made):
            continue
        found = readers.reader(facts, made) if listed.lazy(facts, made) else None
        if found is None or not found.folds or readers.unsteady(facts, made, facts.statement(made), found):
            continue
        start, end = facts.range(made)
        edits = (Edit(start, start + 1, "("), Edit(end - 1, end, ")"))
        message = "one item at a time is enough; the list holds all of them"
        yield RULE.site(facts, made, message, edits)
