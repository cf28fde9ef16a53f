"""Weights copied into a new module while their dictionary stays.

What it does
    Finds `model.load_state_dict(state)` on a module that the function has just made and does not
    train, and lets the module take the tensors of the dictionary themselves (`assign=True`).

Why it costs memory
    The module's own weights are as large as the dictionary, which its owner keeps.

Example
    model = Encoder()
    model.load_state_dict(state)
    return model(x)

Use instead
    model = Encoder()
    model.load_state_dict(dict(state), assign=True)
    return model(x)

When it is safe
    Neither the module nor the dictionary is written afterwards, since they are now the same
    tensors; types and devices of the dictionary are those the module should have; no optimizer
    holds the old weights. The copy of a dictionary that others have (of its entries, not its
    tensors) keeps PyTorch from leaving a mark in it. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS, DefNode
from codeopt.rule import Example, Pair, Rule

_WRITES = ("optim", "backward", "init", "half", "bfloat16", "double", "mul_", "copy_", "add_", "train")

RULE = Rule(
    code="MEM359",
    name="torch-state-copied",
    trust=Trust.EXACT,
    summary="weights are copied into a new module while their dictionary stays",
    triggers=("load_state_dict(",),
    pair=Pair("T20", 14.71, 8.39),
    search_only=True,
    examples=(
        Example(
            "import torch\nfrom torch import nn\n\ndef encode(state, x):\n    model = nn.Linear(3, 2)\n"
            "    model.load_state_dict(state)\n    with torch.no_grad():\n        return model(x)\n",
            "import torch\nfrom torch import nn\n\ndef encode(state, x):\n    model = nn.Linear(3, 2)\n"
            "    model.load_state_dict(dict(state), assign=True)\n    with torch.no_grad():\n"
            "        return model(x)\n",
            call="encode(torch.nn.Linear(3, 2).state_dict(), torch.ones(1, 3)).shape",
        ),
        Example(
            "import torch\n\ndef check(make, path, x):\n    net = make(4)\n    saved = torch.load(path)\n"
            '    net.load_state_dict(saved["net"], strict=False)\n    net.eval()\n'
            '    return net(x), saved["epoch"]\n',
            "import torch\n\ndef check(make, path, x):\n    net = make(4)\n    saved = torch.load(path)\n"
            '    net.load_state_dict(saved["net"], strict=False, assign=True)\n    net.eval()\n'
            '    return net(x), saved["epoch"]\n',
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(model, state):\n    model.load_state_dict(state)\n    return model\n",
        "import torch\n\ndef f(make, path):\n    model = make()\n"
        "    model.load_state_dict(torch.load(path))\n    return model\n",
        "import torch\n\ndef f(make, state, x):\n    model = make()\n    model.load_state_dict(state)\n"
        "    opt = torch.optim.SGD(model.parameters())\n    model(x).sum().backward()\n    opt.step()\n",
        "import torch\n\ndef f(make, model):\n    twin = make()\n"
        "    twin.load_state_dict(model.state_dict())\n    return twin\n",
        "import torch\n\ndef f(make, state):\n    opt = make()\n    opt.load_state_dict(state)\n"
        "    return opt.step()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Dictionaries loaded into modules of the function's own."""
    if facts.names.spell("torch") is None and facts.names.spell("torch.nn") is None:
        return
    for call in facts.walk(ast.Call):
        found, function = patterns.method(call, "load_state_dict"), facts.function(call)
        if found is None or len(call.args) != 1 or not isinstance(function, DEFS):
            continue
        if not patterns.builtin(facts, "dict") or {k.arg for k in call.keywords} - {"strict"}:
            continue
        if not _is_kept(facts, call.args[0]):
            continue
        module = found[0]
        if not isinstance(module, ast.Name) or not _made_here(facts, module, function):
            continue
        if not _is_called(facts, module, function) or _is_written(facts, function):
            continue
        edits = patterns.add_argument(facts, call, "assign=True")
        if _is_foreign(facts, call.args[0], function):
            edits += facts.edits.replace(call.args[0], f"dict({facts.text(call.args[0])})")
        yield RULE.site(facts, call, "the module can take the tensors themselves", edits)


def _is_kept(facts: Facts, state: ast.expr) -> bool:
    """Whether a dictionary has a name, or is a part of something that has."""
    while isinstance(state, ast.Subscript):
        state = state.value
    return patterns.plain(state)


def _is_foreign(facts: Facts, state: ast.expr, function: DefNode) -> bool:
    """Whether somebody else has a dictionary: assigning leaves a mark in what PyTorch notes beside it."""
    root = state
    while isinstance(root, (ast.Subscript, ast.Attribute)):
        root = root.value
    local = isinstance(root, ast.Name) and facts.names.home(root) is function
    return not local or (isinstance(root, ast.Name) and root.id in facts.flow(function).parameters)


def _made_here(facts: Facts, module: ast.Name, function: DefNode) -> bool:
    """Whether a name is bound once, to what a call makes."""
    bound = facts.names.bindings(module.id, function)
    stmt = facts.parent(bound[0]) if len(bound) == 1 and facts.names.home(module) is function else None
    return isinstance(stmt, ast.Assign) and isinstance(stmt.value, ast.Call) and len(stmt.targets) == 1


def _is_called(facts: Facts, module: ast.Name, function: DefNode) -> bool:
    """Whether a function calls a module itself: what it only hands out may be trained elsewhere."""
    calls = (n.func for n in facts.under(function) if isinstance(n, ast.Call))
    return any(isinstance(f, ast.Name) and f.id == module.id for f in calls)


def _is_written(facts: Facts, function: DefNode) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr in _WRITES for n in facts.under(function))
