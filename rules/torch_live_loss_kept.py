"""Losses kept alive with their graphs.

What it does
    Finds tensors appended to a list, or added to a running total, that never see a backward
    pass and end up as plain numbers, and stores them detached. Where the list or total leaves
    the function, only a run can tell whether a caller asks it for gradients.

Why it costs memory
    Every kept loss holds the graph of its whole forward pass: all activations of all batches.

Example
    losses.append(loss)
    ...
    return torch.stack(losses).mean().item()

Use instead
    losses.append(loss.detach())
    ...
    return torch.stack(losses).mean().item()

When it is safe
    The list or total is only read to make numbers. After a backward pass the graph is already
    empty and nothing is saved, so such losses are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS, DefNode
from codeopt.rule import Example, Pair, Rule

_NUMBERS = frozenset({"item", "tolist", "numpy", "detach"})
_THROUGH = frozenset({"mean", "sum", "std", "max", "min", "cpu", "double", "float", "sqrt", "median"})
_FOLDS = frozenset(
    {"torch.stack", "torch.tensor", "torch.cat", "torch.mean", "torch.sum", "builtins.sum", "torch.std"}
)
_ENDS = frozenset(
    {"builtins.float", "builtins.int", "builtins.len", "numpy.mean", "numpy.array", "builtins.print"}
)

RULE = Rule(
    code="MEM302",
    name="torch-live-loss-kept",
    trust=Trust.EXACT,
    summary="losses are kept alive with their graphs to become numbers",
    triggers=("torch",),
    pair=Pair("T01b", 68.22, 12.05),
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef mean_loss(model, batches):\n"
            "    losses = []\n"
            "    for x, y in batches:\n        loss = F.mse_loss(model(x), y)\n        losses.append(loss)\n"
            "    return torch.stack(losses).mean().item()\n",
            "import torch\nimport torch.nn.functional as F\n\ndef mean_loss(model, batches):\n"
            "    losses = []\n"
            "    for x, y in batches:\n        loss = F.mse_loss(model(x), y)\n"
            "        losses.append(loss.detach())\n"
            "    return torch.stack(losses).mean().item()\n",
            call="mean_loss(torch.nn.Identity(), [(torch.ones(3), torch.zeros(3))] * 2)",
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef mean_loss(model, batches):\n"
            "    total = 0.0\n"
            "    for x, y in batches:\n        total += F.mse_loss(model(x), y)\n"
            "    return float(total / len(batches))\n",
            "import torch\nimport torch.nn.functional as F\n\ndef mean_loss(model, batches):\n"
            "    total = 0.0\n"
            "    for x, y in batches:\n        total += F.mse_loss(model(x), y).detach()\n"
            "    return float(total / len(batches))\n",
            call="mean_loss(torch.nn.Identity(), [(torch.ones(3), torch.zeros(3))] * 2)",
        ),
        Example(
            "import torch\n\ndef mean_loss(criterion, batches):\n    total = 0.0\n"
            "    for x, y in batches:\n        loss = criterion(x, y)\n        total += loss\n"
            "    return total / len(batches)\n",
            "import torch\n\ndef mean_loss(criterion, batches):\n    total = 0.0\n"
            "    for x, y in batches:\n        loss = criterion(x, y)\n        total += loss.detach()\n"
            "    return total / len(batches)\n",
            call="mean_loss(torch.nn.MSELoss(), [(torch.ones(3), torch.zeros(3))] * 2)",
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef loss_of(model, x):\n"
            "    return F.mse_loss(model(x), x).mean()\n\ndef mean_loss(model, batches):\n    total = 0.0\n"
            "    for x in batches:\n        total += loss_of(model, x)\n    return float(total)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef loss_of(model, x):\n"
            "    return F.mse_loss(model(x), x).mean()\n\ndef mean_loss(model, batches):\n    total = 0.0\n"
            "    for x in batches:\n        total += loss_of(model, x).detach()\n    return float(total)\n",
            call="mean_loss(torch.nn.Identity(), [torch.ones(3)] * 2)",
        ),
    ),
    counterexamples=(
        "import torch\nfrom torch import nn\n\nclass Sum(nn.Module):\n    def forward(self, model, xs):\n"
        "        total = 0\n        for x in xs:\n            loss = model(x).mean()\n"
        "            total += loss\n        return total\n",
        "import torch\n\ndef f(model, xs):\n    total = 0\n    for x in xs:\n        loss = model(x).mean()\n"
        "        total += loss\n    total.backward()\n    return total.item()\n",
        "import torch\n\ndef f(model, xs):\n    losses = []\n    for x in xs:\n"
        "        loss = model(x).mean()\n"
        "        losses.append(loss.item())\n    return sum(losses)\n",
        "import torch\n\ndef f(model, xs):\n    losses = []\n    with torch.no_grad():\n"
        "        for x in xs:\n"
        "            loss = model(x).mean()\n            losses.append(loss)\n"
        "    return torch.stack(losses).mean().item()\n",
        "import torch\n\ndef step(model, x):\n    loss = model(x).mean()\n    loss.backward()\n"
        "    return loss.item()\n\ndef f(model, xs):\n    losses = []\n    for x in xs:\n"
        "        loss = step(model, x)\n        losses.append(loss)\n"
        "    return float(sum(losses))\n",
        "import torch\n\ndef f(xs):\n    total = 0\n    for x in xs:\n        total += x.score\n"
        "    return float(total)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Tensors that a loop keeps and that only numbers are made of."""
    for function in facts.functions():
        if facts.grad.calls_backward(function):
            continue
        for node in facts.flow(function).own_nodes():
            kept = _kept(node)
            if kept is None or not facts.loops.around(node) or facts.grad.disabled_around(node):
                continue
            holder, value = kept
            if facts.names.home(holder) is not function:
                continue
            inside = _only_numbers(facts, holder, function)
            if not inside and (facts.deciding or not _leaves(facts, holder, function)):
                continue
            tensor = _is_tensor(facts, value, function)
            if tensor is None:
                continue
            text = f"{patterns.operand(facts, value)}.detach()"
            yield RULE.site(
                facts, value, "the graph of every batch is kept for a number",
                facts.edits.replace(value, text), certain=tensor and inside,
            )  # fmt: skip


