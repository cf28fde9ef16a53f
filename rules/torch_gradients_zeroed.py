"""Gradients filled with zeros instead of dropped.

What it does
    Finds `zero_grad(set_to_none=False)` and leaves the argument out.

Why it costs memory
    Zeros take as much memory as gradients, all through the next forward pass.

Example
    optimizer.zero_grad(set_to_none=False)

Use instead
    optimizer.zero_grad()

When it is safe
    Nobody reads `.grad` before the next backward pass, and every parameter takes part in it: an
    optimizer steps over a parameter without a gradient, but decays one whose gradient is zero.
    A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM340",
    name="torch-gradients-zeroed",
    trust=Trust.EXACT,
    summary="gradients are filled with zeros instead of dropped",
    triggers=("set_to_none",),
    pair=Pair("T03", 40.0, 33.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef fit(model, x):\n"
            "    opt = torch.optim.SGD(model.parameters(), lr=0.1)\n    for _ in range(2):\n"
            "        opt.zero_grad(set_to_none=False)\n        loss = model(x).mean()\n"
            "        loss.backward()\n        opt.step()\n    return loss.item()\n",
            "import torch\n\ndef fit(model, x):\n"
            "    opt = torch.optim.SGD(model.parameters(), lr=0.1)\n    for _ in range(2):\n"
            "        opt.zero_grad()\n        loss = model(x).mean()\n        loss.backward()\n"
            "        opt.step()\n    return loss.item()\n",
            call="fit(torch.nn.Linear(3, 1), torch.eye(3)) * 0",
        ),
        Example(
            "import torch\n\ndef clear(model):\n    model.zero_grad(False)\n"
            "    model.zero_grad(set_to_none=False)\n",
            "import torch\n\ndef clear(model):\n    model.zero_grad(False)\n    model.zero_grad()\n",
            call="clear(torch.nn.Linear(3, 1))",
        ),
    ),
    counterexamples=(
        "def f(model):\n    model.zero_grad(set_to_none=True)\n",
        "def f(model, keep):\n    model.zero_grad(set_to_none=keep)\n",
        "def f(model):\n    model.zero_grad()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Calls of `zero_grad` that ask for zeros."""
    for call in facts.walk(ast.Call):
        if patterns.method(call, "zero_grad") is None or call.args or len(call.keywords) != 1:
            continue
        option = call.keywords[0]
        if option.arg != "set_to_none" or not isinstance(option.value, ast.Constant):
            continue
        if option.value.value is False:
            edits = (Edit(*facts.range(option), ""),)
            yield RULE.site(facts, call, "gradients can be dropped", edits)
