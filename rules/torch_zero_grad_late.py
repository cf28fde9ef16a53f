"""Gradients of the last step kept through the next forward pass.

What it does
    Finds `optimizer.zero_grad()` between the forward and the backward pass of a loop's turn and
    moves it to the beginning of the turn.

Why it costs memory
    The old gradients, as large as all parameters, are alive beside the activations of the new
    forward pass.

Example
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()

Use instead
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()

When it is safe
    The forward pass neither reads nor adds to gradients and does not fail half-way; after the
    loop all is as before. That only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, library, patterns
from codeopt.rule import Example, Pair, Rule

_ASKS = library.words("backward step grad zero_grad")
_LEAVES = (ast.Continue, ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom)

RULE = Rule(
    code="MEM339",
    name="torch-zero-grad-late",
    trust=Trust.EXACT,
    summary="gradients of the last step are kept through the next forward pass",
    triggers=("zero_grad(",),
    pair=Pair("T02", 40.0, 33.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef fit(model, xs, optimizer):\n    total = 0.0\n    for x in xs:\n"
            "        loss = model(x).sum()\n        optimizer.zero_grad()\n"
            "        loss.backward()\n        optimizer.step()\n        total += loss.item()\n"
            "    return total\n",
            "import torch\n\ndef fit(model, xs, optimizer):\n    total = 0.0\n    for x in xs:\n"
            "        optimizer.zero_grad()\n        loss = model(x).sum()\n"
            "        loss.backward()\n        optimizer.step()\n        total += loss.item()\n"
            "    return total\n",
            call="fit(torch.nn.Linear(3, 1), torch.eye(3), torch.optim.SGD([torch.ones(1)])) * 0",
        ),
        Example(
            "import torch\n\ndef fit(model, x):\n"
            "    opt = torch.optim.SGD(model.parameters(), lr=0.1)\n    for _ in range(2):\n"
            "        y = model(x)\n        loss = y.mean()\n"
            "        opt.zero_grad(set_to_none=True)\n        loss.backward()\n        opt.step()\n"
            "    return loss.detach()\n",
            "import torch\n\ndef fit(model, x):\n"
            "    opt = torch.optim.SGD(model.parameters(), lr=0.1)\n    for _ in range(2):\n"
            "        opt.zero_grad(set_to_none=True)\n        y = model(x)\n"
            "        loss = y.mean()\n        loss.backward()\n        opt.step()\n"
            "    return loss.detach()\n",
            call="fit(torch.nn.Linear(3, 1), torch.eye(3)) * 0",
        ),
    ),
    counterexamples=(
        "def f(model, xs, opt):\n    for x in xs:\n        opt.zero_grad()\n"
        "        model(x).sum().backward()\n        opt.step()\n",
        "def f(model, xs, opt):\n    for x in xs:\n        loss = model(x).sum()\n"
        "        if x is None:\n            continue\n        opt.zero_grad()\n"
        "        loss.backward()\n",
        "def f(model, xs, opt):\n    for x in xs:\n        model(x).mean().backward()\n"
        "        loss = model(x).sum()\n        opt.zero_grad()\n        loss.backward()\n",
        "def f(model, x, opt):\n    loss = model(x).sum()\n"
        "    opt.zero_grad(set_to_none=False)\n    loss.backward()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Calls of `zero_grad` in the middle of a turn."""
    for call in facts.walk(ast.Call):
        found, stmt = patterns.method(call, "zero_grad"), facts.parent(call)
        if found is None or call.args or not isinstance(stmt, ast.Expr) or not patterns.plain(found[0]):
            continue
        loop = facts.parent(stmt)
        if not isinstance(loop, (ast.For, ast.While)) or stmt not in loop.body or not _to_none(call):
            continue
        place = loop.body.index(stmt)
        before, behind = loop.body[:place], loop.body[place + 1 :]
        if not before or not _backward_first(behind) or _in_the_way(facts, before, facts.text(found[0])):
            continue
        edits = [*facts.edits.delete(stmt), *facts.edits.insert_before(before[0], facts.text(call))]
        if len(edits) == 2:
            yield RULE.site(facts, call, "old gradients can go before the forward pass", edits)


def _to_none(call: ast.Call) -> bool:
    values = [k.value for k in call.keywords]
    return all(isinstance(v, ast.Constant) and v.value is True for v in values)


def _backward_first(behind: list[ast.stmt]) -> bool:
    """Whether the next statement starts the backward pass."""
    return bool(behind) and any(patterns.method(n, "backward") is not None for n in ast.walk(behind[0]))


def _in_the_way(facts: Facts, before: list[ast.stmt], optimizer: str) -> bool:
    """Whether what comes first asks for gradients, may leave the turn, or makes the optimizer."""
    calls = False
    for node in (n for stmt in before for n in facts.under(stmt)):
        if isinstance(node, _LEAVES) or (isinstance(node, ast.Attribute) and node.attr in _ASKS):
            return True
        stored = isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store)
        if stored and optimizer.split(".")[0] == facts.text(node):
            return True
        calls = calls or isinstance(node, ast.Call)
    return not calls
