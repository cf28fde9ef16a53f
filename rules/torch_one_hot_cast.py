"""A one-hot matrix of integers cast to floats.

What it does
    Finds `F.one_hot(labels, n).float()` and writes the ones into a matrix of zeros instead.

Why it costs memory
    `one_hot` always makes 64-bit integers: eight bytes a place beside the four of the result.

Example
    target = F.one_hot(labels, n).float()

Use instead
    target = torch.zeros(*labels.shape, n, device=labels.device).scatter_(-1, labels.unsqueeze(-1), 1)

When it is safe
    Labels lie between zero and `n`; both raise an error otherwise, with another text. That
    only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, library, patterns
from codeopt.rule import Example, Pair, Rule

_TYPES = library.words("float double half bool bfloat16")

RULE = Rule(
    code="MEM327",
    name="torch-one-hot-cast",
    trust=Trust.EXACT,
    summary="a one-hot matrix of integers is cast to floats",
    triggers=("one_hot(",),
    pair=Pair("T68", 24.0, 8.0),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef target(y):\n"
            "    return F.one_hot(y, 3).float()\n",
            "import torch\nimport torch.nn.functional as F\n\ndef target(y):\n"
            "    return torch.zeros(*y.shape, 3, dtype=torch.float, device=y.device).scatter_(-1, "
            "y.unsqueeze(-1), 1)\n",
            call="target(torch.tensor([2, 0, 1]))",
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef target(y, z):\n"
            "    return F.one_hot(y, num_classes=4).to(z.dtype)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef target(y, z):\n"
            "    return torch.zeros(*y.shape, 4, dtype=z.dtype, device=y.device).scatter_(-1, "
            "y.unsqueeze(-1), 1)\n",
            call="target(torch.tensor([2, 0, 1]), torch.eye(3))",
        ),
    ),
    counterexamples=(
        "import torch\nimport torch.nn.functional as F\n\ndef f(y):\n    return F.one_hot(y).float()\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(y):\n    return F.one_hot(y, 3)\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(y):\n    return F.one_hot(y, -1).float()\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(x):\n"
        "    return F.one_hot(x.argmax(1), 3).float()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Casts of one-hot matrices with a known number of classes."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "to", *_TYPES)
        zeros = facts.names.spell("torch.zeros", call)
        dtype = _dtype(facts, call)
        if found is None or zeros is None or dtype is None or call.keywords:
            continue
        if not patterns.is_call(facts, found[0], "torch.nn.functional.one_hot"):
            continue
        given = (
            patterns.arguments(found[0], "tensor", "num_classes") if isinstance(found[0], ast.Call) else None
        )
        if given is None or set(given) != {"tensor", "num_classes"} or not patterns.plain(given["tensor"]):
            continue
        if patterns.number(given["num_classes"]) == -1 or not patterns.pure(facts, given["num_classes"]):
            continue
        labels, count = facts.text(given["tensor"]), facts.text(given["num_classes"])
        text = (
            f"{zeros}(*{labels}.shape, {count}, dtype={dtype}, device={labels}.device)"
            f".scatter_(-1, {labels}.unsqueeze(-1), 1)"
        )
        edits = facts.edits.replace(call, text)
        yield RULE.site(facts, call, "the ones can be written in the final type", edits)


def _dtype(facts: Facts, call: ast.Call) -> str | None:
    """The type that a cast asks for, as the file spells it."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in _TYPES:
        return None if call.args else facts.names.spell(f"torch.{name}", call)
    if len(call.args) != 1:
        return None
    known = (facts.names.dotted(call.args[0]) or "").removeprefix("torch.") in _TYPES | {"float32", "float64"}
    of_other = isinstance(call.args[0], ast.Attribute) and call.args[0].attr == "dtype"
    return facts.text(call.args[0]) if known or of_other else None
