"""A part of a network kept whole for the backward pass.

What it does
    Finds, in the `forward` of a module, the call of a part that is a module of several layers
    itself, by its class in the same file, and runs it under a checkpoint while gradients are on.

Why it costs memory
    The part keeps all its activations until the backward pass reaches it. Under a checkpoint it
    keeps its inputs alone and computes the rest again.

Example
    code = self.encoder(x)

Use instead
    code = torch.utils.checkpoint.checkpoint(self.encoder, x, use_reentrant=False)

When it is safe
    The part has no effects but its result: running statistics of a batch normalisation would be
    updated twice. Random numbers are drawn again from the same state. The part is computed
    twice. It helps only where more memory is needed later than the part itself takes: a run has
    to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use, training
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_CHECKPOINT = "torch.utils.checkpoint.checkpoint"
_SEVERAL = 3
_PARTS = (
    "class Part(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.up = nn.Linear(3, 9)\n        self.act = nn.Tanh()\n        self.down = nn.Linear(9, 3)\n\n"
    "    def forward(self, x):\n        return self.down(self.act(self.up(x)))\n\n"
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.part = Part()\n\n"
)

RULE = Rule(
    code="MEM366",
    name="torch-part-in-graph",
    trust=Trust.EXACT,
    summary="a part of a network is kept whole for the backward pass",
    triggers=("nn.Module", "Module)"),
    pair=Pair("T12", 48.0, 24.0),
    search_only=True,
    examples=(
        Example(
            "import torch\nfrom torch import nn\n\n" + _PARTS + "    def forward(self, x):\n"
            "        h = self.part(x)\n        return h.sum()\n",
            "import torch\nfrom torch import nn\nimport torch.utils.checkpoint\n\n"
            + _PARTS
            + "    def forward(self, x):\n"
            "        h = torch.utils.checkpoint.checkpoint(self.part, x, use_reentrant=False) "
            "if torch.is_grad_enabled() else self.part(x)\n        return h.sum()\n",
            call="Net()(torch.ones(2, 3)).shape",
        ),
        Example(
            "import torch\nimport torch.utils.checkpoint\nfrom torch import nn\n\n" + _PARTS
            + "    def forward(self, x):\n        return x + self.part(x * 2)\n",
            "import torch\nimport torch.utils.checkpoint\nfrom torch import nn\n\n" + _PARTS
            + "    def forward(self, x):\n"
            "        return x + (torch.utils.checkpoint.checkpoint(self.part, x * 2, use_reentrant=False) "
            "if torch.is_grad_enabled() else self.part(x * 2))\n",
            call="Net()(torch.ones(2, 3)).shape",
        ),
    ),
    counterexamples=(
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def __init__(self):\n"
        "        self.fc = nn.Linear(3, 3)\n\n    def forward(self, x):\n        return self.fc(x)\n",
        "import torch\nfrom torch import nn\n\n" + _PARTS + "    def predict(self, x):\n"
        "        return self.part(x)\n",
        "import torch\nfrom torch import nn\n\n" + _PARTS + "    @torch.no_grad()\n"
        "    def forward(self, x):\n        return self.part(x)\n",
        "import torch\nfrom torch import nn\n\n" + _PARTS.replace("nn.Tanh()", "nn.BatchNorm1d(9)")
        + "    def forward(self, x):\n        return self.part(x)\n",
        "import torch\nfrom torch import nn\n\n" + _PARTS + "    def forward(self, x, cache):\n"
        "        return self.part(x, past=cache)\n",
        "import torch\nfrom torch import nn\n\nclass One(nn.Module):\n    def __init__(self):\n"
        "        self.fc = nn.Linear(3, 3)\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        self.one = One()\n\n    def forward(self, x):\n        return self.one(x)\n",
    ),
)  # fmt: skip


def find(facts: Facts) -> Iterator[Site]:
    """Calls of a module's own parts that are large by their class."""
    enabled = facts.names.spell("torch.is_grad_enabled")
    if enabled is None or training.across_rows(facts):
        return  # running statistics would see every batch twice
    for call in facts.walk(ast.Call):
        function = facts.function(call)
        if not isinstance(function, DEFS) or function.name != "forward" or not call.args:
            continue
        if torch_use.module_class(facts, call) is None or facts.grad.disabled_around(call):
            continue
        if not _is_large(facts, torch_use.own_layer(facts, call.func)) or facts.loops.around(call):
            continue
        given = [*call.args, *(k.value for k in call.keywords)]
        starred = any(isinstance(a, ast.Starred) for a in call.args) or any(not k.arg for k in call.keywords)
        if starred or not all(patterns.pure(facts, g) for g in given) or "checkpoint" in facts.text(function):
            continue
        inputs = ", ".join([facts.text(n) for n in (*call.args, *call.keywords)])
        if "cache" in inputs or "past" in inputs:
            continue  # it would be written twice
        kept = f"{_CHECKPOINT}({facts.text(call.func)}, {inputs}, use_reentrant=False)"
        edits = facts.edits.replace(call, f"{kept} if {enabled}() else {facts.text(call)}")
        yield RULE.site(
            facts, call, "this part can be computed again", edits,
            imports=("import torch.utils.checkpoint",),
        )  # fmt: skip


def _is_large(facts: Facts, made: ast.Call | None) -> bool:
    """Whether a call makes a module of several layers, by the class of that name in this file."""
    if made is None or not isinstance(made.func, ast.Name):
        return False
    name = made.func.id
    found = next((n for n in facts.walk(ast.ClassDef) if n.name == name), None)
    if found is None or torch_use.module_class(facts, found.body[0]) is not found:
        return False
    stored = (n for n in facts.under(found) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
    layers = {n.attr for n in stored if torch_use.own_layer(facts, n) is not None}
    return len(layers) >= _SEVERAL
