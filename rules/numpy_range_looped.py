"""An array of whole numbers is made to count with.

What it does
    Finds loops over `np.arange(...)` whose numbers only serve as indices, and loops over `range`.

Why it costs memory
    The array holds all numbers at once, eight bytes each; a range makes one at a time.

Example
    for i in np.arange(len(values)):
        total += values[i]

Use instead
    for i in range(len(values)):
        total += values[i]

When it is safe
    The numbers are whole and only pick items. A number of Python is another type than one of NumPy,
    so where it does more, or where the ends are not known to be whole, the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM258",
    name="np-range-looped",
    trust=Trust.EXACT,
    summary="an array of whole numbers is made to count with",
    triggers=("arange(",),
    pair=Pair("N46", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x):\n    t = 0\n    for i in np.arange(len(x)):\n        t += x[i]\n"
            "    return t\n",
            "import numpy as np\n\ndef f(x):\n    t = 0\n    for i in range(len(x)):\n        t += x[i]\n"
            "    return t\n",
            call="f(np.arange(4.0))",
        ),
        Example(
            "import numpy as np\n\ndef f(x, n):\n    return [x[k] for k in np.arange(1, n)]\n",
            "import numpy as np\n\ndef f(x, n):\n    return [x[k] for k in range(1, n)]\n",
            call="f(np.arange(4.0), 3)",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return [i / 2 for i in np.arange(len(x))]\n",
        "import numpy as np\n\ndef f(x):\n    return [x[i] for i in np.arange(0, 1, 0.1)]\n",
        "import numpy as np\n\ndef f(x, n):\n    return [x[i] for i in np.arange(n, dtype=float)]\n",
        "import numpy as np\n\ndef f(x):\n    return [x[i] for i in np.arange(5)]\n",
        "import numpy as np\n\ndef f(x, n):\n    for i in np.arange(n):\n        y = x[i]\n    return i, y\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loops over arrays of numbers that only pick items."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "numpy.arange") or call.keywords or not 0 < len(call.args) <= 3:
            continue
        loop = listed.iterated(facts, call)
        if loop is None or not isinstance(loop.target, ast.Name) or not patterns.builtin(facts, "range"):
            continue
        if any(_no_whole_number(a) for a in call.args) or all(listed.short(facts, a) for a in call.args):
            short = all(patterns.number(a) is not None or isinstance(a, ast.Attribute) for a in call.args)
            if short or any(_no_whole_number(a) for a in call.args):
                continue
        if _only_picks(facts, loop):
            yield RULE.site(
                facts, call, "the numbers need not be held at once",
                facts.edits.replace(call.func, "range"),
            )  # fmt: skip


def _no_whole_number(node: ast.expr) -> bool:
    inside = [n for n in ast.walk(node) if isinstance(n, (ast.Constant, ast.BinOp, ast.Starred))]
    return any(
        isinstance(n, ast.Starred)
        or (isinstance(n, ast.Constant) and not isinstance(n.value, (int, str)))
        or (isinstance(n, ast.BinOp) and isinstance(n.op, (ast.Div, ast.Pow)))
        for n in inside
    )


def _only_picks(facts: Facts, loop: ast.For | ast.comprehension) -> bool:
    """Whether the number of a turn is only ever the whole index of something, inside the loop."""
    owner = loop if isinstance(loop, ast.For) else facts.parent(loop)
    function = facts.function(loop.iter)
    assert owner is not None
    assert isinstance(loop.target, ast.Name)
    name = loop.target.id
    inside = [n for n in facts.under(owner) if isinstance(n, ast.Name) and n.id == name]
    if isinstance(loop, ast.For):
        if not isinstance(function, DEFS) or name in facts.flow(function).captured:
            return False
        if len(facts.names.occurrences(name, function)) != len(inside):
            return False
    reads = [n for n in inside if n is not loop.target]
    return bool(reads) and all(_is_index(facts, n) for n in reads)


def _is_index(facts: Facts, node: ast.Name) -> bool:
    parent = facts.parent(node)
    if isinstance(parent, ast.Tuple):
        outer = facts.parent(parent)
        return isinstance(outer, ast.Subscript) and outer.slice is parent
    return isinstance(parent, ast.Subscript) and parent.slice is node
