"""A gradient replaced by a changed copy of itself.

What it does
    Finds `p.grad = p.grad * scale`, `p.grad = p.grad.clamp(-1, 1)` and a weight decay by hand,
    `p.grad = p.grad + decay * p.data` or `p.grad += decay * p.data`, and changes the gradient in place.

Why it costs memory
    The old gradient and its copy are alive together, and with a decay the scaled weights too.

Example
    p.grad = p.grad + decay * p.data

Use instead
    p.grad.add_(p.data, alpha=decay)

When it is safe
    Nobody else holds the old gradient, and factors are plain numbers. A decay agrees to
    rounding, the rest exactly. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_CHANGES = ("clamp", "clip", "nan_to_num", "mul", "div", "neg", "sign", "masked_fill")
_RATES = ("decay", "wd", "lambda", "l2", "reg", "weight", "rate")
_OPERATORS: dict[type[ast.operator], str] = {ast.Mult: "mul_", ast.Div: "div_"}

RULE = Rule(
    code="MEM362",
    name="torch-gradient-rebuilt",
    trust=Trust.CLOSE,
    summary="a gradient is replaced by a changed copy of itself",
    triggers=(".grad",),
    pair=Pair("T31", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef clip(p, most):\n    p.grad = torch.ones(3)\n"
            "    p.grad = p.grad.clamp(-most, most)\n    p.grad.data = p.grad.data / 2\n"
            "    return p.grad\n",
            "import torch\n\ndef clip(p, most):\n    p.grad = torch.ones(3)\n"
            "    p.grad.clamp_(-most, most)\n    p.grad.data.div_(2)\n    return p.grad\n",
            call="clip(torch.ones(3, requires_grad=True), 0.5)",
            sites=2,
        ),
        Example(
            "import torch\n\ndef decayed(p, decay):\n    p.grad = torch.ones(3)\n"
            "    p.grad = p.grad + decay * p.data\n    p.grad += 0.1 * p.data\n    return p.grad\n",
            "import torch\n\ndef decayed(p, decay):\n    p.grad = torch.ones(3)\n"
            "    p.grad.add_(p.data, alpha=decay)\n    p.grad.add_(p.data, alpha=0.1)\n    return p.grad\n",
            call="decayed(torch.ones(3, requires_grad=True), 0.5)",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(p, q, s):\n    p.grad = q.grad * s\n",
        "import torch\n\ndef f(p):\n    p.grad *= 0.5\n",
        "import torch\n\ndef f(p):\n    p.grad = p.grad.view(-1)\n",
        "import torch\n\ndef f(p, s):\n    kept = p.grad\n    p.grad = p.grad * s\n    return kept\n",
        "import torch\n\ndef f(p, g, s):\n    p.grad = p.grad + s * g * g\n",
        "import torch\n\ndef f(grad, most):\n    grad = grad / most\n    return grad\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Statements that put a changed gradient in the place of the old one."""
    for stmt in facts.walk(ast.Assign, ast.AugAssign):
        target, text, trust = _update(facts, stmt)
        if target is not None and text is not None and not _is_held(facts, stmt):
            edits = facts.edits.replace_statement(stmt, [f"{facts.text(target)}.{text}"])
            message = "the gradient can be changed in place"
            yield RULE.site(facts, stmt, message, edits, trust=trust)


def _update(facts: Facts, stmt: ast.stmt) -> tuple[ast.expr | None, str | None, Trust]:
    """The gradient that a statement changes, and the in-place method that does so, with its trust."""
    if isinstance(stmt, ast.AugAssign) and _is_gradient(stmt.target):
        decayed = _decay(facts, stmt.value) if isinstance(stmt.op, ast.Add) else None
        return stmt.target, decayed, Trust.CLOSE
    if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and _is_gradient(stmt.targets[0]):
        return stmt.targets[0], *_change(facts, stmt.value, stmt.targets[0])
    return None, None, Trust.EXACT


def _is_gradient(node: ast.expr) -> bool:
    """Whether an expression is `p.grad` or `p.grad.data`."""
    parts = ast.unparse(node).split(".")[1:] if patterns.plain(node) else []
    return parts[-1:] == ["grad"] or parts[-2:] == ["grad", "data"]


def _is_held(facts: Facts, stmt: ast.stmt) -> bool:
    """Whether a name is bound to the gradient itself somewhere in the function."""
    nodes = facts.under(facts.function(stmt))
    bound = (n.value for n in nodes if isinstance(n, (ast.Assign, ast.NamedExpr)) and n is not stmt)
    return any(_is_gradient(v) for v in bound)


def _change(facts: Facts, value: ast.expr, target: ast.expr) -> tuple[str | None, Trust]:
    """The in-place method that makes of a gradient what a statement assigns, with its trust."""
    written = ast.unparse(target)
    found = patterns.method(value, *_CHANGES)
    if found is not None and ast.unparse(found[0]) == written:
        given = facts.text(found[1])[len(facts.text(found[1].func)) :]
        return f"{found[1].func.attr}_{given}", Trust.EXACT  # type: ignore[attr-defined]
    if not isinstance(value, ast.BinOp) or ast.unparse(value.left) != written:
        return None, Trust.EXACT
    if isinstance(value.op, ast.Add):
        return _decay(facts, value.right), Trust.CLOSE
    method = _OPERATORS.get(type(value.op))
    number = patterns.number(value.right) is not None or patterns.plain(value.right)
    return (f"{method}({facts.text(value.right)})" if method and number else None), Trust.EXACT


def _decay(facts: Facts, node: ast.expr) -> str | None:
    """`add_` of a scaled parameter."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return None
    for factor, tensor in ((node.left, node.right), (node.right, node.left)):
        name = factor.attr if isinstance(factor, ast.Attribute) else getattr(factor, "id", "")
        named = patterns.plain(factor) and any(word in name.lower() for word in _RATES)
        data = isinstance(tensor, (ast.Name, ast.Attribute)) and patterns.plain(tensor)
        if data and (named or patterns.number(factor) is not None):
            return f"add_({facts.text(tensor)}, alpha={facts.text(factor)})"
    return None
