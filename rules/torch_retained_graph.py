"""A graph kept after its only backward pass.

What it does
    Finds `loss.backward(retain_graph=True)`, and the same with `torch.autograd.grad`, where the
    function has no other backward pass.

Why it costs memory
    The activations of the whole forward pass stay until the next one has made its own.

Example
    loss.backward(retain_graph=True)

Use instead
    loss.backward()

When it is safe
    No second backward pass goes through the same graph: not later, and not in the next turn of
    a loop through something made before it, such as a carried hidden state. Facts see one
    function only, so a run has to prove it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS, DefNode
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM307",
    name="torch-retained-graph",
    trust=Trust.EXACT,
    summary="a graph is kept after its only backward pass",
    triggers=("retain_graph",),
    pair=Pair("T15", 76.08, 44.07),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef step(model, x, opt):\n    loss = model(x).sum()\n    opt.zero_grad()\n"
            "    loss.backward(retain_graph=True)\n    opt.step()\n    return loss.item()\n",
            "import torch\n\ndef step(model, x, opt):\n    loss = model(x).sum()\n    opt.zero_grad()\n"
            "    loss.backward()\n    opt.step()\n    return loss.item()\n",
            call="(lambda m: step(m, torch.ones(2, 3), torch.optim.SGD(m.parameters(), "
            "0.1)) * 0)(torch.nn.Linear(3, 1))",
        ),
        Example(
            "import torch\n\ndef grad(x, w):\n    y = (x * x).sum()\n"
            "    y.backward(w, retain_graph=True)\n    return x.grad\n",
            "import torch\n\ndef grad(x, w):\n    y = (x * x).sum()\n    y.backward(w)\n    return x.grad\n",
            call="grad(torch.ones(3, requires_grad=True), torch.tensor(2.0))",
        ),
        Example(
            "import torch\n\ndef slope(x):\n    y = (x * x).sum()\n"
            "    return torch.autograd.grad(y, x, retain_graph=True)[0]\n",
            "import torch\n\ndef slope(x):\n    y = (x * x).sum()\n    return torch.autograd.grad(y, x)[0]\n",
            call="slope(torch.ones(3, requires_grad=True))",
        ),
    ),
    counterexamples=(
        "def f(a, b):\n    a.backward(retain_graph=True)\n    b.backward()\n",
        "def f(a):\n    a.backward()\n",
        "def f(a):\n    a.backward(retain_graph=True)\n    return a\n",
        "import torch\n\ndef f(a, p):\n    a.backward(retain_graph=True)\n"
        "    return torch.autograd.grad(a, p)\n",
        "def f(model, xs):\n    h = model.start()\n    for x in xs:\n        h = model(x, h)\n"
        "        loss = h.sum()\n        loss.backward(retain_graph=True)\n",
        "import torch\n\ndef f(y, x):\n    g = torch.autograd.grad(y, x, retain_graph=True)[0]\n"
        "    return g, torch.autograd.grad(y, x)\n",
        "def f(a, b, opt):\n    loss_a, loss_b = a.mean(), b.mean()\n    total = loss_a + loss_b\n"
        "    total.backward(retain_graph=True)\n    opt.step(loss_a * 2)\n",
        "def f(a, keep):\n    a.backward(retain_graph=keep)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The one backward pass of a function that keeps its graph."""
    for call in facts.walk(ast.Call):
        option = next((k for k in call.keywords if k.arg == "retain_graph"), None)
        loss = _loss(facts, call)
        if option is None or not isinstance(loss, ast.Name):
            continue
        if not (isinstance(option.value, ast.Constant) and option.value.value is True):
            continue
        if _only_one(facts, call) and not _lives_on(facts, loss):
            edit = _without(facts, call, option)
            yield RULE.site(facts, call, "no other backward pass is in sight", (edit,))


def _loss(facts: Facts, call: ast.Call) -> ast.expr | None:
    """What a backward pass starts from."""
    if patterns.is_call(facts, call, "torch.autograd.grad"):
        return call.args[0] if call.args else None
    found = patterns.method(call, "backward")
    return found[0] if found is not None else None


def _only_one(facts: Facts, call: ast.Call) -> bool:
    function = facts.function(call)
    passes = [
        n for n in ast.walk(function) if isinstance(n, ast.Attribute) and n.attr in ("backward", "autograd")
    ]
    asked = (
        call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr == "grad" else call.func
    )
    return isinstance(function, DEFS) and passes == [asked]


def _lives_on(facts: Facts, loss: ast.Name) -> bool:
    """Whether the loss is returned, or a loop around it carries a value that it may be made of."""
    function = facts.function(loss)
    for use in facts.names.uses(loss.id, function):
        parent = facts.parent(use)
        if isinstance(parent, (ast.Return, ast.Tuple, ast.List, ast.Yield)):
            return True
    if not isinstance(function, DEFS) or _shares(facts, loss, function):
        return True
    for loop in facts.loops.around(loss):
        bound = {n.id for s in loop.body for n in ast.walk(s)
                 if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}  # fmt: skip
        if any(facts.loops.carried(name, loop) for name in bound):
            return True
    return False


def _shares(facts: Facts, loss: ast.Name, function: DefNode) -> bool:
    """Whether a loss is made of another one that is read later: a sum with it may go back too."""
    stmt, flow = facts.statement(loss), facts.flow(function)
    made = [d.value for d in flow.definitions(loss.id, stmt) if isinstance(d, ast.Assign)]
    parts = {n.id for value in made for n in facts.under(value) if isinstance(n, ast.Name)} - {loss.id}
    return any("loss" in name.lower() for name in parts & flow.live_after(stmt))


def _without(facts: Facts, call: ast.Call, option: ast.keyword) -> Edit:
    """The edit that takes one keyword argument out, with the comma before or after it."""
    data = facts.source.data
    start, end = facts.range(option)
    before = data[:start].rstrip()
    if before.endswith(b","):
        return Edit(len(before) - 1, end, "")
    rest = data[end:].lstrip()
    if rest.startswith(b","):
        end = len(data) - len(rest[1:].lstrip())
    return Edit(start, end, "")
