"""A list is sliced only to be gone through.

What it does
    Finds loops over `items[1:]` and `items[::-1]` of a list, and over `zip(items[:-1], items[1:])`,
    and goes over the list itself by `islice`, `reversed` or `pairwise`.

Why it costs memory
    A slice of a list is another list.

Example
    for line in lines[1:]:
        total += len(line)

Use instead
    for line in itertools.islice(lines, 1, None):
        total += len(line)

When it is safe
    For a list that is made in the function and not said again inside the loop. Other sequences of
    the same kind may be views already; there a run decides whether it pays.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

_IMPORT = "import itertools"

RULE = Rule(
    code="MEM132",
    name="slice-made-to-iterate",
    trust=Trust.EXACT,
    summary="a list is sliced only to be gone through",
    triggers=("[1:]", "[::-1]", ":]"),
    pair=Pair("P40", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import itertools\n\ndef f(xs):\n    ys = [x * 2 for x in xs]\n    t = 0\n"
            "    for y in ys[1:]:\n        t += y\n    for y in ys[::-1]:\n        t -= t * y\n"
            "    return t\n",
            "import itertools\n\ndef f(xs):\n    ys = [x * 2 for x in xs]\n    t = 0\n"
            "    for y in itertools.islice(ys, 1, None):\n        t += y\n"
            "    for y in reversed(ys):\n        t -= t * y\n    return t\n",
            call="f(range(9))",
            sites=2,
        ),
        Example(
            "import itertools\n\ndef f(xs):\n    ys = sorted(xs)\n"
            "    return [b - a for a, b in zip(ys[:-1], ys[1:])]\n",
            "import itertools\n\ndef f(xs):\n    ys = sorted(xs)\n"
            "    return [b - a for a, b in itertools.pairwise(ys)]\n",
            call="f([3, 1, 2])",
        ),
    ),
    counterexamples=(
        "def f(xs):\n    ys = sorted(xs)\n    for y in ys[1:]:\n        ys.remove(y)\n    return ys\n",
        "import numpy as np\n\ndef f(n):\n    ys = np.zeros(n)\n    return [y for y in ys[1:]]\n",
        "def f(xs):\n    ys = sorted(xs)\n    return ys[1:]\n",
        "def f(xs):\n    ys = [1, 2, 3]\n    return [y + xs for y in ys[1:]]\n",
        "def f(xs):\n    return [x for x in xs[1:]]\n",
        "def f(xs, n):\n    ys = sorted(xs)\n    return [y for y in ys[-n:]]\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loops over slices of a list of the same function."""
    for node in facts.walk(ast.Subscript, ast.Call):
        loop = listed.iterated(facts, node)
        if loop is None or not listed.gone_through_here(facts, loop):
            continue
        items, text = None, ""
        if isinstance(node, ast.Subscript):
            items, text = _sliced(facts, node)
        elif isinstance(node, ast.Call):
            items, text = _neighbours(facts, node)
        made = [] if items is None else listed.lists_bound(facts, items)
        if items is None or not made or _said_inside(facts, items, loop, node):
            continue
        needs = text.partition("(")[0]
        spelled = needs if needs == "reversed" else facts.names.spell(f"itertools.{needs}", node)
        written = (spelled or f"itertools.{needs}") + text[len(needs) :]
        yield RULE.site(
            facts, node, "the slice is another list", facts.edits.replace(node, written),
            imports=() if spelled else (_IMPORT,),
        )  # fmt: skip


def _said_inside(facts: Facts, items: ast.Name, loop: ast.For | ast.comprehension, node: ast.expr) -> bool:
    """Whether a loop says the name of a list at another place than the slice that it goes over."""
    owner = loop if isinstance(loop, ast.For) else facts.parent(loop)
    own = set(facts.under(node))
    inside = facts.under(owner) if owner is not None else []
    return any(isinstance(n, ast.Name) and n.id == items.id and n not in own for n in inside)


def _sliced(facts: Facts, node: ast.Subscript) -> tuple[ast.Name | None, str]:
    items, part = node.value, node.slice
    if not isinstance(items, ast.Name) or not isinstance(part, ast.Slice):
        return None, ""
    if part.lower is None and part.upper is None and patterns.number(part.step) == -1:
        return (items, f"reversed({items.id})") if patterns.builtin(facts, "reversed") else (None, "")
    first = patterns.number(part.lower)
    if part.step is None and part.upper is None and isinstance(first, int) and 0 < first < 100:
        return items, f"islice({items.id}, {first}, None)"
    return None, ""


def _neighbours(facts: Facts, node: ast.Call) -> tuple[ast.Name | None, str]:
    """The list behind `zip(items[:-1], items[1:])` or `zip(items, items[1:])`."""
    if not patterns.is_call(facts, node, "builtins.zip") or len(node.args) != 2 or node.keywords:
        return None, ""
    texts = ["".join(facts.text(a).split()) for a in node.args]
    items = next((n for n in facts.under(node.args[0]) if isinstance(n, ast.Name)), None)
    if items is None or texts[1] != f"{items.id}[1:]" or texts[0] not in (items.id, f"{items.id}[:-1]"):
        return None, ""
    return items, f"pairwise({items.id})"
