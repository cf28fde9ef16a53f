"""A matrix product of which only the diagonal is read.

What it does
    Finds `np.trace(a @ b)` and `np.diag(a @ b)` and computes the diagonal alone.

Why it costs memory
    The product has n times n numbers, of which n are read.

Example
    total = np.trace(a @ b)

Use instead
    total = np.einsum("ij,ji->", a, b)

When it is safe
    For two matrices. The order of additions changes, so results agree to rounding only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_TAKES = {"trace": "ij,ji->", "diag": "ij,ji->i", "diagonal": "ij,ji->i"}

RULE = Rule(
    code="MEM222",
    name="np-product-diagonal",
    trust=Trust.CLOSE,
    summary="a matrix product is built only for its diagonal",
    triggers=("trace(", "diag(", "diagonal("),
    pair=Pair("N38", 7.63, 0.01),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(a, b):\n    return np.trace(a @ b)\n",
            'import numpy as np\n\ndef f(a, b):\n    return np.einsum("ij,ji->", a, b)\n',
            call="f(np.random.default_rng(0).random((5, 3)), np.random.default_rng(1).random((3, 5)))",
        ),
        Example(
            "import torch\n\ndef f(a, b):\n    return torch.diag(torch.matmul(a, b.T))\n",
            'import torch\n\ndef f(a, b):\n    return torch.einsum("ij,ji->i", a, b.T)\n',
            call="f(torch.arange(12.0).reshape(4, 3), torch.ones(4, 3))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(a):\n    return np.trace(a)\n",
        "import numpy as np\n\ndef f(a, b):\n    return np.diag(a @ b, k=1)\n",
        "import numpy as np\n\ndef f(a, b):\n    return np.diag(a * b)\n",
        "import numpy as np\n\ndef f(a, b):\n    p = a @ b\n    return np.trace(p), p\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Diagonals and traces of products made for them alone."""
    for call in facts.walk(ast.Call):
        library, _, name = (facts.names.dotted(call.func) or "").rpartition(".")
        if library not in ("numpy", "torch") or name not in _TAKES:
            continue
        if len(call.args) != 1 or call.keywords:
            continue
        factors = _factors(facts, call.args[0], library)
        einsum = facts.names.spell(f"{library}.einsum", call)
        if factors is None or einsum is None:
            continue
        left, right = (facts.text(f) for f in factors)
        # A diagonal is a read-only view of the product, the computed one is an array of its own.
        yield RULE.site(
            facts, call, "only the diagonal of the product is read",
            facts.edits.replace(call, f'{einsum}("{_TAKES[name]}", {left}, {right})'),
        )  # fmt: skip


def _factors(facts: Facts, node: ast.expr, library: str) -> tuple[ast.expr, ast.expr] | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right
    products = tuple(f"{library}.{n}" for n in ("matmul", "dot", "mm"))
    if isinstance(node, ast.Call) and patterns.is_call(facts, node, *products) and len(node.args) == 2:
        return None if node.keywords else (node.args[0], node.args[1])
    return None
