"""A bias added to a product of matrices.

What it does
    Finds `x @ w.T + bias`, `torch.mm(x, w) + bias` and `torch.bmm(a, b) + bias`, and calls the
    routine that adds while it multiplies: `linear`, `addmm`, `baddbmm`.

Why it costs memory
    The product and the sum are alive together.

Example
    hidden = x @ weight.T + bias

Use instead
    hidden = F.linear(x, weight, bias)

When it is safe
    For floating tensors: `linear` for a bias of one axis, `addmm` for matrices, `baddbmm` for
    batches of them. Results agree to rounding. Types and axes only a run can tell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, tensors, torch_use
from codeopt.rule import Example, Pair, Rule

_BIAS = re.compile(r"(^|_)(b|bias|biases)\d*(_|$)")

RULE = Rule(
    code="MEM324",
    name="torch-product-plus-bias",
    trust=Trust.CLOSE,
    summary="a bias is added to a finished product",
    triggers=(
        "@",
        "mm(",
        "matmul(",
    ),
    pair=Pair("T30", 8.0, 4.0),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef hidden(x, weight, bias):\n"
            "    return torch.relu(x @ weight.T + bias)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef hidden(x, weight, bias):\n"
            "    return torch.relu(F.linear(x, weight, bias))\n",
            call="hidden(torch.eye(3), torch.ones(2, 3), torch.ones(2))",
        ),
        Example(
            "import torch\n\ndef scores(x, w, b):\n    return torch.mm(x, w) + b\n",
            "import torch\n\ndef scores(x, w, b):\n    return torch.addmm(b, x, w)\n",
            call="scores(torch.eye(3), torch.ones(3, 2), torch.ones(2))",
        ),
        Example(
            "import torch\n\ndef scores(x, w, attention_bias):\n"
            "    return attention_bias + torch.bmm(x, w)\n",
            "import torch\n\ndef scores(x, w, attention_bias):\n"
            "    return torch.baddbmm(attention_bias, x, w)\n",
            call="scores(torch.ones(2, 3, 3), torch.ones(2, 3, 3), torch.ones(3))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, w, b):\n    return x @ w.T + b\n",
        "import torch\n\ndef f(x, w, y):\n    return torch.mm(x, w) + y\n",
        "import torch\n\ndef f(x, w, b):\n    return torch.mm(x, w) * b\n",
        "import torch\n\ndef f(x, w, b):\n    return torch.mm(x, w) + b.mean()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums of a product and what its name calls a bias."""
    for node in facts.walk(ast.BinOp):
        if not isinstance(node.op, ast.Add):
            continue
        for product, bias in ((node.left, node.right), (node.right, node.left)):
            name = (
                bias.id
                if isinstance(bias, ast.Name)
                else bias.attr
                if isinstance(bias, ast.Attribute)
                else ""
            )
            if not _BIAS.search(name.lower()) or not patterns.plain(bias):
                continue
            text = _fused(facts, product, facts.text(bias))
            if text is not None and tensors.about(facts, product):
                edits = facts.edits.replace(node, text)
                yield RULE.site(facts, node, "the routine adds while it multiplies", edits)
                break


def _fused(facts: Facts, product: ast.expr, bias: str) -> str | None:
    """The call that multiplies and adds a bias."""
    if isinstance(product, ast.BinOp) and isinstance(product.op, ast.MatMult):
        return _linear(facts, product.left, product.right, bias)
    if not isinstance(product, ast.Call) or len(product.args) != 2 or product.keywords:
        return None
    left, right = product.args
    if patterns.is_call(facts, product, "torch.matmul"):
        return _linear(facts, left, right, bias)
    for plain, fused in (("torch.mm", "torch.addmm"), ("torch.bmm", "torch.baddbmm")):
        name = facts.names.spell(fused, product)
        if patterns.is_call(facts, product, plain) and name is not None:
            return f"{name}({bias}, {facts.text(left)}, {facts.text(right)})"
    return None


def _linear(facts: Facts, left: ast.expr, right: ast.expr, bias: str) -> str | None:
    name = torch_use.functional(facts, "linear", right)
    turned = patterns.method(right, "t")
    weight: ast.expr | None = turned[0] if turned is not None else None
    if isinstance(right, ast.Attribute) and right.attr in ("T", "mT"):
        weight = right.value
    if name is None or (weight is None and not patterns.plain(right)):
        return None
    text = f"{facts.text(right)}.t()" if weight is None else facts.text(weight)
    return f"{name}({facts.text(left)}, {text}, {bias})"
