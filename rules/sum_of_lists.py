"""Lists are joined by adding one after the other.

What it does
    Finds `sum(lists, [])`, and joins the lists with `itertools.chain.from_iterable`.

Why it costs memory
    Every addition makes a new list of all items so far, beside the one before it: two lists at the
    end, and time that grows with the square of their number.

Example
    names = sum([part.split() for part in parts], [])

Use instead
    names = list(itertools.chain.from_iterable([part.split() for part in parts]))

When it is safe
    Where every part is a list, which is certain for comprehensions of lists. `sum` refuses tuples
    and adds arrays element by element: elsewhere a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM114",
    name="sum-of-lists",
    trust=Trust.EXACT,
    summary="lists are joined by adding one after the other",
    triggers=("[])",),
    pair=Pair("P06", 6.10, 3.14),
    examples=(
        Example(
            "import itertools\n\ndef f(xs):\n    return sum([[x, x] for x in xs], [])\n",
            "import itertools\n\ndef f(xs):\n"
            "    return list(itertools.chain.from_iterable([[x, x] for x in xs]))\n",
            call="f([1, 2])",
        ),
        Example(
            "import os\n\ndef f(lists):\n    return sum(lists, start=[])\n",
            "import os\nimport itertools\n\ndef f(lists):\n"
            "    return list(itertools.chain.from_iterable(lists))\n",
            call="f([[1], [2, 3]])",
        ),
    ),
    counterexamples=(
        "def f(lists):\n    return sum(lists)\n",
        "def f(lists):\n    return sum(lists, [0])\n",
        "def f(lists):\n    return sum(lists, ())\n",
        "def sum(a, b):\n    return b\n\ndef f(lists):\n    return sum(lists, [])\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums that start with an empty list."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "builtins.sum"):
            continue
        given = patterns.arguments(call, "items", "start") or {}
        start, items = given.get("start"), given.get("items")
        if items is None or not isinstance(start, ast.List) or start.elts or len(given) != 2:
            continue
        if not patterns.builtin(facts, "list"):
            continue
        spelled = facts.names.spell("itertools.chain.from_iterable", call)
        text = facts.text(items)
        if isinstance(items, ast.GeneratorExp) and text.startswith("("):
            text = text[1:-1]
        joined = f"list({spelled or 'itertools.chain.from_iterable'}({text}))"
        long = listed.many(facts, items) and not listed.few(facts, items)
        certain = long and _of_lists(facts, items)
        yield RULE.site(
            facts, call, "every addition copies all lists so far", facts.edits.replace(call, joined),
            imports=() if spelled else ("import itertools",), certain=certain,
        )  # fmt: skip


def _of_lists(facts: Facts, items: ast.expr) -> bool:
    if not isinstance(items, (ast.ListComp, ast.GeneratorExp)):
        return False
    made = items.elt
    listed = isinstance(made, ast.Call) and facts.names.dotted(made.func) in (
        "builtins.list",
        "builtins.sorted",
    )
    return listed or isinstance(made, (ast.List, ast.ListComp))
