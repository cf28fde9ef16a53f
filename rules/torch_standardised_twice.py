"""A standardised tensor made in two steps of its size.

What it does
    Finds `(x - mean) / std` of tensors, where what is taken off is a mean or a smallest value
    by its making or its name, and divides the difference in place.

Why it costs memory
    The difference has no name and no further use, and is alive beside the quotient.

Example
    scaled = (x - x.mean(0)) / x.std(0)

Use instead
    scaled = (x - x.mean(0)).div_(x.std(0))

When it is safe
    The tensor is of floating numbers and the divisor not larger than it. With gradients on, the
    division keeps the difference, and a copy of it if it works in place: nothing is saved there.
    Types and shapes only a run can tell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, tensors
from codeopt.rule import Example, Pair, Rule

_NAMED = re.compile(r"(^|_)(mean|means|mu|min|loc|center|centre)(_|$)")

RULE = Rule(
    code="MEM351",
    name="torch-standardised-twice",
    trust=Trust.EXACT,
    summary="a difference without a name is divided into another tensor",
    triggers=(") /",),
    pair=Pair("T35", 8.0, 4.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef scaled(x):\n    return torch.relu((x - x.mean(0)) / x.std(0))\n",
            "import torch\n\ndef scaled(x):\n    return torch.relu((x - x.mean(0)).div_(x.std(0)))\n",
            call="scaled(torch.arange(6.0).reshape(3, 2))",
        ),
        Example(
            "import torch\n\ndef scaled(x: torch.Tensor, mean, std):\n"
            "    y = (x - mean) / (std + 1e-6)\n    return y * 2\n",
            "import torch\n\ndef scaled(x: torch.Tensor, mean, std):\n"
            "    y = (x - mean).div_(std + 1e-6)\n    return y * 2\n",
            call="scaled(torch.arange(6.0).reshape(3, 2), torch.ones(2), 2.0)",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return (x - x.mean(0)) / x.std(0)\n",
        "import torch\n\ndef f(x: torch.Tensor, y):\n    return (x - y) / 2\n",
        "import torch\n\ndef f(x: torch.Tensor):\n    return x / x.std(0)\n",
        "import torch\n\ndef f(x: torch.Tensor):\n    return (x - x.mean()) * x.std()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Quotients of a difference from a mean or a smallest value."""
    for node in facts.walk(ast.BinOp):
        difference = node.left
        if not isinstance(node.op, ast.Div) or not isinstance(difference, ast.BinOp):
            continue
        if not isinstance(difference.op, ast.Sub) or not _is_centre(facts, difference.right):
            continue
        if _of_arrays(facts, node) or "max" in facts.text(difference.left).lower():
            continue
        if patterns.number(difference.left) is not None or not tensors.about(facts, difference.left):
            continue
        text = f"({facts.text(difference)}).div_({facts.text(node.right)})"
        if "\n" not in text:
            edits = facts.edits.replace(node, text)
            yield RULE.site(facts, node, "the difference can become the quotient", edits)


def _of_arrays(facts: Facts, node: ast.expr) -> bool:
    """Whether part of an expression comes from NumPy."""
    parts = (p for p in facts.under(node) if isinstance(p, ast.Attribute))
    return any((facts.names.dotted(p) or "").startswith("numpy.") for p in parts)


def _is_centre(facts: Facts, node: ast.expr) -> bool:
    """Whether a value is a mean or a smallest value by how it is made, or by its name."""
    if patterns.method(node, "mean", "min", "amin") is not None:
        return True
    if isinstance(node, ast.Call) and patterns.is_call(facts, node, "torch.mean", "torch.min", "torch.amin"):
        return True
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return _NAMED.search(name.lower()) is not None
