"""New tensors scaled or shifted by a number.

What it does
    Finds `torch.randn(n, m) * 0.02`, `torch.rand(n, m) * 2 - 1` and the like, where a tensor
    that was just made meets numbers, and lets the operations work in its own memory.

Why it costs memory
    Each operation makes another tensor while the one before it is still there.

Example
    weight = torch.randn(rows, columns) * 0.02

Use instead
    weight = torch.randn(rows, columns).mul_(0.02)

When it is safe
    Always for tensors of floating numbers without a name: nobody else can see them, they need
    no gradient, and the same operation rounds in the same way in place. Vectors, and tensors of a
    size that stands there as a number, are left alone: they are not worth it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, library, patterns, stages
from codeopt.rule import Example, Pair, Rule

_FLOATS = library.words("rand randn rand_like randn_like")
_CONSTANTS = library.words("ones zeros eye linspace logspace")
_METHODS: dict[type[ast.operator], str] = {
    ast.Add: "add_",
    ast.Sub: "sub_",
    ast.Mult: "mul_",
    ast.Div: "div_",
}

RULE = Rule(
    code="MEM317",
    name="torch-fresh-times-number",
    trust=Trust.EXACT,
    summary="a new tensor is scaled by a number into another one",
    triggers=(
        "rand",
        "ones(",
        "zeros(",
        "eye(",
        "linspace(",
    ),
    pair=Pair("T63", 8.0, 4.0),
    examples=(
        Example(
            "import torch\n\ndef weight(n):\n    torch.manual_seed(0)\n    return torch.randn(n, n) * 0.02\n",
            "import torch\n\ndef weight(n):\n    torch.manual_seed(0)\n"
            "    return torch.randn(n, n).mul_(0.02)\n",
            call="weight(3)",
        ),
        Example(
            "import torch\n\ndef noise(x):\n    torch.manual_seed(0)\n"
            "    return x + (2 * torch.rand_like(x) - 1) / 3\n",
            "import torch\n\ndef noise(x):\n    torch.manual_seed(0)\n"
            "    return x + torch.rand_like(x).mul_(2).sub_(1).div_(3)\n",
            call="noise(torch.ones(4))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(n):\n    return 1 - torch.rand(n)\n",
        "import torch\n\ndef f():\n    return torch.randn(3, 3) * 0.1\n",
        "import torch\n\ndef f(width):\n    return torch.ones(width) * 0.1\n",
        "import torch\n\ndef f(n, scale):\n    return torch.randn(n) * scale\n",
        "import torch\n\ndef f(n):\n    return torch.randn(n, requires_grad=True) * 0.5\n",
        "import torch\n\ndef f(n):\n    return torch.ones(n, dtype=torch.long) * 0.5\n",
        "import numpy as np\n\ndef f(n):\n    return np.random.rand(n) * 0.5\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The longest chains of numbers around a new tensor."""
    for node in facts.walk(ast.BinOp):
        parent = facts.parent(node)
        if isinstance(parent, ast.BinOp) and _chain(facts, parent) is not None:
            continue
        text = _chain(facts, node)
        if text is not None and "\n" not in text:
            edits = facts.edits.replace(node, text)
            certain = stages.is_last(facts, node) and not _has_identity(facts, node)
            yield RULE.site(facts, node, "the new tensor can be changed in place", edits, certain=certain)


def _has_identity(facts: Facts, node: ast.AST) -> bool:
    """Whether it is an identity that is changed: what it is added to has been as large for long."""
    return any(isinstance(n, ast.Call) and patterns.is_call(facts, n, "torch.eye") for n in ast.walk(node))


def _chain(facts: Facts, node: ast.expr) -> str | None:
    """An expression as a chain of methods on the tensor it begins with; None if it is not such a chain."""
    if isinstance(node, ast.Call):
        return facts.text(node) if _is_new(facts, node) else None
    if not isinstance(node, ast.BinOp) or type(node.op) not in _METHODS:
        return None
    swaps = isinstance(node.op, (ast.Add, ast.Mult))
    for inner, value in ((node.left, node.right), (node.right, node.left))[: 2 if swaps else 1]:
        if patterns.number(value) is not None and (below := _chain(facts, inner)) is not None:
            return f"{below}.{_METHODS[type(node.op)]}({facts.text(value)})"
    return None


def _is_new(facts: Facts, call: ast.Call) -> bool:
    prefix, _, name = (facts.names.dotted(call.func) or "").rpartition(".")
    given = {k.arg for k in call.keywords}
    if prefix != "torch" or not given <= {"device", "dtype", "generator"}:
        return False
    known = name in _FLOATS or (name in _CONSTANTS and "dtype" not in given)
    return known and not facts.extents.is_slight(call, facts.statement(call))
