"""A cross-entropy of probabilities made for it.

What it does
    Finds `F.binary_cross_entropy(torch.sigmoid(z), y)` where nothing else reads the
    probabilities, and calls `binary_cross_entropy_with_logits`.

Why it costs memory
    The probabilities are a tensor of their own, kept for the backward pass.

Example
    loss = F.binary_cross_entropy(torch.sigmoid(z), y)

Use instead
    loss = F.binary_cross_entropy_with_logits(z, y)

When it is safe
    Results agree to rounding as long as probabilities are not rounded to zero or one: the
    plain routine cuts logarithms off at -100, the fused one stays right. It also accepts
    targets outside of zero to one. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM325",
    name="torch-sigmoid-then-bce",
    trust=Trust.CLOSE,
    summary="probabilities are made only for a cross-entropy",
    triggers=("binary_cross_entropy",),
    pair=Pair("T29", 16.0, 12.0),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef loss(z, y):\n"
            '    return F.binary_cross_entropy(torch.sigmoid(z), y, reduction="sum")\n',
            "import torch\nimport torch.nn.functional as F\n\ndef loss(z, y):\n"
            '    return F.binary_cross_entropy_with_logits(z, y, reduction="sum")\n',
            call="loss(torch.linspace(-3, 3, 6), torch.ones(6))",
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef loss(z, y):\n"
            "    p = z.sigmoid()\n    return F.binary_cross_entropy(p, y)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef loss(z, y):\n"
            "    return F.binary_cross_entropy_with_logits(z, y)\n",
            call="loss(torch.linspace(-3, 3, 6), torch.ones(6))",
        ),
    ),
    counterexamples=(
        "import torch\nimport torch.nn.functional as F\n\ndef f(z, y):\n"
        "    p = torch.sigmoid(z)\n    return F.binary_cross_entropy(p, y), p\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(p, y):\n"
        "    return F.binary_cross_entropy(p, y)\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(z, y):\n"
        "    return F.mse_loss(torch.sigmoid(z), y)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Cross-entropies of a sigmoid that they alone read."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "torch.nn.functional.binary_cross_entropy") or not call.args:
            continue
        name = torch_use.functional(facts, "binary_cross_entropy_with_logits", call)
        given = call.args[0]
        source, made = patterns.value_of(facts, given, (given,))
        logits = _logits(facts, source)
        if name is None or logits is None:
            continue
        edits = [*facts.edits.replace(call.func, name), *facts.edits.replace(given, facts.text(logits))]
        edits += facts.edits.delete(made) if made is not None else ()
        yield RULE.site(facts, call, "the fused loss needs no probabilities", edits)


def _logits(facts: Facts, node: ast.expr) -> ast.expr | None:
    """What a sigmoid is taken of."""
    if not isinstance(node, ast.Call) or node.keywords:
        return None
    if patterns.is_call(facts, node, "torch.sigmoid", "torch.nn.functional.sigmoid"):
        return node.args[0] if len(node.args) == 1 else None
    found = patterns.method(node, "sigmoid") if facts.names.dotted(node.func) is None else None
    return found[0] if found is not None and not node.args else None
