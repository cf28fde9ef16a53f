"""A constant as large as the tensor it meets.

What it does
    Finds `torch.zeros_like(x)` and `ones_like` given to `torch.where`, `max`, `min`, `maximum`
    or `minimum` together with `x` itself, and gives a single number of the same type instead.

Why it costs memory
    The constant is a second tensor of the size of `x` that says one number.

Example
    kept = torch.where(mask, x, torch.zeros_like(x))

Use instead
    kept = torch.where(mask, x, x.new_zeros(()))

When it is safe
    Always: the number has the type and device of `x`, and `x` gives the shape. Names of
    statistics (`scale`, `min_val`) are left alone: they are too small to matter. Certain where `x`
    is seen to have two axes or more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, stages
from codeopt.rule import Example, Pair, Rule

_PAIRED = ("torch.max", "torch.min", "torch.maximum", "torch.minimum")
_MADE = ("torch.zeros_like", "torch.ones_like")
_SMALL = re.compile(
    r"(^|_)(min|max|scale|lr|count|denom|denominator|norm|std|var|sum|total|num|length|mean|loss|score|index|indices|idx|ids|lens|radius|radii)(_|$)"
)

RULE = Rule(
    code="MEM314",
    name="torch-like-operand",
    trust=Trust.EXACT,
    summary="a constant is as large as the tensor it meets",
    triggers=("_like(",),
    pair=Pair("T61", 8.0, 4.0),
    examples=(
        Example(
            "import torch\n\ndef kept(x, mask):\n    return torch.where(mask, x, torch.zeros_like(x))\n",
            "import torch\n\ndef kept(x, mask):\n    return torch.where(mask, x, x.new_zeros(()))\n",
            call="kept(torch.arange(6.0).reshape(2, 3), torch.tensor([True, False, True]))",
        ),
        Example(
            "import torch\n\ndef hinge(x):\n    return torch.max(torch.zeros_like(x), x)\n",
            "import torch\n\ndef hinge(x):\n    return torch.max(x.new_zeros(()), x)\n",
            call="hinge(torch.arange(-2.0, 3.0))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x, y, mask):\n    return torch.where(mask, y, torch.zeros_like(x))\n",
        "import torch\n\ndef f(x, mask):\n"
        "    return torch.where(mask, x, torch.zeros_like(x, dtype=torch.float64))\n",
        "import torch\n\ndef f(x):\n    return torch.cat([x, torch.zeros_like(x)])\n",
        "import numpy as np\n\ndef f(x, mask):\n    return np.where(mask, x, np.zeros_like(x))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Constants in the shape of the operand beside them."""
    for call in facts.walk(ast.Call):
        if patterns.is_call(facts, call, "torch.where") and len(call.args) == 3:
            sides = call.args[1:]
        elif patterns.is_call(facts, call, *_PAIRED) and len(call.args) == 2:
            sides = call.args
        else:
            continue
        if call.keywords:
            continue
        for constant, other in (sides, sides[::-1]):
            if not patterns.is_call(facts, constant, *_MADE) or not isinstance(constant, ast.Call):
                continue
            if len(constant.args) == 1 and not constant.keywords and patterns.same(constant.args[0], other):
                kind = "zeros" if facts.names.dotted(constant.func) == "torch.zeros_like" else "ones"
                if patterns.plain(other) and not _SMALL.search(facts.text(other).lower()):
                    table = facts.axes.is_table(other, facts.statement(call))
                    edits = facts.edits.replace(constant, f"{facts.text(other)}.new_{kind}(())")
                    yield RULE.site(
                        facts, constant, "one number says the same", edits,
                        certain=table and stages.is_last(facts, call),
                    )  # fmt: skip
