"""A loop goes over a list that was made for it.

What it does
    Finds loops and comprehensions over `list(range(n))`, `list(itertools.product(...))`,
    `list(zip(a, b))` and the like, and goes over the iterator itself.

Why it costs memory
    The list holds all items, and of products and combinations there are many: the items exist
    one at a time otherwise.

Example
    for first, second in list(itertools.combinations(items, 2)):
        compare(first, second)

Use instead
    for first, second in itertools.combinations(items, 2):
        compare(first, second)

When it is safe
    `range` and the combinatoric iterators have read all they need before the first turn. `zip`,
    `enumerate`, `map`, `filter` and views of dictionaries look at their sources in every turn, so
    a loop that changes one needs its list: those are for a proof by running.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed
from codeopt.rule import Example, Pair, Rule

_READY = frozenset(
    {"builtins.range", "itertools.product", "itertools.permutations", "itertools.combinations"}
    | {"itertools.combinations_with_replacement"}
)
_LATE = frozenset(f"builtins.{n}" for n in ("zip", "enumerate", "map", "filter", "reversed"))

RULE = Rule(
    code="MEM108",
    name="list-made-to-iterate",
    trust=Trust.EXACT,
    summary="a loop goes over a list that was made for it",
    triggers=("list(",),
    pair=Pair("P04", 37.63, 0.0),
    examples=(
        Example(
            "def f(n):\n    total = 0\n    for i in list(range(n)):\n        total += i\n    return total\n",
            "def f(n):\n    total = 0\n    for i in range(n):\n        total += i\n    return total\n",
            call="f(9)",
        ),
        Example(
            "from itertools import product\n\ndef f(a, b):\n"
            "    return [x * y for x, y in list(product(a, b))]\n",
            "from itertools import product\n\ndef f(a, b):\n    return [x * y for x, y in product(a, b)]\n",
            call="f([1, 2], [3, 4])",
        ),
        Example(
            "def f(a, b):\n    return [x - y for x, y in list(zip(a, b))]\n",
            "def f(a, b):\n    return [x - y for x, y in zip(a, b)]\n",
            call="f([1, 2], [3, 4])",
        ),
    ),
    counterexamples=(
        "def f(xs):\n    for x in list(xs):\n        xs.remove(x)\n",
        "def f(n):\n    return list(range(n))\n",
        "def f(d):\n    for k in list(d):\n        del d[k]\n",
        "def list(x):\n    return x\n\ndef f(n):\n    for i in list(range(n)):\n        print(i)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loops straight over a list of an iterator made there."""
    for call in facts.walk(ast.Call):
        inner = listed.listed(facts, call)
        if not isinstance(inner, ast.Call) or listed.iterated(facts, call) is None:
            continue
        dotted = facts.names.dotted(inner.func)
        if dotted in _READY | _LATE:
            message = "the loop needs one item at a time; the list holds all of them"
            edits = facts.edits.replace(call, facts.text(inner))
            certain = dotted in _READY and listed.many(facts, inner) and not listed.few(facts, inner)
            yield RULE.site(facts, call, message, edits, certain=certain)
