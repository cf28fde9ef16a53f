"""Every block of a deep network kept for the backward pass.

What it does
    Finds `for block in self.blocks: x = block(x)` in the `forward` of a module and runs each
    block under a checkpoint while gradients are on.

Why it costs memory
    Each block keeps all activations inside it until the backward pass reaches it. Under a
    checkpoint it keeps its input alone and computes the rest again.

Example
    for block in self.blocks:
        x = block(x)

Use instead
    for block in self.blocks:
        x = torch.utils.checkpoint.checkpoint(block, x, use_reentrant=False)

When it is safe
    Blocks have no effects but their result: running statistics of a batch normalisation would
    be updated twice. The forward pass is computed twice. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use, training
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_CHECKPOINT = "torch.utils.checkpoint.checkpoint"

RULE = Rule(
    code="MEM342",
    name="torch-blocks-in-graph",
    trust=Trust.EXACT,
    summary="every block of a deep network is kept for the backward pass",
    triggers=(
        "nn.Module",
        "Module)",
    ),
    pair=Pair("T12", 48.0, 24.0),
    search_only=True,
    examples=(
        Example(
            "import torch\nfrom torch import nn\n\nclass Deep(nn.Module):\n"
            "    def __init__(self):\n        super().__init__()\n"
            "        self.blocks = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)])\n\n"
            "    def forward(self, x):\n        for block in self.blocks:\n"
            "            x = block(x)\n        return x\n",
            "import torch\nfrom torch import nn\nimport torch.utils.checkpoint\n\n"
            "class Deep(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.blocks = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)])\n\n"
            "    def forward(self, x):\n        for block in self.blocks:\n"
            "            x = torch.utils.checkpoint.checkpoint(block, x, use_reentrant=False) if "
            "torch.is_grad_enabled() else block(x)\n"
            "        return x\n",
            call="Deep()(torch.ones(2, 3)).shape[0]",
        ),
        Example(
            "import torch\nimport torch.utils.checkpoint\n\nclass Deep(torch.nn.Module):\n"
            "    def __init__(self):\n        super().__init__()\n"
            "        self.layers = torch.nn.ModuleList([torch.nn.Linear(3, 3)])\n\n"
            "    def forward(self, x):\n        for i, layer in enumerate(self.layers):\n"
            "            x = layer(x)\n        return x\n",
            "import torch\nimport torch.utils.checkpoint\n\nclass Deep(torch.nn.Module):\n"
            "    def __init__(self):\n        super().__init__()\n"
            "        self.layers = torch.nn.ModuleList([torch.nn.Linear(3, 3)])\n\n"
            "    def forward(self, x):\n        for i, layer in enumerate(self.layers):\n"
            "            x = torch.utils.checkpoint.checkpoint(layer, x, use_reentrant=False) if "
            "torch.is_grad_enabled() else layer(x)\n"
            "        return x\n",
            call="Deep()(torch.ones(2, 3)).shape[0]",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(blocks, x):\n    for block in blocks:\n        x = block(x)\n    return x\n",
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def forward(self, x):\n"
        "        for block in self.blocks:\n            x = x + block(self.y)\n"
        "        return x\n",
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def predict(self, x):\n"
        "        for block in self.blocks:\n            x = block(x)\n        return x\n",
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def forward(self, x):\n"
        "        for f in (torch.exp, torch.sin):\n            x = f(x)\n        return x\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Calls of the blocks of a module, one after the other."""
    for stmt in facts.walk(ast.Assign):
        call, loop, function = stmt.value, facts.parent(stmt), facts.function(stmt)
        if (
            not isinstance(call, ast.Call)
            or not isinstance(call.func, ast.Name)
            or not isinstance(loop, ast.For)
        ):
            continue
        if training.across_rows(facts):
            continue  # running statistics would see every batch twice
        forward = isinstance(function, DEFS) and function.name == "forward"
        if not forward or torch_use.module_class(facts, stmt) is None or not _is_chain(stmt, call):
            continue
        enabled = facts.names.spell("torch.is_grad_enabled", call)
        if enabled is None or not _over_blocks(facts, loop, call.func.id):
            continue
        given = ", ".join(facts.text(a) for a in call.args)
        kept = f"{_CHECKPOINT}({call.func.id}, {given}, use_reentrant=False)"
        edits = facts.edits.replace(call, f"{kept} if {enabled}() else {facts.text(call)}")
        yield RULE.site(
            facts, call, "a block can be computed again", edits,
            imports=("import torch.utils.checkpoint",),
        )  # fmt: skip


def _is_chain(stmt: ast.Assign, call: ast.Call) -> bool:
    """Whether a statement feeds a block with what it binds."""
    target = stmt.targets[0]
    first = call.args[0] if call.args else None
    plain = all(isinstance(a, (ast.Name, ast.Attribute)) for a in call.args) and not call.keywords
    same = isinstance(target, ast.Name) and isinstance(first, ast.Name) and target.id == first.id
    return len(stmt.targets) == 1 and same and plain


def _over_blocks(facts: Facts, loop: ast.For, name: str) -> bool:
    """Whether a loop takes its modules one by one from an attribute of `self`."""
    source, target = loop.iter, loop.target
    if patterns.is_call(facts, source, "builtins.enumerate") and isinstance(source, ast.Call) and source.args:
        source = source.args[0]
        target = target.elts[-1] if isinstance(target, ast.Tuple) and target.elts else target
    plain = isinstance(source, ast.Attribute) and patterns.plain(source)
    return plain and isinstance(target, ast.Name) and target.id == name
