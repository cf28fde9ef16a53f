"""A norm written out.

What it does
    Finds `(x**2).sum(dim)`, `x.abs().sum(dim)` and `x.abs().max()`, and calls
    `torch.linalg.vector_norm`.

Why it costs memory
    Squares and absolute values are a tensor as large as the first; the norm needs none.

Example
    lengths = (rows**2).sum(dim=1)

Use instead
    lengths = torch.linalg.vector_norm(rows, dim=1) ** 2

When it is safe
    For tensors of floating numbers. Results agree to rounding over one axis; over a whole
    large tensor the norm adds less carefully than the sum, so that is left alone. Types only a
    run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, tensors
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM331",
    name="torch-norm-by-hand",
    trust=Trust.CLOSE,
    summary="a norm is written out",
    triggers=(
        ".sum(",
        ".max(",
        "torch.sum(",
    ),
    pair=Pair("T71", 4.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef penalty(weight):\n    return torch.sum(weight.abs(), dim=1)\n",
            "import torch\n\ndef penalty(weight):\n    return torch.linalg.vector_norm(weight, 1, dim=1)\n",
            call="penalty(torch.arange(6.0).reshape(2, 3))",
        ),
        Example(
            "import torch\n\ndef lengths(x):\n    scale = x.abs().max()\n"
            "    return x.pow(2).sum(dim=-1) / scale\n",
            "import torch\n\ndef lengths(x):\n"
            '    scale = torch.linalg.vector_norm(x, float("inf"))\n'
            "    return (torch.linalg.vector_norm(x, dim=-1) ** 2) / scale\n",
            call="lengths(torch.arange(6.0).reshape(2, 3))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x):\n    return (x**2).sum()\n",
        "import torch\n\ndef f(x):\n    return (x**3).sum()\n",
        "import torch\n\ndef f(x, y):\n    return ((x[:, None] - y) ** 2).sum(-1)\n",
        "import numpy as np\n\ndef f(x):\n    return (x**2).sum()\n",
        "import torch\n\ndef f(x):\n    return x.abs().max(1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions of squares and absolute values."""
    for call in facts.walk(ast.Call):
        subject, rest, reducer = _reduced(facts, call)
        name = facts.names.spell("torch.linalg.vector_norm", call)
        if subject is None or name is None:
            continue
        inner, order = _powered(facts, subject)
        if inner is None or (reducer == "max") == bool(rest) or not _is_large(facts, inner):
            continue
        if (reducer == "max" and order != 1) or not tensors.about(facts, inner):
            continue
        parts = [facts.text(inner)]
        parts += ['float("inf")'] if reducer == "max" else ["1"] if order == 1 else []
        text = f"{name}({', '.join([*parts, *rest])})" + (" ** 2" if order == 2 else "")
        yield RULE.site(facts, call, "the norm needs no table of its terms",
                        facts.edits.replace(call, text))  # fmt: skip


def _reduced(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, list[str], str]:
    """What is summed, the texts of its axes, and whether it is a sum or a maximum."""
    if patterns.is_call(facts, call, "torch.sum", "torch.max"):
        given = patterns.arguments(call, "input", "dim", "keepdim")
        subject = given.pop("input", None) if given else None
        reducer = (facts.names.dotted(call.func) or "").rpartition(".")[2]
    elif (found := patterns.method(call, "sum", "max")) is not None and facts.names.dotted(call.func) is None:
        subject, given = found[0], patterns.arguments(call, "dim", "keepdim")
        reducer = found[1].func.attr  # type: ignore[attr-defined]
    else:
        return None, [], ""
    if given is None or not set(given) <= {"dim", "keepdim"}:
        return None, [], ""
    return subject, [f"{k}={facts.text(v)}" for k, v in given.items()], reducer


def _powered(facts: Facts, node: ast.expr) -> tuple[ast.expr | None, int]:
    """What is squared, or taken the absolute value of."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and patterns.number(node.right) == 2:
        return node.left, 2
    if not isinstance(node, ast.Call) or node.keywords:
        return None, 0
    if patterns.is_call(facts, node, "torch.abs", "torch.square") and len(node.args) == 1:
        return node.args[0], 1 if patterns.is_call(facts, node, "torch.abs") else 2
    if (found := patterns.method(node, "pow", "abs", "square")) is None or facts.names.dotted(node.func):
        return None, 0
    name = node.func.attr  # type: ignore[attr-defined]
    if name == "pow":
        return (found[0], 2) if len(node.args) == 1 and patterns.number(node.args[0]) == 2 else (None, 0)
    return (None, 0) if node.args else (found[0], 1 if name == "abs" else 2)


def _is_large(facts: Facts, node: ast.expr) -> bool:
    """Whether nothing says that an expression is small or a table of pairs, another rule's matter."""
    parts = facts.under(node)
    pairs = any(isinstance(p, ast.Constant) and p.value is None for p in parts)
    reduced = any(
        isinstance(p, ast.Attribute) and p.attr in ("sum", "mean", "norm", "unsqueeze") for p in parts
    )
    return not pairs and not reduced
