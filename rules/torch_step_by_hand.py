"""A gradient step that scales the gradient first.

What it does
    Finds `p.data = p.data - lr * p.grad`, `p.data -= lr * p.grad` and `p -= lr * p.grad`, and
    steps with `sub_(..., alpha=lr)`.

Why it costs memory
    The scaled gradient, and where it is assigned the new parameter too, are tensors of the size
    of the parameter.

Example
    p.data -= lr * p.grad

Use instead
    p.data.sub_(p.grad, alpha=lr)

When it is safe
    The rate is a plain number. Results agree to rounding. Assigning gives the parameter new
    memory, which who holds the old one would notice. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_RATES = ("lr", "learning", "rate", "eta", "alpha", "step", "eps", "epsilon")

RULE = Rule(
    code="MEM338",
    name="torch-step-by-hand",
    trust=Trust.CLOSE,
    summary="a gradient is scaled into a tensor of its own",
    triggers=(".grad",),
    pair=Pair("T31", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef step(p, lr):\n    (p * p).sum().backward()\n"
            "    with torch.no_grad():\n        p -= lr * p.grad\n    return p.detach()\n",
            "import torch\n\ndef step(p, lr):\n    (p * p).sum().backward()\n"
            "    with torch.no_grad():\n        p.sub_(p.grad, alpha=lr)\n    return p.detach()\n",
            call="step(torch.ones(3, requires_grad=True), 0.5)",
        ),
        Example(
            "import torch\n\ndef step(p, lr):\n    (p * p).sum().backward()\n"
            "    p.data = p.data - p.grad.data * lr\n    return p.detach()\n",
            "import torch\n\ndef step(p, lr):\n    (p * p).sum().backward()\n"
            "    p.data.sub_(p.grad.data, alpha=lr)\n    return p.detach()\n",
            call="step(torch.ones(3, requires_grad=True), 0.5)",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(p, lr):\n    return p - lr * p.grad\n",
        "import torch\n\ndef f(p, lr):\n    p.data -= p.grad\n",
        "import torch\n\ndef f(p, scale):\n    p.data -= scale[0] * p.grad\n",
        "import torch\n\ndef f(p, q, lr):\n    p.data = q.data - lr * p.grad\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Updates by a scaled gradient."""
    for stmt in facts.walk(ast.AugAssign, ast.Assign):
        target, value, op = _update(stmt)
        if target is None or value is None or not isinstance(value, ast.BinOp):
            continue
        if not isinstance(value.op, ast.Mult) or not isinstance(op, (ast.Add, ast.Sub)):
            continue
        for rate, gradient in ((value.left, value.right), (value.right, value.left)):
            if not _is_rate(rate) or not _is_gradient(gradient):
                continue
            method = "add_" if isinstance(op, ast.Add) else "sub_"
            text = f"{facts.text(target)}.{method}({facts.text(gradient)}, alpha={facts.text(rate)})"
            edits = facts.edits.replace_statement(stmt, [text])
            yield RULE.site(facts, stmt, "the step can scale while it adds", edits)
            break


def _update(stmt: ast.stmt) -> tuple[ast.expr | None, ast.expr | None, ast.operator | None]:
    """What a statement updates, by what, and whether it adds or subtracts."""
    if isinstance(stmt, ast.AugAssign):
        return (stmt.target, stmt.value, stmt.op) if patterns.plain(stmt.target) else (None, None, None)
    if not isinstance(stmt, ast.Assign):
        return None, None, None
    target, value = stmt.targets[0], stmt.value
    data = len(stmt.targets) == 1 and isinstance(target, ast.Attribute) and target.attr == "data"
    if not data or not isinstance(value, ast.BinOp) or ast.unparse(value.left) != ast.unparse(target):
        return None, None, None
    return target, value.right, value.op


def _is_rate(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return patterns.number(node) is not None or bool(set(_RATES) & set(name.lower().split("_")))


def _is_gradient(node: ast.expr) -> bool:
    parts = ast.unparse(node).split(".")
    return patterns.plain(node) and isinstance(node, ast.Attribute) and "grad" in parts
