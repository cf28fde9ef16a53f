"""A tensor turned into a list to be summed up.

What it does
    Finds `sum(x.tolist())`, `max(x.tolist())` and `min(x.tolist())` of a tensor, and reduces
    the tensor.

Why it costs memory
    A list holds a pointer and a Python object for every number, ten times the tensor.

Example
    longest = max(lengths.tolist())

Use instead
    longest = lengths.max().item()

When it is safe
    For tensors of one axis, not empty, without NaN. Sums of floats are rounded in the tensor's
    own type; sums of integers are the same. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, tensors
from codeopt.rule import Example, Pair, Rule

_REDUCERS = ("builtins.sum", "builtins.max", "builtins.min")

RULE = Rule(
    code="MEM348",
    name="torch-list-then-reduce",
    trust=Trust.CLOSE,
    summary="a tensor is turned into a list to be reduced",
    triggers=("tolist()",),
    pair=Pair("X4", 40.0, 0.1),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef longest(lengths: torch.Tensor):\n    return max(lengths.tolist())\n",
            "import torch\n\ndef longest(lengths: torch.Tensor):\n    return lengths.max().item()\n",
            call="longest(torch.tensor([3, 1, 2]))",
        ),
        Example(
            "import torch\n\ndef total(x):\n    counts = torch.bincount(x)\n"
            "    return sum(counts.tolist())\n",
            "import torch\n\ndef total(x):\n    counts = torch.bincount(x)\n    return counts.sum().item()\n",
            call="total(torch.tensor([3, 1, 2]))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x: torch.Tensor):\n    return max(x.tolist(), key=abs)\n",
        "import torch\n\ndef f(x: torch.Tensor):\n    return sorted(x.tolist())\n",
        "import numpy as np\n\ndef f(x: np.ndarray):\n    return max(x.tolist())\n",
        "import torch\n\ndef f(x: torch.Tensor):\n    return max(x.tolist(), 0)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Built-in reductions of the list of a tensor."""
    for call in facts.walk(ast.Call):
        if len(call.args) != 1 or call.keywords or not patterns.is_call(facts, call, *_REDUCERS):
            continue
        found = patterns.method(call.args[0], "tolist")
        if found is None or found[1].args or not tensors.about(facts, found[0]):
            continue
        name = (facts.names.dotted(call.func) or "").rpartition(".")[2]
        text = f"{patterns.operand(facts, found[0])}.{name}().item()"
        yield RULE.site(facts, call, "the tensor can be reduced itself",
                        facts.edits.replace(call, text))  # fmt: skip
