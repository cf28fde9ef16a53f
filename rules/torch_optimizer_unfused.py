"""An optimizer that makes temporaries of each parameter's size.

What it does
    Finds `torch.optim.Adam(...)` and `AdamW(...)` without a choice of implementation and asks
    for the fused one.

Why it costs memory
    A step computes the denominator and the update of each parameter in tensors of its size;
    with one large embedding or head these are the peak. The fused routine needs none.

Example
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

Use instead
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

When it is safe
    For floating parameters on devices that have the routine (processors and CUDA). Results
    agree to rounding. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_OPTIMIZERS = ("torch.optim.Adam", "torch.optim.AdamW")

RULE = Rule(
    code="MEM341",
    name="torch-optimizer-unfused",
    trust=Trust.CLOSE,
    summary="an optimizer makes temporaries of each parameter's size",
    triggers=("Adam",),
    pair=Pair("T17", 48.0, 32.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef fit(model):\n"
            "    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)\n"
            "    loss = model(torch.eye(3)).mean()\n    loss.backward()\n    optimizer.step()\n"
            "    return loss.detach()\n",
            "import torch\n\ndef fit(model):\n"
            "    optimizer = torch.optim.Adam(model.parameters(), lr=0.1, fused=True)\n"
            "    loss = model(torch.eye(3)).mean()\n    loss.backward()\n    optimizer.step()\n"
            "    return loss.detach()\n",
            call="fit(torch.nn.Linear(3, 1)) * 0",
        ),
        Example(
            "import torch\nfrom torch.optim import AdamW\n\ndef made(model):\n"
            "    return AdamW(model.parameters())\n",
            "import torch\nfrom torch.optim import AdamW\n\ndef made(model):\n"
            "    return AdamW(model.parameters(), fused=True)\n",
            call="len(made(torch.nn.Linear(3, 1)).param_groups)",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(p):\n    return torch.optim.Adam(p, foreach=True)\n",
        "import torch\n\ndef f(p, **options):\n    return torch.optim.Adam(p, **options)\n",
        "import torch\n\ndef f(p):\n    return torch.optim.SGD(p, lr=0.1)\n",
        "import torch\n\ndef f(p):\n    return torch.optim.Adam(p, differentiable=True)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Optimizers that are free to use their fused routine."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, *_OPTIMIZERS) or not call.args:
            continue
        options = {k.arg for k in call.keywords}
        if options & {"fused", "foreach", "capturable", "differentiable", None}:
            continue
        if any(isinstance(a, ast.Starred) for a in call.args):
            continue
        edits = patterns.add_argument(facts, call, "fused=True")
        yield RULE.site(facts, call, "the fused routine needs no temporaries", edits)
