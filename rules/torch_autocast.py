"""A training step in full precision.

What it does
    Finds the call of a module in a function that trains, and puts it under autocast, in which
    products of matrices and convolutions run in bfloat16.

Why it costs memory
    The activations of such layers are kept for the backward pass at half the size.

Example
    out = model(x)
    loss = criterion(out, y)

Use instead
    with torch.autocast(x.device.type, dtype=torch.bfloat16):
        out = model(x)
    loss = criterion(out, y)

When it is safe
    Where bfloat16 is precise enough: its numbers have three significant digits. It is a choice
    of precision, and never made for you.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, torch_use
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM350",
    name="torch-autocast",
    trust=Trust.PRECISION,
    summary="a training step runs in full precision",
    triggers=(".backward(",),
    pair=Pair("T19", 40.0, 26.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef sizes(model, x):\n    out = model(x)\n    out.sum().backward()\n"
            "    return out.shape[0]\n",
            "import torch\n\ndef sizes(model, x):\n"
            "    with torch.autocast(x.device.type, dtype=torch.bfloat16):\n"
            "        out = model(x)\n    out.sum().backward()\n    return out.shape[0]\n",
            call="sizes(torch.nn.Linear(3, 2), torch.eye(3))",
        ),
        Example(
            "import torch\nfrom torch import nn\n\ndef fit(net: nn.Module, batches):\n"
            "    steps = 0\n    for x in batches:\n        hidden = net(x)\n"
            "        hidden.sum().backward()\n        steps += 1\n    return steps\n",
            "import torch\nfrom torch import nn\n\ndef fit(net: nn.Module, batches):\n"
            "    steps = 0\n    for x in batches:\n"
            "        with torch.autocast(x.device.type, dtype=torch.bfloat16):\n"
            "            hidden = net(x)\n        hidden.sum().backward()\n        steps += 1\n"
            "    return steps\n",
            call="fit(torch.nn.Linear(3, 2), [torch.eye(3)])",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(model, x):\n    out = model(x)\n    return out\n",
        'import torch\n\ndef f(model, x):\n    with torch.autocast("cpu"):\n'
        "        out = model(x)\n    out.sum().backward()\n",
        "import torch\n\ndef f(model, x):\n    with torch.no_grad():\n        out = model(x)\n"
        "    out.sum().backward()\n",
        "import torch\n\ndef f(price, x):\n    out = price(x)\n    out.sum().backward()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Statements that call a module in a function that trains."""
    autocast, dtype = facts.names.spell("torch.autocast"), facts.names.spell("torch.bfloat16")
    if autocast is None or dtype is None or "autocast" in facts.source.text:
        return
    for stmt in facts.walk(ast.Assign):
        call, function = stmt.value, facts.function(stmt)
        if not isinstance(call, ast.Call) or not isinstance(function, DEFS) or not call.args:
            continue
        if not facts.grad.calls_backward(function) or facts.grad.disabled_at(stmt):
            continue
        known = torch_use.is_module_call(facts, call, function)
        if known is False or not isinstance(call.args[0], ast.Name):
            continue
        header = f"with {autocast}({call.args[0].id}.device.type, dtype={dtype}):"
        edits = facts.edits.wrap(stmt, stmt, header)
        if edits:
            yield RULE.site(facts, stmt, "activations can be kept at half the size", edits)
