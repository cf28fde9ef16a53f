"""GELU written out.

What it does
    Finds `0.5 * x * (1 + torch.erf(x / math.sqrt(2)))` and the `tanh` approximation, and calls
    `F.gelu`.

Why it costs memory
    Every factor on the way is a tensor that the backward pass keeps; the fused function keeps
    its input alone.

Example
    y = 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))

Use instead
    y = F.gelu(x)

When it is safe
    For floating tensors. Results agree to rounding; integers, which the written-out form turns
    into floats, are an error in the fused one. Where the function compares the
    result with something, rounding may turn the answer: such places are left to a run.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.facts.compared import is_compared
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM304",
    name="torch-manual-gelu",
    trust=Trust.CLOSE,
    summary="GELU is written out instead of fused",
    triggers=("erf(", "tanh("),
    pair=Pair("T26", 32.02, 8.04),
    examples=(
        Example(
            "import math\nimport torch\nimport torch.nn.functional as F\n\ndef act(x: torch.Tensor):\n"
            "    return x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))\n",
            "import math\nimport torch\nimport torch.nn.functional as F\n\ndef act(x: torch.Tensor):\n"
            "    return F.gelu(x)\n",
            call="act(torch.linspace(-3, 3, 50))",
        ),
        Example(
            "import math\nimport torch\n\ndef act(x):\n    return 0.5 * x * (1 + torch.tanh("
            "math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3))))\n",
            "import math\nimport torch\n\ndef act(x):\n"
            '    return torch.nn.functional.gelu(x, approximate="tanh")\n',
            call="act(torch.linspace(-3, 3, 50))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x):\n    return 0.5 * (1 + torch.erf(x / 1.4142135623730951))\n",
        "import torch\n\ndef f(x, y):\n    return 0.5 * y * (1 + torch.erf(x / 1.4142135623730951))\n",
        "import torch\n\ndef f(x):\n    return 0.5 * x * (1 + torch.erf(x / 2))\n",
        "import torch\n\ndef f(x):\n    return 0.5 * x * (1 - torch.erf(x / 1.4142135623730951))\n",
        "import numpy as np\n\ndef f(x):\n"
        "    return 0.5 * x * (1 + np.tanh(0.79788456 * (x + 0.044715 * x**3)))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Products of one half, a tensor and one plus its error function."""
    for node in facts.walk(ast.BinOp):
        outer = facts.parent(node)
        if not isinstance(node.op, ast.Mult) or (
            isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Mult)
        ):
            continue
        made: list[ast.Assign] = []
        found = _gelu(facts, node, made)
        name = torch_use.functional(facts, "gelu", node)
        if found is None or name is None:
            continue
        subject, approximate = found
        extra = ', approximate="tanh"' if approximate else ""
        yield RULE.site(
            facts, node, "the fused function keeps its input alone",
            [
                *facts.edits.replace(node, f"{name}({facts.text(subject)}{extra})"),
                *(e for stmt in made for e in facts.edits.delete(stmt)),
            ],
            # `approximate` is younger than the function.
            certain=not approximate and torch_use.is_tensor(facts, subject) and not is_compared(facts, node),
        )  # fmt: skip


def _gelu(facts: Facts, node: ast.BinOp, made: list[ast.Assign]) -> tuple[ast.expr, bool] | None:
    factors = patterns.factors(node)
    half = [f for f in factors if patterns.constant_value(facts, f) == 0.5]
    rest = [f for f in factors if f not in half]
    if len(half) != 1 or len(rest) != 2:
        return None
    for subject, gate in (rest, rest[::-1]):
        if not (isinstance(gate, ast.BinOp) and isinstance(gate.op, ast.Add) and patterns.plain(subject)):
            continue
        for one, call in ((gate.left, gate.right), (gate.right, gate.left)):
            if patterns.number(one) != 1 or not isinstance(call, ast.Call) or len(call.args) != 1:
                continue
            inner, stmt = patterns.value_of(facts, call.args[0], (call.args[0],))
            is_erf = patterns.is_call(facts, call, "torch.erf") and _is_scaled(facts, inner, subject)
            is_tanh = patterns.is_call(facts, call, "torch.tanh") and _is_cubic(facts, inner, subject)
            if is_erf or is_tanh:
                made += [stmt] if stmt is not None else []
                return subject, is_tanh
    return None


def _is_scaled(facts: Facts, node: ast.expr, subject: ast.expr) -> bool:
    """Whether a node is the subject over the square root of two."""
    if not isinstance(node, ast.BinOp) or not patterns.same(node.left, subject):
        return False
    value = patterns.constant_value(facts, node.right)
    wanted = {ast.Div: math.sqrt(2), ast.Mult: math.sqrt(0.5)}.get(type(node.op))
    return value is not None and wanted is not None and abs(value - wanted) < 1e-7


def _is_cubic(facts: Facts, node: ast.expr, subject: ast.expr) -> bool:
    """Whether a node is sqrt(2/pi) * (x + 0.044715 * x**3)."""
    parts = patterns.factors(node)
    if len(parts) != 2:
        return False
    for root, total in (parts, parts[::-1]):
        value = patterns.constant_value(facts, root)
        if value is None or abs(value - math.sqrt(2 / math.pi)) > 1e-7:
            continue
        if (
            isinstance(total, ast.BinOp)
            and isinstance(total.op, ast.Add)
            and patterns.same(total.left, subject)
        ):
            cubes = patterns.factors(total.right)
            bend = [c for c in cubes if patterns.constant_value(facts, c) == 0.044715]
            rest = [c for c in cubes if c not in bend]
            return len(bend) == 1 and _is_cube(facts, rest, subject)
    return False


def _is_cube(facts: Facts, parts: list[ast.expr], subject: ast.expr) -> bool:
    if len(parts) == 3:
        return all(patterns.same(p, subject) for p in parts)
    if len(parts) != 1:
        return False
    part = parts[0]
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow):
        return patterns.same(part.left, subject) and patterns.number(part.right) == 3
    if isinstance(part, ast.Call) and patterns.is_call(facts, part, "torch.pow") and len(part.args) == 2:
        return patterns.same(part.args[0], subject) and patterns.number(part.args[1]) == 3
    found = patterns.method(part, "pow")
    return found is not None and patterns.same(found[0], subject) and patterns.number(found[1].args[0]) == 3
