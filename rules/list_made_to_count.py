"""A list is made only to be counted.

What it does
    Finds `len([x for x in xs if test(x)])` and `len(list(items))`, and counts without the list.

Why it costs memory
    The list holds every item until it is counted: 8 bytes for each, and the items themselves
    where nothing else holds them.

Example
    hits = len([x for x in values if x > limit])

Use instead
    hits = sum(1 for x in values if x > limit)

When it is safe
    The same items are gone through and the same tests are made, in the same order. Items that are
    more than a name are still computed. Over what may be a handful nothing is gained, so a run
    decides. A comprehension with `await`, `yield`, a
    walrus or `next` is left alone, and so is one in a class body.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM109",
    name="list-made-to-count",
    trust=Trust.EXACT,
    summary="a list is made only to be counted",
    triggers=("len([", "len(list("),
    pair=Pair("P01", 38.06, 0.0),
    search_only=True,
    examples=(
        Example(
            "def f(xs):\n    return len([x for x in xs if x > 2])\n",
            "def f(xs):\n    return sum(1 for x in xs if x > 2)\n",
            call="f([1, 3, 5])",
        ),
        Example(
            "def f(xs, g):\n    return len([g(x) for x in xs]) + len(list(filter(None, xs)))\n",
            "def f(xs, g):\n    return sum(1 for _ in (g(x) for x in xs)) "
            "+ sum(1 for _ in filter(None, xs))\n",
            call="f([1, 0], str)",
            sites=2,
        ),
    ),
    counterexamples=(
        "def f(xs):\n    return len(xs)\n",
        "def f(xs):\n    return len([1, 2])\n",
        "def f(xs, it):\n    return len([next(it) for x in xs])\n",
        "def f(it):\n    return len([y for x in it if (y := x)])\n",
        "def f(xs, g):\n    return len(list(filter((h := g), xs))) + h(1)\n",
        "class A:\n    n = 3\n    size = len([x for x in range(9) if x > n])\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lengths of lists made at once."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "builtins.len") or len(call.args) != 1:
            continue
        made = call.args[0]
        inner = listed.listed(facts, made)
        text = None if listed.short(facts, inner or made) else _counted(facts, made)
        if text is not None and patterns.builtin(facts, "sum"):
            edits = facts.edits.replace(call, f"sum({text})")
            yield RULE.site(facts, call, "counting needs no list of what is counted", edits)


def _counted(facts: Facts, made: ast.expr) -> str | None:
    inner = listed.listed(facts, made)
    if inner is not None and patterns.method(inner, "keys", "values", "items"):
        return None  # these have a length
    if inner is not None and any(isinstance(n, ast.NamedExpr) for n in facts.under(inner)):
        return None  # no generator may loop over what binds a name
    if inner is not None:
        text = facts.text(inner)
        bare = isinstance(inner, ast.GeneratorExp) and not text.startswith("(")
        loose = isinstance(inner, (ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Await))
        return f"1 for _ in ({text})" if bare or loose else f"1 for _ in {text}"
    if not isinstance(made, ast.ListComp) or not listed.lazy(facts, made):
        return None
    start, end = facts.range(made)
    inside = facts.source.data[start + 1 : end - 1].decode()
    if not isinstance(made.elt, (ast.Name, ast.Constant)):
        return f"1 for _ in ({inside})"
    first, last = facts.range(made.elt)
    if facts.source.data[start + 1 : first].strip():
        return None
    return f"1{facts.source.data[last : end - 1].decode()}"
