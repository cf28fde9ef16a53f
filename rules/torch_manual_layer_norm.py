"""Layer normalisation written out.

What it does
    Finds `(x - mean) / torch.sqrt(var + eps)` over the last axis, with its mean and variance
    made by the statements before or in place, and calls `F.layer_norm`.

Why it costs memory
    The centred input, its square and the quotient are tensors of the full size that the
    backward pass keeps; the fused function keeps the input and two numbers a row.

Example
    mean = x.mean(-1, keepdim=True)
    var = x.var(-1, keepdim=True, unbiased=False)
    y = (x - mean) / torch.sqrt(var + 1e-5)

Use instead
    y = F.layer_norm(x, x.shape[-1:], eps=1e-5)

When it is safe
    For floating tensors, a population variance and an eps inside the root. Results agree to
    rounding; the fused result is always contiguous.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM308",
    name="torch-manual-layer-norm",
    trust=Trust.CLOSE,
    summary="layer normalisation is written out instead of fused",
    triggers=("sqrt(",),
    pair=Pair("T27", 24.02, 8.02),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef norm(x):\n"
            "    mean = x.mean(dim=-1, keepdim=True)\n"
            "    var = ((x - mean) ** 2).mean(dim=-1, keepdim=True)\n"
            "    y = (x - mean) / torch.sqrt(var + 1e-5)\n"
            "    return y * 2\n",
            "import torch\nimport torch.nn.functional as F\n\ndef norm(x):\n"
            "    y = F.layer_norm(x, x.shape[-1:], eps=1e-5)\n    return y * 2\n",
            call="norm(torch.arange(12.0).reshape(3, 4) ** 2)",
        ),
        Example(
            "import torch\n\ndef norm(x, w, eps):\n    mean = x.mean(-1, keepdim=True)\n"
            "    var = x.var(-1, keepdim=True, unbiased=False)\n"
            "    return w * ((x - mean) / (var + eps).sqrt())\n",
            "import torch\n\ndef norm(x, w, eps):\n"
            "    return w * torch.nn.functional.layer_norm(x, x.shape[-1:], eps=eps)\n",
            call="norm(torch.arange(12.0).reshape(3, 4) ** 2, 2.0, 1e-3)",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x):\n    m = x.mean(-1, keepdim=True)\n    v = x.var(-1, keepdim=True)\n"
        "    return (x - m) / torch.sqrt(v + 1e-5)\n",
        "import torch\n\ndef f(x):\n    m = x.mean(0, keepdim=True)\n"
        "    v = x.var(0, keepdim=True, unbiased=False)\n"
        "    return (x - m) / torch.sqrt(v + 1e-5)\n",
        "import torch\n\ndef f(x):\n    m = x.mean(-1, keepdim=True)\n"
        "    v = x.var(-1, keepdim=True, unbiased=False)\n"
        "    return (x - m) / (torch.sqrt(v) + 1e-5)\n",
        "import torch\n\ndef f(x):\n    m = x.mean(-1, keepdim=True)\n"
        "    v = x.var(-1, keepdim=True, unbiased=False)\n"
        "    return (x - m) / torch.sqrt(v + 1e-5), m\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Centred inputs over the root of their variance."""
    for node in facts.walk(ast.BinOp):
        name = torch_use.functional(facts, "layer_norm", node) if isinstance(node.op, ast.Div) else None
        centred = node.left
        root = _rooted(facts, node.right)
        if (
            name is None
            or root is None
            or not (isinstance(centred, ast.BinOp) and isinstance(centred.op, ast.Sub))
        ):
            continue
        if not (
            isinstance(root, ast.BinOp) and isinstance(root.op, ast.Add) and patterns.plain(centred.left)
        ):
            continue
        subject, mean, variance, eps = centred.left, centred.right, root.left, root.right
        spread, made = patterns.value_of(facts, variance, (variance,))
        others = [n for n in ast.walk(spread) if isinstance(n, ast.Name) and patterns.same(n, mean)]
        source, before = patterns.value_of(facts, mean, (mean, *others))
        if not _is_statistic(source, subject, "mean") or not _is_variance(spread, subject, mean):
            continue
        if not (patterns.plain(eps) or patterns.number(eps) is not None):
            continue
        text = f"{name}({facts.text(subject)}, {facts.text(subject)}.shape[-1:], eps={facts.text(eps)})"
        edits = list(facts.edits.replace(node, text))
        for stmt in (made, before):
            edits += facts.edits.delete(stmt) if stmt is not None else ()
        yield RULE.site(facts, node, "the fused function keeps two numbers a row", edits)


def _rooted(facts: Facts, node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Call) and patterns.is_call(facts, node, "torch.sqrt") and len(node.args) == 1:
        return node.args[0]
    found = patterns.method(node, "sqrt")
    return found[0] if found is not None and not found[1].args else None


def _is_statistic(node: ast.expr, subject: ast.expr, name: str) -> bool:
    found = patterns.method(node, name)
    given = patterns.arguments(found[1], "dim", "keepdim") if found else None
    if found is None or given is None or not patterns.same(found[0], subject):
        return False
    kept = given.get("keepdim")
    if (
        not isinstance(kept, ast.Constant)
        or kept.value is not True
        or patterns.number(given.get("dim")) != -1
    ):
        return False
    if name == "mean":
        return set(given) == {"dim", "keepdim"}
    biased = given.get("unbiased") or given.get("correction")
    return len(given) == 3 and isinstance(biased, ast.Constant) and not biased.value


def _is_variance(node: ast.expr, subject: ast.expr, mean: ast.expr) -> bool:
    if _is_statistic(node, subject, "var"):
        return True
    found = patterns.method(node, "mean")
    square = found[0] if found else None
    power = patterns.method(square, "pow")
    if power is not None and len(power[1].args) == 1:
        base, exponent = power[0], power[1].args[0]
    elif isinstance(square, ast.BinOp) and isinstance(square.op, ast.Pow):
        base, exponent = square.left, square.right
    else:
        return False
    centred = (
        isinstance(base, ast.BinOp) and isinstance(base.op, ast.Sub) and patterns.same(base.left, subject)
    )
    centred = centred and patterns.same(base.right, mean)  # type: ignore[attr-defined]
    return (
        centred
        and patterns.number(exponent) == 2
        and square is not None
        and _is_statistic(node, square, "mean")
    )
