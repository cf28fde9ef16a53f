"""One number of each row picked by a one-hot product.

What it does
    Finds `(scores * F.one_hot(labels, n)).sum(-1)` and gathers the numbers by index.

Why it costs memory
    The one-hot matrix takes eight bytes for every score, and the product is another table.

Example
    chosen = (values * F.one_hot(actions, n)).sum(1)

Use instead
    chosen = values.gather(1, actions.unsqueeze(1)).squeeze(1)

When it is safe
    Scores and labels have the same leading axes, and scores are finite: zero times an infinity
    is NaN in the product. That only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM326",
    name="torch-one-hot-select",
    trust=Trust.CLOSE,
    summary="one number of each row is picked by a one-hot product",
    triggers=("one_hot(",),
    pair=Pair("T67", 32.0, 0.1),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef chosen(values, actions):\n"
            "    return (values * F.one_hot(actions, 3)).sum(dim=1)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef chosen(values, actions):\n"
            "    return values.gather(1, actions.unsqueeze(1)).squeeze(1)\n",
            call="chosen(torch.eye(3), torch.tensor([2, 1, 1]))",
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef loss(scores, labels):\n"
            "    picked = F.one_hot(labels, scores.size(-1)).float()\n"
            "    return -torch.sum(F.log_softmax(scores, dim=-1) * picked, dim=-1).mean()\n",
            "import torch\nimport torch.nn.functional as F\n\ndef loss(scores, labels):\n"
            "    return -F.log_softmax(scores, dim=-1).gather(-1, "
            "labels.unsqueeze(-1)).squeeze(-1).mean()\n",
            call="loss(torch.eye(3), torch.tensor([2, 1, 1]))",
        ),
    ),
    counterexamples=(
        "import torch\nimport torch.nn.functional as F\n\ndef f(values, actions):\n"
        "    return (values * F.one_hot(actions, 3)).sum()\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(values, actions):\n"
        "    return (values + F.one_hot(actions, 3)).sum(dim=1)\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(values, actions):\n"
        "    hot = F.one_hot(actions, 3)\n    return (values * hot).sum(dim=1), hot\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(values, actions):\n"
        "    return (values * F.one_hot(actions, 3)).sum(dim=0)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums over the last axis of a product with a one-hot matrix."""
    for call in facts.walk(ast.Call):
        product, axis = _summed(facts, call)
        if (
            not isinstance(product, ast.BinOp)
            or not isinstance(product.op, ast.Mult)
            or axis not in (-1, 1, 2)
        ):
            continue
        for scores, hot in ((product.left, product.right), (product.right, product.left)):
            source, made = patterns.value_of(facts, hot, (hot,))
            labels = _labels(facts, source)
            if labels is None:
                continue
            picked = f"{patterns.operand(facts, labels)}.unsqueeze({axis})"
            text = f"{patterns.operand(facts, scores)}.gather({axis}, {picked}).squeeze({axis})"
            edits = facts.edits.replace(call, text) + (facts.edits.delete(made) if made is not None else ())
            yield RULE.site(facts, call, "the numbers can be gathered by index", edits)
            break


def _summed(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, int | float | None]:
    """What is summed over which axis."""
    if patterns.is_call(facts, call, "torch.sum"):
        given = patterns.arguments(call, "input", "dim") or {}
        subject = given.pop("input", None)
    elif (found := patterns.method(call, "sum")) is not None:
        subject, given = found[0], patterns.arguments(call, "dim") or {}
    else:
        return None, None
    axis = given.get("dim", given.get("axis"))
    return (subject, patterns.number(axis)) if len(given) == 1 else (None, None)


def _labels(facts: Facts, node: ast.expr) -> ast.expr | None:
    """The labels that a one-hot matrix is made of."""
    cast = patterns.method(node, "float", "double", "to", "type", "type_as")
    node = cast[0] if cast is not None else node
    if not isinstance(node, ast.Call) or not patterns.is_call(facts, node, "torch.nn.functional.one_hot"):
        return None
    return node.args[0] if node.args and patterns.pure(facts, node.args[0]) else None
