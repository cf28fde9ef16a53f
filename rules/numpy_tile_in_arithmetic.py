"""An array is tiled to meet another one.

What it does
    Finds `x * np.tile(v, (n, 1))` and the like, and leaves the repetition to broadcasting.

Why it costs memory
    The tiled array is as large as `x` and holds nothing but copies of `v`.

Example
    centred = x - np.tile(mean, (len(x), 1))

Use instead
    centred = x - mean

When it is safe
    `x` has the rows that `v` is repeated for, and `v` has one axis or one row: a proof by running
    decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)

RULE = Rule(
    code="MEM238",
    name="np-tile-in-arithmetic",
    trust=Trust.EXACT,
    summary="an array is tiled to meet another one",
    triggers=("tile(",),
    pair=Pair("N12", 16.0, 8.06),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x, v):\n    return x - np.tile(v, (len(x), 1))\n",
            "import numpy as np\n\ndef f(x, v):\n    return x - v\n",
            call="f(np.arange(6.0).reshape(2, 3), np.arange(3.0))",
        ),
        Example(
            "import numpy as np\n\ndef f(x, v):\n    return np.tile(v.mean(0), (x.shape[0], 1)) * x\n",
            "import numpy as np\n\ndef f(x, v):\n    return v.mean(0) * x\n",
            call="f(np.arange(6.0).reshape(2, 3), np.eye(3))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(v, n):\n    return np.tile(v, (n, 1))\n",
        "import numpy as np\n\ndef f(x, v):\n    return x - np.tile(v, (2, 3))\n",
        "import numpy as np\n\ndef f(x, v):\n    return x - np.tile(v, 3)\n",
        "import numpy as np\n\ndef f(x, v):\n    return x @ np.tile(v, (3, 1))\n",
        "import numpy as np\n\ndef f(v, n):\n    return np.tile(v, (n, 1)) * 2\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Operands that are rows repeated."""
    for node in facts.walk(ast.BinOp):
        if not isinstance(node.op, _OPERATORS):
            continue
        for side, other in ((node.left, node.right), (node.right, node.left)):
            row = _row(facts, side)
            if row is None or isinstance(other, ast.Constant) or _row(facts, other) is not None:
                continue
            edits = facts.edits.replace(side, facts.text(row))
            yield RULE.site(facts, side, "broadcasting repeats without copies", edits)


def _row(facts: Facts, node: ast.expr) -> ast.expr | None:
    """What `np.tile(v, (n, 1))` repeats."""
    if not isinstance(node, ast.Call) or not patterns.is_call(facts, node, "numpy.tile"):
        return None
    given = patterns.arguments(node, "A", "reps") or {}
    reps = given.get("reps")
    if not isinstance(reps, (ast.Tuple, ast.List)) or len(reps.elts) != 2 or "A" not in given:
        return None
    return given["A"] if patterns.number(reps.elts[1]) == 1 else None
