"""Positions collected only to be counted.

What it does
    Finds `len(np.where(mask)[0])`, `np.flatnonzero(mask).size` and their kin and counts directly.

Why it costs memory
    The positions take eight bytes for every true element, and are dropped once counted.

Example
    hits = len(np.where(scores > 0.5)[0])

Use instead
    hits = int(np.count_nonzero(scores > 0.5))

When it is safe
    Always: `int()` gives back the Python int that `len` gave, for any shape and for empty
    input. `np.where` with
    three arguments selects values and is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM215",
    name="np-count-by-index",
    trust=Trust.EXACT,
    summary="positions are collected only to be counted",
    triggers=("nonzero", "where", "argwhere"),
    pair=Pair("N37", 8.58, 0.95),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef hits(x):\n    return len(np.where(x > 0.5)[0])\n",
            "import numpy as np\n\ndef hits(x):\n    return int(np.count_nonzero(x > 0.5))\n",
            call="hits(np.random.default_rng(0).random((50, 7)))",
        ),
        Example(
            "from numpy import flatnonzero\nimport numpy\n\ndef hits(x):\n"
            "    return flatnonzero(x).size / x.size\n",
            "from numpy import flatnonzero\nimport numpy\n\ndef hits(x):\n"
            "    return int(numpy.count_nonzero(x)) / x.size\n",
            call="hits(numpy.eye(5))",
        ),
        Example(
            "import numpy as np\n\ndef hits(x):\n    return np.nonzero(x)[0].shape[0], len(np.argwhere(x))\n",
            "import numpy as np\n\ndef hits(x):\n"
            "    return int(np.count_nonzero(x)), int(np.count_nonzero(x))\n",
            call="hits(np.eye(5))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return len(np.where(x, 1, 0)[0])\n",
        "import numpy as np\n\ndef f(x):\n    i = np.where(x > 0)[0]\n    return len(i), i\n",
        "import numpy as np\n\ndef f(x):\n    return len(np.where(x > 0))\n",
        "import numpy as np\n\ndef f(x):\n    return np.argwhere(x).size\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lengths of arrays of positions."""
    for call in facts.walk(ast.Call):
        name = facts.names.dotted(call.func)
        if name not in _COUNTED or len(call.args) != 1 or call.keywords:
            continue
        if isinstance(call.args[0], ast.Starred):
            continue
        positions = _positions(facts, call, name)
        whole = _counted(facts, positions, name) if positions is not None else None
        count = facts.names.spell("numpy.count_nonzero", call)
        if whole is not None and count is not None:
            text = f"int({count}({facts.text(call.args[0])}))"
            yield RULE.site(facts, whole, "counting needs no positions", facts.edits.replace(whole, text))


_COUNTED = ("numpy.where", "numpy.nonzero", "numpy.flatnonzero", "numpy.argwhere")


def _positions(facts: Facts, call: ast.Call, name: str) -> ast.expr | None:
    """The expression with one entry for each true element."""
    if name in ("numpy.flatnonzero", "numpy.argwhere"):
        return call
    first = facts.parent(call)
    if isinstance(first, ast.Subscript) and first.value is call and patterns.number(first.slice) == 0:
        return first
    return None


def _counted(facts: Facts, positions: ast.expr, name: str) -> ast.expr | None:
    parent = facts.parent(positions)
    if isinstance(parent, ast.Call) and patterns.is_call(facts, parent, "builtins.len"):
        return parent
    if isinstance(parent, ast.Attribute) and parent.attr == "size" and name != "numpy.argwhere":
        return parent
    if isinstance(parent, ast.Attribute) and parent.attr == "shape":
        length = facts.parent(parent)
        if isinstance(length, ast.Subscript) and patterns.number(length.slice) == 0:
            return length if length.value is parent else None
    return None
