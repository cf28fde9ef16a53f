"""SiLU and its relatives written out.

What it does
    Finds `x * torch.sigmoid(x)` and calls `F.silu`; `x * torch.tanh(F.softplus(x))` becomes
    `F.mish`.

Why it costs memory
    The gate is a tensor of its own that the backward pass keeps beside its input.

Example
    y = x * torch.sigmoid(x)

Use instead
    y = F.silu(x)

When it is safe
    For floating tensors. Results agree to rounding; integers, which the written-out form turns
    into floats, are an error in the fused one. Where the function compares the
    result with something, rounding may turn the answer: such places are left to a run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.facts.compared import is_compared
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_REASON = re.compile(r"(?i)export|onnx|\btrac|torchscript|pytorch|\bsilu\b|bf16|\bround")

RULE = Rule(
    code="MEM305",
    name="torch-manual-silu",
    trust=Trust.CLOSE,
    summary="SiLU or Mish is written out instead of fused",
    triggers=("sigmoid(", "softplus("),
    pair=Pair("T45", 16.01, 4.01),
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef act(x: torch.Tensor):\n"
            "    return x * torch.sigmoid(x)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef act(x: torch.Tensor):\n"
            "    return F.silu(x)\n",
            call="act(torch.linspace(-3, 3, 50))",
        ),
        Example(
            "import torch\n\ndef act(x, y):\n    return (x.sigmoid() * x) * y\n",
            "import torch\n\ndef act(x, y):\n    return torch.nn.functional.silu(x) * y\n",
            call="act(torch.linspace(-3, 3, 50), torch.ones(50))",
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef act(x):\n"
            "    return x * torch.tanh(F.softplus(x))\n",
            "import torch\nimport torch.nn.functional as F\n\ndef act(x):\n    return F.mish(x)\n",
            call="act(torch.linspace(-3, 3, 50))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x, y):\n    return y * torch.sigmoid(x)\n",
        "import torch\n\ndef f(x):\n    return x * torch.sigmoid(1.702 * x)\n",
        "import torch\n\ndef f(x):\n    return x + torch.sigmoid(x)\n",
        "import torch\n\ndef f(x):\n    g = torch.sigmoid(x)\n    return x * g, g\n",
        "from scipy.special import expit as sigmoid\n\ndef f(x):\n    return x * sigmoid(x)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Products of a tensor and a gate of the same tensor."""
    for node in facts.walk(ast.BinOp):
        if not isinstance(node.op, ast.Mult):
            continue
        for subject, gate in ((node.left, node.right), (node.right, node.left)):
            fused = _fused(facts, subject, gate)
            name = torch_use.functional(facts, fused, node) if fused else None
            if name is not None:
                yield RULE.site(
                    facts, node, f"the gate is a tensor that `{fused}` does without",
                    facts.edits.replace(node, f"{name}({facts.text(subject)})"),
                    certain=torch_use.is_tensor(facts, subject) and not _is_meant(facts, node)
                    and not is_compared(facts, node),
                )  # fmt: skip
                break


def _is_meant(facts: Facts, node: ast.AST) -> bool:
    """Whether the text around it gives a reason for the formula: an export, another version, other bits, or
    an option whose usual choice may be another."""
    if any(isinstance(n, (ast.If, ast.IfExp)) for n in facts.index.ancestors(node)):
        return True
    around = [n for n in facts.index.ancestors(node) if isinstance(n, (*DEFS, ast.ClassDef))]
    if not around:
        return False
    outer = around[-1]
    lines = facts.source.text.splitlines()
    first = min(n.lineno for n in (outer, *outer.decorator_list)) - 1
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    said = [ast.get_docstring(n) or "" for n in around]
    said += [line.partition("#")[2] for line in lines[first : outer.end_lineno]]
    return _REASON.search("\n".join(said)) is not None


def _fused(facts: Facts, subject: ast.expr, gate: ast.expr) -> str | None:
    if not patterns.plain(subject):
        return None
    if _applied(facts, gate, subject, "sigmoid"):
        return "silu"
    inner = gate.args[0] if isinstance(gate, ast.Call) and len(gate.args) == 1 else None
    if inner is not None and patterns.is_call(facts, gate, "torch.tanh", "torch.nn.functional.tanh"):
        is_softplus = patterns.is_call(facts, inner, "torch.nn.functional.softplus")
        if is_softplus and isinstance(inner, ast.Call) and not inner.keywords and len(inner.args) == 1:
            return "mish" if patterns.same(inner.args[0], subject) else None
    return None


def _applied(facts: Facts, gate: ast.expr, subject: ast.expr, name: str) -> bool:
    if patterns.is_call(facts, gate, f"torch.{name}", f"torch.nn.functional.{name}"):
        given = gate.args if isinstance(gate, ast.Call) and not gate.keywords else []
        return len(given) == 1 and patterns.same(given[0], subject)
    found = patterns.method(gate, name)
    return found is not None and not found[1].args and patterns.same(found[0], subject)
