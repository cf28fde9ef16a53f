"""A selection of a tensor made only to be reduced.

What it does
    Finds `x[mask].sum()` and `x[mask].mean()` over a mask of the shape of `x`, and puts zeros in
    the place of what is left out.

Why it costs memory
    Selecting lists the position of every kept number, eight bytes for each axis, and then
    copies the numbers.

Example
    total = losses[mask].sum()

Use instead
    total = losses.masked_fill(~mask, 0).sum()

When it is safe
    For tensors of floating numbers and a mask of the same shape. Results agree to rounding.
    Shapes only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, tensors
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM328",
    name="torch-masked-sum",
    trust=Trust.CLOSE,
    summary="a selection is copied only to be reduced",
    triggers=(
        "].sum(",
        "].mean(",
    ),
    pair=Pair("T69", 10.0, 5.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef total(x):\n    return torch.log1p(x[x > 1].sum())\n",
            "import torch\n\ndef total(x):\n    return torch.log1p(x.masked_fill(~(x > 1), 0).sum())\n",
            call="total(torch.arange(6.0).reshape(2, 3))",
        ),
        Example(
            "import torch\n\ndef total(losses: torch.Tensor, mask: torch.Tensor):\n"
            "    return losses[mask].mean()\n",
            "import torch\n\ndef total(losses: torch.Tensor, mask: torch.Tensor):\n"
            "    return losses.masked_fill(~mask, 0).sum() / torch.count_nonzero(mask)\n",
            call="total(torch.arange(6.0).reshape(2, 3), torch.eye(2, 3) > 0)",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x: torch.Tensor, index):\n    return x[index].sum()\n",
        "import torch\n\ndef f(x: torch.Tensor, mask):\n    return x[mask].sum(0)\n",
        "import numpy as np\n\ndef f(x, mask):\n    return x[mask].sum()\n",
        "import torch\n\ndef f(x: torch.Tensor, mask):\n    return x[mask].max()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums and means of a selection by a mask."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "sum", "mean")
        if found is None or call.args or call.keywords or not isinstance(found[0], ast.Subscript):
            continue
        array, mask = found[0].value, found[0].slice
        if not patterns.plain(array) or not _is_mask(mask, array) or not tensors.about(facts, array):
            continue
        inverse = f"~{patterns.operand(facts, mask)}"
        text = f"{facts.text(array)}.masked_fill({inverse}, 0).sum()"
        if found[1].func.attr == "mean":  # type: ignore[attr-defined]
            count = facts.names.spell("torch.count_nonzero", call)
            if count is None or not patterns.pure(facts, mask):
                continue
            text += f" / {count}({facts.text(mask)})"
        yield RULE.site(facts, call, "the sum needs no list of positions",
                        facts.edits.replace(call, text))  # fmt: skip


def _is_mask(mask: ast.expr, array: ast.expr) -> bool:
    named = isinstance(mask, ast.Name) and ("mask" in mask.id.lower() or mask.id == "valid")
    return named or patterns.mask_of(mask, array)
