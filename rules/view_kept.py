"""A small piece of a large array is kept, and the whole array with it.

What it does
    Finds a slice with constant bounds of an array made in the same turn of a loop that is put into
    a list, and copies the slice.

Why it costs memory
    A slice is a view: as long as it lives, the memory of the whole array does. Four pieces of ten
    numbers keep four whole arrays.

Example
    for path in paths:
        signal = load(path)
        heads.append(signal[:10])

Use instead
    for path in paths:
        signal = load(path)
        heads.append(signal[:10].copy())

When it is safe
    Nothing else holds the array, so nobody writes into what the view shows. The value must have a
    `copy` method, as arrays and lists have: certain for an array made by NumPy in sight.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_MOST = 64

RULE = Rule(
    code="MEM121",
    name="view-kept",
    trust=Trust.EXACT,
    summary="a small slice that is kept keeps its whole array",
    triggers=(".append(",),
    pair=Pair("P14", 32.0, 8.0),
    examples=(
        Example(
            "import numpy as np\n\ndef f(n):\n    heads = []\n    for i in range(3):\n"
            "        x = np.sort(np.full(n, i))\n        heads.append(x[:2])\n    return heads\n",
            "import numpy as np\n\ndef f(n):\n    heads = []\n    for i in range(3):\n"
            "        x = np.sort(np.full(n, i))\n        heads.append(x[:2].copy())\n    return heads\n",
            call="f(9)",
        ),
        Example(
            "def f(load, n):\n    heads = []\n    for i in range(n):\n        x = load(i)\n"
            "        heads.append(x[-3:])\n    return heads\n",
            "def f(load, n):\n    heads = []\n    for i in range(n):\n        x = load(i)\n"
            "        heads.append(x[-3:].copy())\n    return heads\n",
            call="f(lambda i: list(range(i, 9)), 2)",
        ),
    ),
    counterexamples=(
        "def f(x):\n    heads = []\n    heads.append(x[:2])\n    return heads\n",
        "import numpy as np\n\ndef f(n):\n    heads = []\n    for i in range(3):\n        x = np.full(n, i)\n"
        "        heads.append(x[:2])\n        heads.append(x)\n    return heads\n",
        "import numpy as np\n\ndef f(n):\n    heads = []\n    for i in range(3):\n        x = np.full(n, i)\n"
        "        heads.append(x[:n])\n    return heads\n",
        "import numpy as np\n\ndef f(n, k):\n    heads = []\n    x = np.full(n, k)\n    for i in range(3):\n"
        "        heads.append(x[:2])\n    return heads\n",
        "def f(text, n):\n    heads = []\n    for i in range(n):\n        s = f'{text}{i}'\n"
        "        heads.append(s[:2])\n    return heads\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Slices that are appended in the turn that made their array."""
    for call in facts.walk(ast.Call):
        stored = patterns.method(call, "append")
        if stored is None or len(call.args) != 1 or not isinstance(call.args[0], ast.Subscript):
            continue
        view, loops = call.args[0], facts.loops.around(call)
        if not loops or not isinstance(view.value, ast.Name) or not _is_small(view.slice):
            continue
        name, function, stmt = view.value.id, facts.function(call), facts.statement(call)
        if not isinstance(function, DEFS) or facts.names.home(view.value) is not function:
            continue
        made = facts.flow(function).definitions(name, stmt)
        only = next(iter(made), None)
        if len(made) != 1 or not isinstance(only, ast.Assign) or only not in facts.under(loops[0]):
            continue
        owner = facts.aliases.owner(name, stmt, function)
        array = patterns.kind(facts, view.value) == "ndarray"
        if (
            owner.wrong
            or not isinstance(only.value, ast.Call)
            or name in facts.flow(function).live_after(stmt)
        ):
            continue
        end = facts.range(view)[1]
        yield RULE.site(
            facts, call, "the slice keeps the memory of the whole array", (Edit(end, end, ".copy()"),),
            certain=owner.owned and array,
        )  # fmt: skip


def _is_small(part: ast.expr) -> bool:
    if not isinstance(part, ast.Slice) or part.step is not None:
        return False
    low, high = (patterns.number(e) if e is not None else None for e in (part.lower, part.upper))
    if part.lower is None:
        return isinstance(high, int) and 0 < high <= _MOST
    return part.upper is None and isinstance(low, int) and -_MOST <= low < 0
