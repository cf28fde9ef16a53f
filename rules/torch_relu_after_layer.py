"""An activation module beside the layer output it is made of.

What it does
    Finds `nn.ReLU()` and its kin (`LeakyReLU`, `ELU`, `ReLU6`, `Hardtanh`) right after a linear,
    convolution or normalisation layer in one sequence, and lets it overwrite that layer's output.

Why it costs memory
    The layer's output stays until the activation is finished: two tensors of the widest layer
    instead of one. It shows where gradients are off and the widest layer is between narrow ones;
    in training the backward pass costs more than both.

Example
    nn.Sequential(nn.Linear(64, 1024), nn.ReLU(), nn.Linear(1024, 64))

Use instead
    nn.Sequential(nn.Linear(64, 1024), nn.ReLU(inplace=True), nn.Linear(1024, 64))

When it is safe
    Nobody else sees the layer's output, neither a hook nor who runs a part of the sequence. A
    run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_RELU = tuple(f"torch.nn.{n}" for n in ("ReLU", "LeakyReLU", "ELU", "ReLU6", "Hardtanh"))
_LAYERS = tuple(
    f"torch.nn.{n}"
    for n in (
        "Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "BatchNorm1d",
        "BatchNorm2d", "BatchNorm3d", "LayerNorm", "GroupNorm",
    )
)  # fmt: skip

RULE = Rule(
    code="MEM365",
    name="torch-relu-after-layer",
    trust=Trust.EXACT,
    summary="an activation module stands beside the layer output it is made of",
    triggers=("ReLU", "ELU(", "Hardtanh("),
    pair=Pair("T76", 16.78, 8.91),
    search_only=True,
    examples=(
        Example(
            "import torch\nfrom torch import nn\n\ndef made():\n"
            "    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2), nn.LeakyReLU(0.1))\n",
            "import torch\nfrom torch import nn\n\ndef made():\n"
            "    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(inplace=True), nn.Linear(8, 2), "
            "nn.LeakyReLU(0.1, inplace=True))\n",
            call="made()(torch.ones(1, 2)).shape",
            sites=2,
        ),
        Example(
            "import torch\n\ndef made(n):\n    layers = []\n    for _ in range(n):\n"
            "        layers += [torch.nn.Conv1d(1, 1, 1), torch.nn.BatchNorm1d(1), torch.nn.ELU()]\n"
            "    return torch.nn.Sequential(*layers)\n",
            "import torch\n\ndef made(n):\n    layers = []\n    for _ in range(n):\n"
            "        layers += [torch.nn.Conv1d(1, 1, 1), torch.nn.BatchNorm1d(1), "
            "torch.nn.ELU(inplace=True)]\n    return torch.nn.Sequential(*layers)\n",
            call="made(2)(torch.ones(2, 1, 3)).shape",
        ),
    ),
    counterexamples=(
        "from torch import nn\n\ndef f():\n    return nn.Sequential(nn.ReLU(), nn.Linear(2, 2))\n",
        "from torch import nn\n\ndef f():\n"
        "    return nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.ReLU())\n",
        "from torch import nn\n\ndef f():\n    return nn.Sequential(nn.Linear(2, 2), nn.ReLU(True))\n",
        "from torch import nn\n\ndef f():\n    return nn.Linear(2, 2), nn.ReLU()\n",
        "from torch import nn\n\ndef f(block):\n"
        "    return nn.Sequential(block, nn.ReLU()), nn.ModuleList([nn.Linear(2, 2), nn.ReLU()])\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Activations that follow a layer in a sequence."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, *_RELU) or any(
            k.arg in ("inplace", None) for k in call.keywords
        ):
            continue
        most = 0 if (facts.names.dotted(call.func) or "").endswith(("ReLU", "ReLU6")) else 1
        most = 1 if patterns.is_call(facts, call, "torch.nn.LeakyReLU") else most
        if len(call.args) > most or not _follows_layer(facts, call):
            continue
        edits = patterns.add_argument(facts, call, "inplace=True")
        yield RULE.site(facts, call, "the layer's output can be overwritten", edits)


def _follows_layer(facts: Facts, call: ast.Call) -> bool:
    """Whether a layer that makes new memory stands before an activation in the parts of a sequence."""
    parts = _parts(facts, facts.parent(call))
    place = parts.index(call) if call in parts else 0
    return place > 0 and patterns.is_call(facts, parts[place - 1], *_LAYERS)


def _parts(facts: Facts, around: ast.AST | None) -> list[ast.expr]:
    """The modules that a sequence is made of, or that are added to a list of layers."""
    if isinstance(around, ast.Call) and patterns.is_call(facts, around, "torch.nn.Sequential"):
        return around.args
    if not isinstance(around, ast.List):
        return []
    holder = facts.parent(around)
    star = facts.parent(holder) if isinstance(holder, ast.Starred) else None
    into = isinstance(star, ast.Call) and patterns.is_call(facts, star, "torch.nn.Sequential")
    extended = patterns.method(holder, "extend") is not None
    added = isinstance(holder, (ast.AugAssign, ast.Assign)) and "layers" in ast.unparse(
        holder.target if isinstance(holder, ast.AugAssign) else holder.targets[0]
    )
    return around.elts if into or extended or added else []
