"""Probabilities made only to find the largest.

What it does
    Finds `F.softmax(z, dim=1).argmax(dim=1)` and `torch.argmax` of a softmax that nothing else
    reads, and takes the largest of the logits.

Why it costs memory
    The probabilities are a tensor as large as the logits.

Example
    label = F.softmax(logits, dim=1).argmax(dim=1)

Use instead
    label = logits.argmax(dim=1)

When it is safe
    The softmax rises with the logits, so the place of the largest is the same; where two round
    to one probability the first is found, which only a run can rule out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_SOFTMAX = tuple(f"torch.{p}{n}" for p in ("", "nn.functional.") for n in ("softmax", "log_softmax"))

RULE = Rule(
    code="MEM330",
    name="torch-softmax-then-argmax",
    trust=Trust.EXACT,
    summary="probabilities are made only to find the largest",
    triggers=("softmax(",),
    pair=Pair("T70", 4.0, 0.1),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef label(logits):\n"
            "    return F.softmax(logits, dim=1).argmax(dim=1)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef label(logits):\n"
            "    return logits.argmax(dim=1)\n",
            call="label(torch.eye(3))",
        ),
        Example(
            "import torch\n\ndef label(logits):\n    p = torch.softmax(logits, dim=-1)\n"
            "    return torch.argmax(p, dim=-1)\n",
            "import torch\n\ndef label(logits):\n    return torch.argmax(logits, dim=-1)\n",
            call="label(torch.eye(3))",
        ),
    ),
    counterexamples=(
        "import torch\nimport torch.nn.functional as F\n\ndef f(logits):\n"
        "    return F.softmax(logits, dim=0).argmax(dim=1)\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(logits):\n"
        "    p = F.softmax(logits, dim=1)\n    return p.argmax(dim=1), p\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(logits):\n"
        "    return F.softmax(logits, dim=1).argmax()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Places of the largest of a softmax over the same axis."""
    for call in facts.walk(ast.Call):
        if patterns.is_call(facts, call, "torch.argmax"):
            given = patterns.arguments(call, "input", "dim") or {}
            subject = given.pop("input", None)
        elif (found := patterns.method(call, "argmax")) is not None:
            subject, given = found[0], patterns.arguments(call, "dim") or {}
        else:
            continue
        axis = given.get("dim", given.get("axis"))
        if subject is None or axis is None:
            continue
        source, made = patterns.value_of(facts, subject, (subject,))
        logits = _logits(facts, source, axis)
        if logits is None:
            continue
        edits = facts.edits.replace(subject, facts.text(logits))
        edits += facts.edits.delete(made) if made is not None else ()
        yield RULE.site(facts, call, "the largest logit stands at the same place", edits)


def _logits(facts: Facts, node: ast.expr, axis: ast.expr) -> ast.expr | None:
    """What a softmax over an axis is taken of."""
    if not isinstance(node, ast.Call):
        return None
    if patterns.is_call(facts, node, *_SOFTMAX):
        given = patterns.arguments(node, "input", "dim") or {}
        subject = given.get("input")
    elif (found := patterns.method(node, "softmax", "log_softmax")) is not None:
        subject, given = found[0], patterns.arguments(node, "dim") or {}
    else:
        return None
    other = given.get("dim")
    return subject if other is not None and patterns.same(other, axis) else None
