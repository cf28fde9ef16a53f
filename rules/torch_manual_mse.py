"""A mean squared error written out.

What it does
    Finds `((x - y) ** 2).mean()` of tensors and calls `F.mse_loss`.

Why it costs memory
    The difference and its square are kept for the backward pass; the fused loss keeps its two
    inputs, which exist anyway.

Example
    loss = ((prediction - target) ** 2).mean()

Use instead
    loss = F.mse_loss(prediction, target)

When it is safe
    Both are floating tensors of one shape: `mse_loss` warns where it has to broadcast. Results
    agree to rounding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM310",
    name="torch-manual-mse",
    trust=Trust.CLOSE,
    summary="a mean squared error is written out instead of fused",
    triggers=("mean(",),
    pair=Pair("T51", 20.01, 8.00),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef loss(x, y):\n"
            "    return ((x - y) ** 2).mean()\n",
            "import torch\nimport torch.nn.functional as F\n\ndef loss(x, y):\n    return F.mse_loss(x, y)\n",
            call="loss(torch.arange(4.0), torch.ones(4))",
        ),
        Example(
            "import torch\n\ndef loss(net, x, y):\n    return torch.mean((net(x) - y).pow(2))\n",
            "import torch\n\ndef loss(net, x, y):\n    return torch.nn.functional.mse_loss(net(x), y)\n",
            call="loss(torch.sqrt, torch.arange(4.0), torch.ones(4))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x, y):\n    return ((x - y) ** 2).mean(dim=1)\n",
        "import torch\n\ndef f(x, y):\n    return ((x + y) ** 2).mean()\n",
        "import torch\n\ndef f(x):\n    return ((x - x.mean()) ** 2).mean()\n",
        "import torch\n\ndef f(x):\n    return ((x - 1.0) ** 2).mean()\n",
        "import numpy as np\n\ndef f(x, y):\n    return ((x - y) ** 2).mean()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Means over all of a squared difference of two tensors."""
    for call in facts.walk(ast.Call):
        name = torch_use.functional(facts, "mse_loss", call)
        square = _averaged(facts, call)
        if name is None or square is None:
            continue
        base = _squared(square)
        if not isinstance(base, ast.BinOp) or not isinstance(base.op, ast.Sub):
            continue
        sides = (base.left, base.right)
        statistic = any(patterns.method(s, "mean", "sum", "max", "min") is not None for s in sides)
        if statistic or any(isinstance(s, ast.Constant) for s in sides):
            continue
        if any(patterns.kind(facts, s) not in ("tensor", "unknown") for s in sides):
            continue
        text = f"{name}({facts.text(base.left)}, {facts.text(base.right)})"
        message = "the fused loss keeps its inputs alone"
        yield RULE.site(facts, call, message, facts.edits.replace(call, text))


def _averaged(facts: Facts, call: ast.Call) -> ast.expr | None:
    """What a mean without an axis is taken of."""
    if call.keywords:
        return None
    if patterns.is_call(facts, call, "torch.mean"):
        return call.args[0] if len(call.args) == 1 else None
    found = patterns.method(call, "mean")
    known = facts.names.dotted(call.func) is not None
    return found[0] if found is not None and not call.args and not known else None


def _squared(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return node.left if patterns.number(node.right) == 2 else None
    found = patterns.method(node, "pow", "square")
    if found is None or found[1].keywords:
        return None
    powers = [patterns.number(a) for a in found[1].args]
    return found[0] if powers in ([2], []) else None
