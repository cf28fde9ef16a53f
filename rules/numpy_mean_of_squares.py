"""An array is squared to average its squares.

What it does
    Finds `np.mean(x ** 2)` and `(x ** 2).mean()` of everything in `x`, and divides the product of `x`
    with itself by its size.

Why it costs memory
    The squares are an array as large as `x`; the product with itself needs none.

Example
    loss = np.mean(residual ** 2)

Use instead
    loss = np.vdot(residual, residual) / residual.size

When it is safe
    For real floats; the sums are rounded in another order. Integers may overflow in the product, and
    complex numbers are something else: a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM231",
    name="np-mean-of-squares",
    trust=Trust.CLOSE,
    summary="an array is squared to average its squares",
    triggers=("mean(",),
    pair=Pair("N22", 16.0, 8.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x):\n    return np.mean(x ** 2), np.mean(np.square(x))\n",
            "import numpy as np\n\ndef f(x):\n    return np.vdot(x, x) / x.size, np.vdot(x, x) / x.size\n",
            call="f(np.arange(6.0).reshape(2, 3))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef f(x):\n    return np.sqrt((x * x).mean())\n",
            "import numpy as np\n\ndef f(x):\n    return np.sqrt(np.vdot(x, x) / x.size)\n",
            call="f(np.arange(6.0))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return np.mean(x ** 2, axis=0)\n",
        "import numpy as np\n\ndef f(x):\n    return np.mean(x ** 3)\n",
        "import numpy as np\n\ndef f(x, y):\n    return np.mean((x - y) ** 2)\n",
        "import torch\n\ndef f(x):\n    return (x ** 2).mean()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Means of squares over everything."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "mean")
        squared = _squared(facts, found[0]) if found and not found[1] else None
        spelled = facts.names.spell("numpy.vdot", call)
        if squared is None or spelled is None:
            continue
        if patterns.kind(facts, squared) not in ("ndarray", "unknown"):
            continue
        x = facts.text(squared)
        edits = facts.edits.replace(call, f"{spelled}({x}, {x}) / {x}.size")
        yield RULE.site(facts, call, "the squares need no array of their own", edits)


def _squared(facts: Facts, node: ast.expr) -> ast.expr | None:
    """The plain name whose square an expression is."""
    base: ast.expr | None = None
    match node:
        case ast.BinOp(op=ast.Pow()) if patterns.number(node.right) == 2:
            base = node.left
        case ast.BinOp(op=ast.Mult()) if patterns.same(node.left, node.right):
            base = node.left
        case ast.Call(args=[only]) if patterns.is_call(facts, node, "numpy.square") and not node.keywords:
            base = only
    return base if base is not None and patterns.plain(base) else None
