"""Distances of all pairs built by broadcasting.

What it does
    Finds `((x[:, None] - y[None]) ** 2).sum(-1)`, also with `.sqrt()`, `torch.norm(..., dim=-1)`
    and `.abs().sum(-1)`, and calls `torch.cdist`.

Why it costs memory
    The differences have a number for every pair and every axis; the distances have one a pair.

Example
    squared = ((x[:, None] - y[None]) ** 2).sum(-1)

Use instead
    squared = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") ** 2

When it is safe
    For floating tensors of two axes. Without the product of matrices results agree to rounding;
    the gradient of a distance of zero is zero instead of NaN. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, tensors
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM345",
    name="torch-pairwise-distance",
    trust=Trust.CLOSE,
    summary="distances of all pairs are built by broadcasting",
    triggers=(
        "[:, None",
        "unsqueeze(1)",
    ),
    pair=Pair("T22", 44.0, 0.7),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef squared(x, y):\n    return ((x[:, None] - y[None]) ** 2).sum(-1)\n",
            "import torch\n\ndef squared(x, y):\n"
            '    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") ** 2\n',
            call="squared(torch.eye(3), torch.ones(2, 3))",
        ),
        Example(
            "import torch\n\ndef nearest(x, y):\n"
            "    d = torch.norm(x.unsqueeze(1) - y.unsqueeze(0), dim=2)\n"
            "    e = (x.unsqueeze(1) - y).abs().sum(dim=-1)\n    return d.argmin(1), e\n",
            "import torch\n\ndef nearest(x, y):\n"
            '    d = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")\n'
            "    e = torch.cdist(x, y, 1)\n    return d.argmin(1), e\n",
            call="nearest(torch.eye(3), torch.ones(2, 3))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x, y):\n    return (x[:, None] - y[None]).sum(-1)\n",
        "import torch\n\ndef f(x, y):\n    return ((x[:, None] - y[None]) ** 2).sum(0)\n",
        "import torch\n\ndef f(x, y):\n    return ((x[None] - y[None]) ** 2).sum(-1)\n",
        "import numpy as np\n\ndef f(x, y):\n    return ((x[:, None] - y[None]) ** 2).sum(-1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions over the last axis of differences of all pairs."""
    for call in facts.walk(ast.Call):
        difference, order = _reduced(facts, call)
        name = facts.names.spell("torch.cdist", call)
        if difference is None or name is None:
            continue
        source, made = patterns.value_of(facts, difference, (difference,))
        if not isinstance(source, ast.BinOp) or not isinstance(source.op, ast.Sub):
            continue
        rows, columns = _axis(source.left), _axis(source.right)
        if rows is None or rows[1] != 1 or not tensors.about(facts, rows[0]):
            continue
        if columns is None and not patterns.plain(source.right):
            continue
        if columns is not None and columns[1] != 0:
            continue
        other = columns[0] if columns is not None else source.right
        mode = "1" if order == 1 else 'compute_mode="donot_use_mm_for_euclid_dist"'
        text = f"{name}({facts.text(rows[0])}, {facts.text(other)}, {mode})" + (" ** 2" if order == 2 else "")
        edits = facts.edits.replace(call, text) + (facts.edits.delete(made) if made is not None else ())
        yield RULE.site(facts, call, "distances need no table of differences", edits)


def _reduced(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, int]:
    """The differences under a reduction, and what it makes of them: 1 and 2 for powers, 0 for a root."""
    if patterns.is_call(facts, call, "torch.norm", "torch.linalg.norm", "torch.linalg.vector_norm"):
        given = {k.arg: k.value for k in call.keywords}
        last = set(given) == {"dim"} and patterns.number(given["dim"]) in (-1, 2)
        return (call.args[0], 0) if len(call.args) == 1 and last else (None, 0)
    found = patterns.method(call, "sum", "norm")
    dims = patterns.arguments(call, "dim") if found is not None else None
    if found is None or not dims or set(dims) != {"dim"} or patterns.number(dims["dim"]) not in (-1, 2):
        if patterns.is_call(facts, call, "torch.sum"):
            dims = patterns.arguments(call, "input", "dim") or {}
            inner = dims.pop("input", None)
            if inner is not None and set(dims) == {"dim"} and patterns.number(dims["dim"]) in (-1, 2):
                return _powered(facts, inner)
        return None, 0
    if found[1].func.attr == "norm":  # type: ignore[attr-defined]
        named = any(k.arg == "dim" for k in call.keywords)
        return (found[0], 0) if named else (None, 0)
    return _powered(facts, found[0])


def _powered(facts: Facts, node: ast.expr) -> tuple[ast.expr | None, int]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and patterns.number(node.right) == 2:
        return node.left, 2
    if isinstance(node, ast.Call) and patterns.is_call(facts, node, "torch.abs", "torch.square"):
        return node.args[0], 1 if patterns.is_call(facts, node, "torch.abs") else 2
    found = patterns.method(node, "pow", "abs", "square")
    if found is None or not isinstance(node, ast.Call):
        return None, 0
    if patterns.method(node, "pow") is not None:
        return (found[0], 2) if len(node.args) == 1 and patterns.number(node.args[0]) == 2 else (None, 0)
    return (found[0], 1 if patterns.method(node, "abs") is not None else 2)


def _axis(node: ast.expr) -> tuple[ast.expr, int] | None:
    """A tensor that gets an axis, and where: `x[:, None]` and `x.unsqueeze(1)` give 1."""
    found = patterns.method(node, "unsqueeze")
    if found is not None and len(found[1].args) == 1 and patterns.plain(found[0]):
        axis = patterns.number(found[1].args[0])
        return (found[0], int(axis)) if axis in (0, 1) else None
    if not isinstance(node, ast.Subscript) or not patterns.plain(node.value):
        return None
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    places = [n for n, p in enumerate(parts) if isinstance(p, ast.Constant) and p.value is None]
    full = all(isinstance(p, ast.Slice) and not (p.lower or p.upper or p.step) for n, p in enumerate(parts)
               if n not in places)  # fmt: skip
    return (node.value, places[0]) if len(places) == 1 and full and len(parts) <= 3 else None
