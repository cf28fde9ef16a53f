"""A dense gradient for an embedding table.

What it does
    Finds `nn.Embedding(n, d)` in a file whose only optimizers take sparse gradients (`SGD`,
    `Adagrad`, `SparseAdam`), and asks for a sparse gradient.

Why it costs memory
    The gradient is a table as large as the embedding, nearly all of it zeros: a batch reads a
    few rows.

Example
    self.words = nn.Embedding(50000, 64)

Use instead
    self.words = nn.Embedding(50000, 64, sparse=True)

When it is safe
    The optimizer has neither momentum nor weight decay, which need every row, the table is not
    shared with another layer, and nobody reads `.grad` as a dense tensor. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_TAKE_SPARSE = ("torch.optim.SGD", "torch.optim.Adagrad", "torch.optim.SparseAdam")

RULE = Rule(
    code="MEM352",
    name="torch-dense-embedding",
    trust=Trust.CLOSE,
    summary="an embedding table gets a dense gradient",
    triggers=("Embedding(",),
    pair=Pair("T42", 10.8, 5.9),
    search_only=True,
    examples=(
        Example(
            "import torch\nfrom torch import nn\n\ndef fit(words):\n    torch.manual_seed(0)\n"
            "    table = nn.Embedding(50, 4)\n"
            "    optimizer = torch.optim.SGD(table.parameters(), lr=0.1)\n"
            "    table(words).sum().backward()\n    optimizer.step()\n"
            "    return table.weight.detach()\n",
            "import torch\nfrom torch import nn\n\ndef fit(words):\n    torch.manual_seed(0)\n"
            "    table = nn.Embedding(50, 4, sparse=True)\n"
            "    optimizer = torch.optim.SGD(table.parameters(), lr=0.1)\n"
            "    table(words).sum().backward()\n    optimizer.step()\n"
            "    return table.weight.detach()\n",
            call="float(fit(torch.tensor([1, 2])).sum())",
        ),
        Example(
            "import torch\n\ndef made(n):\n    return torch.nn.Embedding(n, 4)\n\n"
            "def trained(table):\n    return torch.optim.Adagrad(table.parameters())\n",
            "import torch\n\ndef made(n):\n    return torch.nn.Embedding(n, 4, sparse=True)\n\n"
            "def trained(table):\n    return torch.optim.Adagrad(table.parameters())\n",
            call="made(5).weight.shape[0]",
        ),
    ),
    counterexamples=(
        "import torch\nfrom torch import nn\n\ndef f(n):\n    table = nn.Embedding(n, 4)\n"
        "    return torch.optim.Adam(table.parameters())\n",
        "from torch import nn\n\ndef f(n):\n    return nn.Embedding(n, 4)\n",
        "import torch\nfrom torch import nn\n\ndef f(n):\n    table = nn.Embedding(n, 4)\n"
        "    return torch.optim.SGD(table.parameters(), lr=0.1, momentum=0.9)\n",
        "import torch\nfrom torch import nn\n\ndef f(n):\n"
        "    table = nn.Embedding(n, 4, sparse=True)\n"
        "    return torch.optim.SGD(table.parameters(), lr=0.1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Embeddings in files whose optimizers take sparse gradients."""
    if not _all_sparse(facts):
        return
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "torch.nn.Embedding") or len(call.args) < 2:
            continue
        if any(k.arg in ("sparse", "max_norm", None) for k in call.keywords) or len(call.args) > 3:
            continue
        edits = patterns.add_argument(facts, call, "sparse=True")
        yield RULE.site(facts, call, "a batch reads a few rows of the table", edits)


def _all_sparse(facts: Facts) -> bool:
    """Whether the file makes optimizers, and none that needs every row of a gradient."""
    made = [c for c in facts.walk(ast.Call) if (facts.names.dotted(c.func) or "").startswith("torch.optim.")]
    made = [c for c in made if ".lr_scheduler." not in (facts.names.dotted(c.func) or "")]
    dense = {"momentum", "weight_decay", "nesterov", None}
    return bool(made) and all(
        facts.names.dotted(c.func) in _TAKE_SPARSE and not dense & {k.arg for k in c.keywords} for c in made
    )
