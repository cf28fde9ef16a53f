"""Attention weights made for nobody.

What it does
    Finds calls of an `nn.MultiheadAttention` whose weights are dropped, as in
    `out, _ = self.attention(x, x, x)` or `self.attention(x, x, x)[0]`, and asks for none.

Why it costs memory
    Only where the weights are not wanted can the fused routine run: it never holds the table of
    all queries and all keys, and neither does its backward pass.

Example
    out, _ = self.attention(x, x, x)

Use instead
    out, _ = self.attention(x, x, x, need_weights=False)

When it is safe
    Results agree to rounding. Where a mask hides every key of a query, the table gives NaN and
    the fused routine zeros, so with a mask, or with hooks in the file, a run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM357",
    name="torch-attention-weights-unused",
    trust=Trust.CLOSE,
    summary="attention weights are made that nobody reads",
    triggers=("MultiheadAttention(",),
    pair=Pair("T44", 70.0, 6.0),
    search_only=True,
    examples=(
        Example(
            "import torch\nfrom torch import nn\n\nclass Block(nn.Module):\n    def __init__(self):\n"
            "        super().__init__()\n        torch.manual_seed(0)\n"
            "        self.attention = nn.MultiheadAttention(4, 2)\n\n    def forward(self, x):\n"
            "        out, _ = self.attention(x, x, x)\n        return x + out\n",
            "import torch\nfrom torch import nn\n\nclass Block(nn.Module):\n    def __init__(self):\n"
            "        super().__init__()\n        torch.manual_seed(0)\n"
            "        self.attention = nn.MultiheadAttention(4, 2)\n\n    def forward(self, x):\n"
            "        out, _ = self.attention(x, x, x, need_weights=False)\n        return x + out\n",
            call="Block()(torch.ones(3, 2, 4)).detach()",
        ),
        Example(
            "import torch\n\nclass Block(torch.nn.Module):\n    def __init__(self):\n"
            "        super().__init__()\n        torch.manual_seed(0)\n"
            "        self.mix = torch.nn.MultiheadAttention(4, 2)\n\n    def forward(self, x, mask=None):\n"
            "        return self.mix(x, x, x, attn_mask=mask)[0]\n",
            "import torch\n\nclass Block(torch.nn.Module):\n    def __init__(self):\n"
            "        super().__init__()\n        torch.manual_seed(0)\n"
            "        self.mix = torch.nn.MultiheadAttention(4, 2)\n\n    def forward(self, x, mask=None):\n"
            "        return self.mix(x, x, x, attn_mask=mask, need_weights=False)[0]\n",
            call="Block()(torch.ones(3, 2, 4)).detach()",
        ),
    ),
    counterexamples=(
        "from torch import nn\n\nclass A(nn.Module):\n    def __init__(self):\n"
        "        self.mix = nn.MultiheadAttention(4, 2)\n\n    def forward(self, x):\n"
        "        out, weights = self.mix(x, x, x)\n        return out, weights\n",
        "from torch import nn\n\nclass A(nn.Module):\n    def __init__(self):\n"
        "        self.mix = nn.MultiheadAttention(4, 2)\n\n    def forward(self, x):\n"
        "        return self.mix(x, x, x)\n",
        "from torch import nn\n\nclass A(nn.Module):\n    def __init__(self, mix=None):\n"
        "        self.mix = nn.MultiheadAttention(4, 2)\n        if mix is not None:\n"
        "            self.mix = mix\n\n    def forward(self, x):\n        return self.mix(x, x, x)[0]\n",
        "from torch import nn\n\nclass A(nn.Module):\n    def __init__(self):\n"
        "        self.mix = nn.MultiheadAttention(4, 2)\n\n    def forward(self, x, weights):\n"
        "        return self.mix(x, x, x, need_weights=weights)[0]\n",
        "from torch import nn\n\nclass A(nn.Module):\n    def __init__(self):\n"
        "        self.mix = nn.MultiheadAttention(4, 2)\n\n    def forward(self, x):\n"
        "        self.out, self.weights = self.mix(x, x, x)\n        return self.out\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Calls of attention layers of which only the first result is used."""
    for call in facts.walk(ast.Call):
        options = {k.arg for k in call.keywords}
        if len(call.args) > 4 or options & {"need_weights", "average_attn_weights", None}:
            continue
        if any(isinstance(a, ast.Starred) for a in call.args) or not _is_attention(facts, call.func):
            continue
        if _weights_dropped(facts, call):
            yield RULE.site(
                facts, call, "nobody reads the attention weights",
                patterns.add_argument(facts, call, "need_weights=False"),
            )  # fmt: skip


def _is_attention(facts: Facts, node: ast.expr) -> bool:
    made = torch_use.own_layer(facts, node)
    return made is not None and patterns.is_call(facts, made, "torch.nn.MultiheadAttention")


def _weights_dropped(facts: Facts, call: ast.Call) -> bool:
    """Whether the second of a call's two results is never read."""
    parent = facts.parent(call)
    if isinstance(parent, ast.Subscript):
        return parent.value is call and patterns.number(parent.slice) == 0
    function = facts.function(call)
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1 or not isinstance(function, DEFS):
        return False
    target = parent.targets[0]
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2 or not isinstance(target.elts[1], ast.Name):
        return False
    weights = target.elts[1]
    return facts.names.home(weights) is function and not any(
        parent in facts.flow(function).definitions(weights.id, facts.statement(use))
        for use in facts.names.uses(weights.id, function)
    )