def _kept(node: ast.AST) -> tuple[ast.Name, ast.expr] | None:
    """The list or total that keeps a value, and the value."""
    found = patterns.method(node, "append")
    if found is not None and isinstance(found[0], ast.Name) and len(found[1].args) == 1:
        return found[0], found[1].args[0]
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name):
        return node.target, node.value
    return None


def _is_tensor(facts: Facts, value: ast.expr, function: DefNode) -> bool | None:
    """True for what is surely a loss tensor, False for what by its name may be one, None for others."""
    if isinstance(value, ast.Name) and facts.names.home(value) is function:
        made = facts.flow(function).definitions(value.id, facts.statement(value))
        values = [d.value for d in made if isinstance(d, ast.Assign)]
        kinds = {_made(facts, v) for v in values}
        if len(values) == len(made) and kinds == {"tensor"}:
            return True
        if kinds - {"tensor", None}:
            return None
        return False if "loss" in value.id.lower() and "list" not in value.id.lower() else None
    return True if _made(facts, value) == "tensor" else None


def _made(facts: Facts, value: ast.expr) -> str | None:
    """What kind of value an expression gives, where it is a loss of the library or a project's call."""
    if not isinstance(value, ast.Call):
        return None
    dotted = facts.names.dotted(value.func) or ""
    return "tensor" if dotted.startswith("torch.nn.functional.") else facts.inferred.kind(value)


def _only_numbers(facts: Facts, holder: ast.Name, function: DefNode) -> bool:
    """Whether every read of the holder, other than to add to it, ends as a plain number."""
    if holder.id in facts.flow(function).parameters:
        return False
    ends = False
    for use in facts.names.uses(holder.id, function):
        parent = facts.parent(use)
        if isinstance(parent, ast.Attribute) and parent.attr == "append":
            continue
        if not _becomes_number(facts, use):
            return False
        ends = True
    return ends and isinstance(function, DEFS)


def _leaves(facts: Facts, holder: ast.Name, function: DefNode) -> bool:
    """Whether the holder is the function's own and goes to a caller who may or may not want gradients."""
    flow = facts.flow(function)
    if function.name == "forward" or "train" in function.name or holder.id in flow.parameters | flow.captured:
        return False
    uses = [u for u in facts.names.uses(holder.id, function) if not facts.grad.disabled_around(u)]
    return any(isinstance(facts.statement(u), ast.Return) or _is_argument(facts, u) for u in uses)


def _is_argument(facts: Facts, use: ast.Name) -> bool:
    parent = facts.parent(use)
    return isinstance(parent, ast.Call) and use in parent.args and facts.names.dotted(parent.func) is None


def _becomes_number(facts: Facts, node: ast.AST) -> bool:
    parent = facts.parent(node)
    if isinstance(parent, ast.Attribute):
        call = facts.parent(parent)
        if not isinstance(call, ast.Call) or call.func is not parent:
            return False
        return parent.attr in _NUMBERS or (parent.attr in _THROUGH and _becomes_number(facts, call))
    if isinstance(parent, ast.BinOp):
        return _becomes_number(facts, parent)
    if isinstance(parent, ast.Call) and node in parent.args:
        dotted = facts.names.dotted(parent.func)
        return dotted in _ENDS or (dotted in _FOLDS and _becomes_number(facts, parent))
    return isinstance(parent, (ast.FormattedValue, ast.If, ast.Compare))
