"""Evaluation that builds an autograd graph nobody uses.

What it does
    Finds statements that call a module, let only plain numbers, indices or detached values out,
    and run with gradients on; puts them under `torch.no_grad()`.

Why it costs memory
    Every layer keeps its input for a backward pass that never comes.

Example
    for x, y in loader:
        correct += (model(x).argmax(1) == y).sum().item()

Use instead
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(1) == y).sum().item()

When it is safe
    Nothing that leaves the statements holds a graph and nothing inside asks for gradients.
    A few modules take a faster routine under `no_grad`, so floats agree to rounding. Where a
    callee is not known, or what looks like an evaluation returns its tensors, it is left to a run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, evaluation, patterns, torch_use
from codeopt.facts.index import DEFS, DefNode
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM301",
    name="torch-eval-grad",
    trust=Trust.CLOSE,
    summary="an evaluation builds an autograd graph that nobody uses",
    triggers=("torch",),
    pair=Pair("E01", 12.05, 5.02),
    examples=(
        Example(
            "import torch\n\ndef accuracy(model, loader):\n    model.eval()\n    correct = 0\n"
            "    for x, y in loader:\n        out = model(x)\n"
            "        correct += (out.argmax(1) == y).sum().item()\n    return correct\n",
            "import torch\n\ndef accuracy(model, loader):\n    model.eval()\n    correct = 0\n"
            "    with torch.no_grad():\n        for x, y in loader:\n            out = model(x)\n"
            "            correct += (out.argmax(1) == y).sum().item()\n    return correct\n",
            call="accuracy(torch.nn.Flatten(), [(torch.eye(3), torch.arange(3))])",
        ),
        Example(
            "import torch\nfrom torch import nn\n\ndef predict(net: nn.Module, x):\n    out = net(x)\n"
            "    _, label = torch.max(out, 1)\n    return label.cpu().numpy()\n",
            "import torch\nfrom torch import nn\n\ndef predict(net: nn.Module, x):\n"
            "    with torch.no_grad():\n"
            "        out = net(x)\n        _, label = torch.max(out, 1)\n    return label.cpu().numpy()\n",
            call="predict(nn.Identity(), torch.eye(3))",
        ),
        Example(
            "import torch\n\ndef embed(encoder, x):\n    # one vector a row\n    h = encoder(x)\n"
            "    return h / h.norm(dim=1, keepdim=True)\n",
            "import torch\n\ndef embed(encoder, x):\n    # one vector a row\n    with torch.no_grad():\n"
            "        h = encoder(x)\n        return h / h.norm(dim=1, keepdim=True)\n",
            call="embed(torch.nn.Flatten(), torch.eye(3))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(model, x):\n    return model(x)\n",
        "import torch\n\ndef f(model, x):\n    model.eval()\n    with torch.no_grad():\n"
        "        return model(x).argmax(1)\n",
        "import torch\n\n@torch.no_grad()\ndef f(model, x):\n    model.eval()\n"
        "    return model(x).argmax(1)\n",
        "import torch\n\ndef f(model, x, opt):\n    loss = model(x).sum()\n    loss.backward()\n"
        "    opt.step()\n    return loss.item()\n",
        "import torch\n\ndef f(model, xs, keep):\n    for x in xs:\n        keep.append(model(x))\n",
        "import torch\n\ndef f(model, x):\n    loss = model(x).sum()\n"
        "    print(loss.item())\n    return loss\n",
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def forward(self, x):\n"
        "        self.encoder.eval()\n        return self.head(self.encoder(x))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Runs of statements that call a module and let no graph out."""
    no_grad = facts.names.spell("torch.no_grad")
    if no_grad is None:
        return
    for function in facts.functions():
        calls = list(_calls(facts, function))
        if not calls or facts.grad.calls_backward(function) or evaluation.trains(function):
            continue
        # What runs a whole model from its own `forward` is run without gradients, or for them.
        known = all(sure for _, sure in calls) and function.name != "forward"
        if facts.deciding and not known:
            continue
        run = _run(facts, function, [call for call, _ in calls])
        region = torch_use.Region(facts, function, run) if run else None
        inside = region is not None and not region.leaks()
        if region is None or not inside:
            run = evaluation.to_the_end(facts, function, [call for call, _ in calls])
            if not run or not evaluation.looks_like_one(facts, function):
                continue
            region = torch_use.Region(facts, function, run)
        sure = inside and known and torch_use.understood(facts, function, region.run)
        # A function inside another may be called where gradients are off already.
        sure = sure and not any(isinstance(n, DEFS) for n in facts.index.ancestors(function))
        if facts.deciding and not sure:
            continue
        edits = facts.edits.wrap(region.run[0], region.run[-1], f"with {no_grad}():")
        if edits:
            yield RULE.site(
                facts, region.run[0], "nothing that leaves here needs a graph", edits, certain=sure
            )


def _calls(facts: Facts, function: DefNode) -> Iterator[tuple[ast.Call, bool]]:
    for node in facts.flow(function).own_nodes():
        if isinstance(node, ast.Call):
            known = torch_use.is_module_call(facts, node, function)
            if known is not False and not facts.grad.disabled_around(node):
                # A result that is dropped was asked for by a hook or an observer, which may keep it.
                used = not isinstance(facts.parent(node), ast.Expr)
                # A loss has no layers whose results a graph would keep.
                layers = not re.search("loss|criterion", facts.text(node.func).lower())
                yield node, known is True and used and layers and not _made_here(facts, node)


def _made_here(facts: Facts, call: ast.Call) -> bool:
    """Whether a function makes the module that it calls: a similarity or an activation, and no network."""
    made = patterns.bound(facts, call.func)
    values = [s.value for s in made if isinstance(s, ast.Assign) and isinstance(s.value, ast.Call)]
    return any((facts.names.dotted(v.func) or "").startswith("torch.nn.") for v in values)


def _run(facts: Facts, function: DefNode, calls: list[ast.Call]) -> list[ast.stmt]:
    """The shortest run of statements of one list that holds all calls and what reads their results."""
    chains = [[n for n in (c, *facts.index.ancestors(c)) if isinstance(n, ast.stmt)] for c in calls]
    block: list[ast.stmt] = function.body
    while True:
        tops = [next((s for s in chain if s in block), None) for chain in chains]
        if None in tops:
            return []
        places = [block.index(s) for s in tops if s is not None]
        first, last = min(places), max(places)
        only = block[first]
        if first != last or not isinstance(only, (ast.With, ast.If)):
            break
        inner = only.body if all(any(s in only.body for s in chain) for chain in chains) else []
        if not inner:
            break
        block = inner
    return _extended(facts, function, block, first, last)


def _extended(
    facts: Facts, function: DefNode, block: list[ast.stmt], first: int, last: int
) -> list[ast.stmt]:
    """A run made longer, statement by statement, until no graph leaves it."""
    if facts.deciding and not torch_use.understood(facts, function, block[first : last + 1]):
        return []
    region = torch_use.Region(facts, function, block[first : last + 1])
    for end in range(last, len(block)):
        if not region.other(block[first : end + 1]).leaks():
            return block[first : end + 1]
    return []
