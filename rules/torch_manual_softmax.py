"""Softmax written out.

What it does
    Finds `torch.exp(x) / torch.exp(x).sum(-1, keepdim=True)`, also with the maximum taken off,
    and `torch.log` of a softmax, and calls the fused function.

Why it costs memory
    The exponentials are computed twice, and all of them are kept for the backward pass.

Example
    p = torch.exp(x) / torch.exp(x).sum(-1, keepdim=True)

Use instead
    p = torch.softmax(x, -1)

When it is safe
    For floating tensors. Results agree to rounding. Written out without taking off the maximum,
    exponentials overflow where the fused function does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_SOFTMAX = ("torch.softmax", "torch.nn.functional.softmax")

RULE = Rule(
    code="MEM306",
    name="torch-manual-softmax",
    trust=Trust.CLOSE,
    summary="softmax is written out instead of fused",
    triggers=("exp(", "softmax("),
    pair=Pair("T50", 12.00, 4.00),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef p(x):\n    return torch.exp(x) / torch.exp(x).sum(-1, keepdim=True)\n",
            "import torch\n\ndef p(x):\n    return torch.softmax(x, -1)\n",
            call="p(torch.linspace(-3, 3, 50).reshape(5, 10))",
        ),
        Example(
            "import torch\n\ndef p(x):\n    e = torch.exp(x - x.max(dim=1, keepdim=True).values)\n"
            "    return e / e.sum(dim=1, keepdim=True)\n",
            "import torch\n\ndef p(x):\n    return torch.softmax(x, 1)\n",
            call="p(torch.linspace(-3, 3, 50).reshape(5, 10))",
        ),
        Example(
            "import torch\n\ndef p(x):\n    return torch.log(torch.softmax(x, dim=1))\n",
            "import torch\n\ndef p(x):\n    return torch.log_softmax(x, dim=1)\n",
            call="p(torch.linspace(-3, 3, 50).reshape(5, 10))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x):\n    return torch.exp(x) / torch.exp(x).sum()\n",
        "import torch\n\ndef f(x, y):\n    return torch.exp(x) / torch.exp(y).sum(-1, keepdim=True)\n",
        "import torch\n\ndef f(x):\n    e = torch.exp(x)\n    return e / e.sum(-1, keepdim=True), e\n",
        "import torch\n\ndef f(x):\n    return torch.exp(x) / torch.exp(x).sum(-1)\n",
        "import torch\n\ndef f(x):\n    return torch.exp(x) * torch.exp(x).sum(-1, keepdim=True)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Exponentials over their own sum, and logarithms of a softmax."""
    for call in facts.walk(ast.Call):
        inner = call.args[0] if len(call.args) == 1 and not call.keywords else None
        if inner is not None and patterns.is_call(facts, call, "torch.log") and isinstance(inner, ast.Call):
            name = facts.names.spell(
                (facts.names.dotted(inner.func) or "").replace("softmax", "log_softmax"), call
            )
            if patterns.is_call(facts, inner, *_SOFTMAX) and name is not None:
                start, end = facts.range(inner.func)
                rest = facts.text(inner)[end - start :]
                edits = facts.edits.replace(call, name + rest)
                yield RULE.site(facts, call, "the fused logarithm makes no probabilities", edits)
    for node in facts.walk(ast.BinOp):
        if not isinstance(node.op, ast.Div):
            continue
        total = patterns.method(node.right, "sum")
        given = patterns.arguments(total[1], "dim", "keepdim") if total else None
        name = facts.names.spell("torch.softmax", node)
        if total is None or given is None or name is None or not patterns.same(total[0], node.left):
            continue
        kept = given.get("keepdim")
        if set(given) != {"dim", "keepdim"} or not (isinstance(kept, ast.Constant) and kept.value is True):
            continue
        source, made = patterns.value_of(facts, node.left, (node.left, total[0]))
        subject = _logits(facts, source, given["dim"])
        if subject is not None:
            text = f"{name}({facts.text(subject)}, {facts.text(given['dim'])})"
            edits = facts.edits.replace(node, text) + (facts.edits.delete(made) if made else ())
            yield RULE.site(facts, node, "the fused softmax keeps its result alone", edits)


def _logits(facts: Facts, source: ast.expr, dim: ast.expr) -> ast.expr | None:
    """What the exponentials are of, without a maximum over the same axis that is taken off."""
    inner: ast.expr | None = None
    if isinstance(source, ast.Call) and patterns.is_call(facts, source, "torch.exp"):
        inner = source.args[0] if len(source.args) == 1 and not source.keywords else None
    elif (found := patterns.method(source, "exp")) is not None and not found[1].args:
        inner = found[0]
    if inner is None or not patterns.pure(facts, inner):
        return None
    if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
        return inner.left if _is_maximum(inner.right, inner.left, dim) else None
    return inner if patterns.plain(inner) else None


def _is_maximum(node: ast.expr, subject: ast.expr, dim: ast.expr) -> bool:
    if (isinstance(node, ast.Attribute) and node.attr == "values") or (
        isinstance(node, ast.Subscript) and patterns.number(node.slice) == 0
    ):
        node = node.value
    found = patterns.method(node, "max", "amax")
    given = patterns.arguments(found[1], "dim", "keepdim") if found else None
    if found is None or given is None or "dim" not in given or not patterns.same(found[0], subject):
        return False
    return patterns.same(given["dim"], dim) and "keepdim" in given
