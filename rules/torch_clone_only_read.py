"""A clone that is only read.

What it does
    Finds `y = x.clone()` and `y = x.detach().clone()` where nothing in the function writes to
    the clone or lets it out, nor to the original while the clone is read, and leaves `.clone()` out.

Why it costs memory
    Original and clone are both alive.

Example
    before = weight.detach().clone()
    shift = (new - before).norm().item()

Use instead
    before = weight.detach()
    shift = (new - before).norm().item()

When it is safe
    Nobody writes to either while the clone is read: no optimizer, no callee, no in-place
    operation under another name. Static facts cannot show that, so every site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, copies, patterns
from codeopt.facts.copies import Fate
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM311",
    name="torch-clone-only-read",
    trust=Trust.CLOSE,
    summary="a clone is only read",
    triggers=(".clone(",),
    pair=Pair("T36", 4.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef energy(x):\n    y = x.clone()\n    return (y * y).sum().item()\n",
            "import torch\n\ndef energy(x):\n    y = x\n    return (y * y).sum().item()\n",
            call="energy(torch.arange(4.0))",
        ),
        Example(
            "import torch\n\ndef shift(x, move):\n    old = x.detach().clone()\n    new = move(x)\n"
            "    return (new - old).norm()\n",
            "import torch\n\ndef shift(x, move):\n    old = x.detach()\n    new = move(x)\n"
            "    return (new - old).norm()\n",
            call="shift(torch.arange(4.0), torch.exp)",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x):\n    y = x.clone()\n    y[0] = 0\n    return y.sum()\n",
        "import torch\n\ndef f(x):\n    y = x.clone()\n    x.add_(1)\n    return (x - y).sum()\n",
        "import torch\n\ndef f(x):\n    y = x.clone()\n    return y.view(-1)\n",
        "import torch\n\ndef f(x, loss, opt):\n    y = x.detach().clone()\n    loss(x).backward()\n"
        "    opt.step()\n    return (x - y).norm()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Clones that a name gets and that this function only reads."""
    for call in facts.walk(ast.Call):
        stmt, found = facts.parent(call), patterns.method(call, "clone")
        if found is None or call.args or call.keywords or not isinstance(stmt, ast.Assign):
            continue
        detached = patterns.method(found[0], "detach")
        source, function = detached[0] if detached else found[0], facts.function(call)
        if not isinstance(function, DEFS) or facts.grad.calls_backward(function):
            continue
        if copies.of_name(facts, stmt, source) <= Fate.PASSED:
            edits = facts.edits.replace(call, facts.text(found[0]))
            yield RULE.site(facts, call, "the clone is only read", edits)
