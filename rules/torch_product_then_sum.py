"""A product of two tensors built only to be summed.

What it does
    Finds `(a * b).sum(-1)` and `torch.sum(a * b, dim=-1)` of tensors and calls `torch.einsum`.

Why it costs memory
    The product is a tensor as large as its factors.

Example
    scores = (query * key).sum(-1)

Use instead
    scores = torch.einsum("...i,...i->...", query, key)

When it is safe
    For floating tensors whose last axes are alike. Results agree to rounding. Types and shapes
    only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, tensors
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM349",
    name="torch-product-then-sum",
    trust=Trust.CLOSE,
    summary="a product of two tensors is built only to be summed",
    triggers=(
        "sum(-1",
        "dim=-1",
    ),
    pair=Pair("T78", 4.0, 0.1),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef scores(query, key):\n    return torch.relu((query * key).sum(-1))\n",
            "import torch\n\ndef scores(query, key):\n"
            '    return torch.relu(torch.einsum("...i,...i->...", query, key))\n',
            call="scores(torch.eye(3), torch.ones(3, 3))",
        ),
        Example(
            "import torch\n\ndef scores(query, key):\n    return torch.sum(query * key, dim=-1)\n",
            "import torch\n\ndef scores(query, key):\n"
            '    return torch.einsum("...i,...i->...", query, key)\n',
            call="scores(torch.eye(3), torch.ones(3, 3))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(a, b):\n    return (a * b).sum()\n",
        "import torch\n\ndef f(a, b):\n    return (a * b[:, None]).sum(-1)\n",
        "import torch\n\ndef f(a):\n    return (a * 2).sum(-1)\n",
        "import numpy as np\n\ndef f(a, b):\n    return (a * b).sum(-1)\n",
        "import torch\n\ndef f(a, mask):\n    return (a * mask).sum(-1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums over the last axis of a product of two tensors."""
    for call in facts.walk(ast.Call):
        if patterns.is_call(facts, call, "torch.sum"):
            given = patterns.arguments(call, "input", "dim") or {}
            product = given.pop("input", None)
        elif (found := patterns.method(call, "sum")) is not None and facts.names.dotted(call.func) is None:
            product, given = found[0], patterns.arguments(call, "dim") or {}
        else:
            continue
        name = facts.names.spell("torch.einsum", call)
        if set(given) != {"dim"} or patterns.number(given["dim"]) != -1 or name is None:
            continue
        if not isinstance(product, ast.BinOp) or not isinstance(product.op, ast.Mult):
            continue
        factors = (product.left, product.right)
        if not all(patterns.plain(f) and _is_tensor(facts, f) for f in factors):
            continue
        text = f'{name}("...i,...i->...", {facts.text(factors[0])}, {facts.text(factors[1])})'
        edits = facts.edits.replace(call, text)
        yield RULE.site(facts, call, "the product is built only to be summed", edits)


def _is_tensor(facts: Facts, node: ast.expr) -> bool:
    """Whether a factor may be a tensor of floating numbers: masks and weights come in other types."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    other = ("mask", "valid", "one_hot", "onehot", "scale", "weight", "is_")
    return not any(o in name.lower() for o in other) and tensors.about(facts, node)
