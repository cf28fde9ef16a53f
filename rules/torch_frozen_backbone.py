"""A network that is not trained, inside the graph of one that is.

What it does
    Finds, in a training function, the call of a module that is in evaluation mode and whose
    parameters no optimizer of the function was given, and puts it under `torch.no_grad()`.

Why it costs memory
    The backward pass goes through the frozen network too: its activations are kept, and a
    gradient is made for each of its parameters.

Example
    features = backbone(inputs)
    loss = criterion(head(features), labels)

Use instead
    with torch.no_grad():
        features = backbone(inputs)
    loss = criterion(head(features), labels)

When it is safe
    Nobody reads the gradients of the frozen parameters and its input needs none: not where a
    loss is sent back through the frozen network to what feeds it. That only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM309",
    name="torch-frozen-backbone",
    trust=Trust.EXACT,
    summary="a network that is not trained is part of the graph",
    triggers=(".backward(",),
    pair=Pair("T24", 24.08, 8.03),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef step(body, head, x, opt):\n    body.eval()\n    features = body(x)\n"
            "    loss = head(features).sum()\n    opt.zero_grad()\n    loss.backward()\n    opt.step()\n"
            "    return loss.item()\n",
            "import torch\n\ndef step(body, head, x, opt):\n    body.eval()\n    with torch.no_grad():\n"
            "        features = body(x)\n    loss = head(features).sum()\n    opt.zero_grad()\n"
            "    loss.backward()\n    opt.step()\n    return loss.item()\n",
            call="(lambda h: step(torch.nn.Flatten(), h, torch.zeros(2, 3), "
            "torch.optim.SGD(h.parameters(), 0.1)) * 0)"
            "(torch.nn.Linear(3, 1))",
        ),
        Example(
            "import torch\nfrom torch import nn\n\ndef fit(body, x):\n    body.eval()\n"
            "    head = nn.Linear(3, 1)\n    opt = torch.optim.SGD(head.parameters(), lr=0.1)\n"
            "    for _ in range(2):\n        z = body(x)\n        head(z).sum().backward()\n"
            "        opt.step()\n",
            "import torch\nfrom torch import nn\n\ndef fit(body, x):\n    body.eval()\n"
            "    head = nn.Linear(3, 1)\n    opt = torch.optim.SGD(head.parameters(), lr=0.1)\n"
            "    for _ in range(2):\n        with torch.no_grad():\n            z = body(x)\n"
            "        head(z).sum().backward()\n        opt.step()\n",
            call="fit(nn.Flatten(), torch.ones(2, 3))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(body, x, opt):\n    body.train()\n    y = body(x)\n    y.backward()\n",
        "import torch\n\ndef f(body, x):\n    opt = torch.optim.SGD(body.parameters())\n    body.eval()\n"
        "    y = body(x)\n    y.sum().backward()\n",
        "import torch\n\ndef f(body, x):\n    body.eval()\n    with torch.no_grad():\n        y = body(x)\n"
        "    y.backward()\n",
        "import torch\n\ndef f(body, x):\n    body.eval()\n    y = body(x)\n    return y\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Statements that only call a module which the function evaluates and does not train."""
    no_grad = facts.names.spell("torch.no_grad")
    if no_grad is None:
        return
    for stmt in facts.walk(ast.Assign):
        call = stmt.value
        function = facts.function(stmt)
        if (
            not isinstance(call, ast.Call)
            or not patterns.plain(call.func)
            or facts.grad.disabled_around(stmt)
        ):
            continue
        if not facts.grad.calls_backward(function) or not _frozen(function, call.func):
            continue
        if any(isinstance(t, (ast.Attribute, ast.Subscript)) for t in stmt.targets):
            continue
        edits = facts.edits.wrap(stmt, stmt, f"with {no_grad}():")
        if edits:
            yield RULE.site(facts, stmt, "this network is not trained here", edits)


def _frozen(function: ast.AST, module: ast.expr) -> bool:
    """Whether a function puts a module into evaluation mode and asks for none of its parameters."""
    evaluated = False
    for node in ast.walk(function):
        found = patterns.method(node, "eval", "train", "parameters", "named_parameters")
        if found is None or not patterns.same(found[0], module):
            continue
        if found[1].func.attr != "eval":  # type: ignore[attr-defined]
            return False
        evaluated = True
    return evaluated
