"""A mask summed up.

What it does
    Finds `(a == b).sum()`, `torch.isnan(x).sum()` and the like over a whole mask, and counts
    with `torch.count_nonzero`. So with `.float().sum()` and `.float().mean()` of a mask.

Why it costs memory
    A sum of booleans is a sum of 64-bit integers: on a processor PyTorch first casts the whole
    mask to them, eight bytes for every one.

Example
    correct += (prediction == target).sum().item()

Use instead
    correct += torch.count_nonzero(prediction == target).item()

When it is safe
    For tensors of booleans, always, to the bit. Where the sides of a comparison may be arrays
    of another library, and for means and sums of floats, only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, tensors
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM319",
    name="torch-mask-summed",
    trust=Trust.EXACT,
    summary="a mask is cast to integers to be summed",
    triggers=(
        ".sum(",
        ".mean(",
        "torch.sum(",
    ),
    pair=Pair("T65", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef correct(scores, target):\n    holes = torch.isnan(scores).sum()\n"
            "    return (scores.argmax(dim=1) == target).sum().item(), holes\n",
            "import torch\n\ndef correct(scores, target):\n"
            "    holes = torch.count_nonzero(torch.isnan(scores))\n"
            "    return torch.count_nonzero(scores.argmax(dim=1) == target).item(), holes\n",
            call="correct(torch.eye(3), torch.tensor([0, 1, 1]))",
            sites=2,
        ),
        Example(
            "import torch\n\ndef holes(x: torch.Tensor):\n    return torch.sum((x > 0) & ~torch.isnan(x))\n",
            "import torch\n\ndef holes(x: torch.Tensor):\n"
            "    return torch.count_nonzero((x > 0) & ~torch.isnan(x))\n",
            call="holes(torch.eye(3))",
        ),
        Example(
            "import torch\n\ndef accuracy(prediction, target):\n"
            "    return torch.eq(prediction, target).float().sum() / 2\n",
            "import torch\n\ndef accuracy(prediction, target):\n"
            "    return torch.count_nonzero(torch.eq(prediction, target)).float() / 2\n",
            call="accuracy(torch.tensor([1, 2]), torch.tensor([1, 3]))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x, y):\n    return (x == y).sum(dim=1)\n",
        "import torch\n\ndef f(x):\n    return x.sum()\n",
        "import numpy as np\n\ndef f(x, y):\n    return (x == y).sum()\n",
        "import torch\nimport numpy as np\n\ndef f(x, y):\n    return (np.round(x) == y).sum()\n",
        "import torch\n\ndef f(x):\n    return (torch.isnan(x) + 1).sum()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums of whole masks."""
    for call in facts.walk(ast.Call):
        subject, reducer = _reduced(facts, call)
        name = facts.names.spell("torch.count_nonzero", call)
        if subject is None or name is None:
            continue
        cast = patterns.method(subject, "float")
        mask = cast[0] if cast is not None and not cast[1].args else subject
        known = tensors.is_mask(facts, mask)
        if known is False or (cast is None and reducer == "mean"):
            continue
        if known is None and not _about(facts, mask):
            continue
        text = _text(facts, mask, name, reducer, cast is not None)
        if text is None:
            continue
        yield RULE.site(
            facts, call, "a count needs no integers for the mask", facts.edits.replace(call, text),
            trust=Trust.EXACT if cast is None else Trust.CLOSE,
        )  # fmt: skip


def _reduced(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, str]:
    """What is summed or averaged over all of its axes."""
    if call.keywords:
        return None, ""
    if patterns.is_call(facts, call, "torch.sum", "torch.mean") and len(call.args) == 1:
        return call.args[0], (facts.names.dotted(call.func) or "").rpartition(".")[2]
    found = patterns.method(call, "sum", "mean")
    if found is None or call.args or facts.names.dotted(call.func) is not None:
        return None, ""
    return found[0], found[1].func.attr  # type: ignore[attr-defined]


def _text(facts: Facts, mask: ast.expr, name: str, reducer: str, cast: bool) -> str | None:
    if reducer == "sum":
        return f"{name}({facts.text(mask)})" + (".float()" if cast else "")
    if not patterns.can_hoist(facts, mask):
        return None
    hit = facts.names.fresh_name("hit", mask)
    return f"{name}({hit} := {facts.text(mask)}) / {hit}.numel()"


def _about(facts: Facts, mask: ast.expr) -> bool:
    sides = [s for s in facts.under(mask) if isinstance(s, (ast.Name, ast.Attribute)) and patterns.plain(s)]
    kinds = {patterns.kind(facts, s) for s in sides if isinstance(s, ast.expr)}
    return not kinds & {"ndarray", "frame", "series", "sparse", "list"} and tensors.about(facts, mask)
