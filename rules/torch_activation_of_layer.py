"""An activation beside the layer output it is made of.

What it does
    Finds `F.relu(self.conv(x))` and the like (`torch.relu`, `leaky_relu`, `elu`, `relu6`,
    `hardtanh`), where the output of a layer has no name, and lets the activation overwrite it.

Why it costs memory
    The layer's output stays until the activation is finished: two tensors instead of one. It
    shows where gradients are off; with gradients on the backward pass costs more than both.

Example
    x = F.relu(self.conv(x))

Use instead
    x = F.relu(self.conv(x), inplace=True)

When it is safe
    The layer gives new memory that it does not need for its gradient: convolutions and linear
    layers do, an identity or a dropout in evaluation mode hands its input through. A run has
    to tell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_OPTION = tuple(f"torch.nn.functional.{n}" for n in ("relu", "leaky_relu", "elu", "relu6", "hardtanh"))
_LAYER = re.compile(r"conv|linear|fc|dense|proj|lin\d*$|norm|bn|layer\d*$|hidden")
_FUNCTIONS = tuple(f"torch.nn.functional.{n}" for n in ("linear", "conv1d", "conv2d", "conv3d", "batch_norm"))

RULE = Rule(
    code="MEM344",
    name="torch-activation-of-layer",
    trust=Trust.EXACT,
    summary="an activation stands beside the layer output it is made of",
    triggers=(
        "relu(",
        "elu(",
        "relu6(",
        "hardtanh(",
    ),
    pair=Pair("T76", 8.0, 4.0),
    search_only=True,
    examples=(
        Example(
            "import torch.nn.functional as F\nfrom torch import nn\nimport torch\n\n"
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.fc = nn.Linear(3, 3)\n\n    def forward(self, x):\n"
            "        return F.relu(self.fc(x))\n",
            "import torch.nn.functional as F\nfrom torch import nn\nimport torch\n\n"
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.fc = nn.Linear(3, 3)\n\n    def forward(self, x):\n"
            "        return F.relu(self.fc(x), inplace=True)\n",
            call="Net()(torch.ones(2, 3)).shape[0]",
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef act(x, w):\n"
            "    return torch.relu(F.linear(x, w)) + F.leaky_relu(F.linear(x, w), 0.2)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef act(x, w):\n"
            "    return torch.relu_(F.linear(x, w)) + F.leaky_relu(F.linear(x, w), 0.2, inplace=True)\n",
            call="act(torch.eye(3), torch.eye(3))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch.nn.functional as F\n\ndef f(x):\n    return F.relu(x)\n",
        "import torch.nn.functional as F\n\ndef f(self, x):\n    return F.relu(self.fc(x), inplace=True)\n",
        "import torch.nn.functional as F\n\ndef f(self, x):\n    return F.relu(self.dropout(x))\n",
        "import torch.nn.functional as F\n\ndef f(self, x):\n    return F.silu(self.fc(x))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Activations of what a layer has just made."""
    for call in facts.walk(ast.Call):
        plain = patterns.is_call(facts, call, "torch.relu")
        if not plain and not patterns.is_call(facts, call, *_OPTION):
            continue
        if not call.args or call.keywords or not _is_layer(facts, call.args[0]):
            continue
        if plain:
            name = facts.names.spell("torch.relu_", call)
            edits = facts.edits.replace(call.func, name) if name is not None else ()
        else:
            edits = patterns.add_argument(facts, call, "inplace=True")
        if edits:
            yield RULE.site(facts, call, "the layer's output can be overwritten", edits)


def _is_layer(facts: Facts, node: ast.expr) -> bool:
    """Whether a call is of what its name says is a layer with weights."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        own = node.func.value.id == "self" and _LAYER.search(node.func.attr.lower()) is not None
        return own or patterns.is_call(facts, node, *_FUNCTIONS)
    return patterns.is_call(facts, node, *_FUNCTIONS)
