"""A long run of layers kept whole for the backward pass.

What it does
    Finds, in the `forward` of a module, the call of its own `nn.Sequential` of many layers and
    runs it in checkpointed segments while gradients are on. Numbers of segments are alternatives.

Why it costs memory
    Every layer keeps what its backward pass needs. A checkpointed segment keeps its input alone
    and computes the rest again.

Example
    h = self.body(x)

Use instead
    h = torch.utils.checkpoint.checkpoint_sequential(self.body, 2, x, use_reentrant=False)

When it is safe
    Layers have no effects but their result: running statistics of a batch normalisation would
    be updated twice, and hooks of the sequence itself are not called. Random numbers are drawn
    again from the same state. All but the last segment are computed twice. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use, training
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_CHECKPOINT = "torch.utils.checkpoint.checkpoint_sequential"
_SEGMENTS = (2, 4)
_MANY = 5
_CLASS = (
    "class Deep(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.body = nn.Sequential(*[nn.Linear(3, 3) for _ in range(6)])\n\n"
)

RULE = Rule(
    code="MEM356",
    name="torch-sequential-in-graph",
    trust=Trust.EXACT,
    summary="a long run of layers is kept whole for the backward pass",
    triggers=("Sequential(",),
    pair=Pair("T12", 9.48, 6.36),
    search_only=True,
    examples=(
        Example(
            "import torch\nfrom torch import nn\n\n" + _CLASS + "    def forward(self, x):\n"
            "        return self.body(x).sum()\n",
            "import torch\nfrom torch import nn\nimport torch.utils.checkpoint\n\n"
            + _CLASS
            + "    def forward(self, x):\n"
            "        return (torch.utils.checkpoint.checkpoint_sequential(self.body, 2, x, "
            "use_reentrant=False) if torch.is_grad_enabled() else self.body(x)).sum()\n",
            call="Deep()(torch.ones(2, 3)).shape",
            sites=2,
        ),
        Example(
            "import torch\nimport torch.utils.checkpoint\nfrom torch import nn\n\n"
            + _CLASS
            + "    def forward(self, x):\n        h = self.body(x.float())\n        return h\n",
            "import torch\nimport torch.utils.checkpoint\nfrom torch import nn\n\n"
            + _CLASS
            + "    def forward(self, x):\n        h = torch.utils.checkpoint.checkpoint_sequential("
            "self.body, 2, x.float(), use_reentrant=False) if torch.is_grad_enabled() else "
            "self.body(x.float())\n        return h\n",
            call="Deep()(torch.ones(2, 3)).shape",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def __init__(self):\n"
        "        self.body = nn.Sequential(nn.Linear(3, 3), nn.Tanh())\n\n    def forward(self, x):\n"
        "        return self.body(x)\n",
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def __init__(self, body):\n"
        "        self.body = body\n\n    def forward(self, x):\n        return self.body(x)\n",
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def __init__(self, layers):\n"
        "        self.norm = nn.BatchNorm1d(3)\n        self.body = nn.Sequential(*layers)\n\n"
        "    def forward(self, x):\n        return self.body(x)\n",
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def __init__(self, layers):\n"
        "        self.body = nn.Sequential(*layers)\n\n    @torch.no_grad()\n    def predict(self, x):\n"
        "        return self.body(x)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Calls of a module's own sequences."""
    if training.across_rows(facts):
        return  # running statistics would see every batch twice
    enabled = facts.names.spell("torch.is_grad_enabled")
    for call in facts.walk(ast.Call):
        function = facts.function(call)
        forward = isinstance(function, DEFS) and function.name == "forward"
        if enabled is None or not forward or len(call.args) != 1 or call.keywords:
            continue
        if not _is_long(facts, torch_use.own_layer(facts, call.func)) or facts.loops.around(call):
            continue
        if not patterns.pure(facts, call.args[0]) or facts.grad.disabled_around(call):
            continue
        if "checkpoint" in facts.text(function):
            continue  # it has a switch of its own
        layers, given = facts.text(call.func), facts.text(call.args[0])
        for segments in _SEGMENTS:
            kept = f"{_CHECKPOINT}({layers}, {segments}, {given}, use_reentrant=False)"
            edits = facts.edits.replace(call, f"{kept} if {enabled}() else {facts.text(call)}")
            yield RULE.site(
                facts, call, "segments of the layers can be computed again", edits, group="segments",
                imports=("import torch.utils.checkpoint",), label=f"{segments} segments",
            )  # fmt: skip


def _is_long(facts: Facts, made: ast.Call | None) -> bool:
    """Whether a call makes a sequence of layers, and of more than a few where that is in sight."""
    if made is None or not patterns.is_call(facts, made, "torch.nn.Sequential"):
        return False
    unpacked = (a.value for a in made.args if isinstance(a, ast.Starred))
    return len(made.args) >= _MANY or any(isinstance(v, (ast.Name, ast.ListComp)) for v in unpacked)
