"""Attention written out.

What it does
    Finds `softmax(q @ k.transpose(-2, -1) * scale) @ v`, in one statement or over several, with
    an optional mask, and calls `scaled_dot_product_attention`.

Why it costs memory
    The scores and the weights have a number for every pair of positions; the fused routine
    holds a tile of them at a time, in the backward pass too.

Example
    weights = torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(d), dim=-1)
    out = weights @ v

Use instead
    out = F.scaled_dot_product_attention(q, k, v, scale=1 / math.sqrt(d))

When it is safe
    The weights are read by nothing else, and a dropout on them is off or has rate zero: the
    fused routine draws its own random numbers. Results agree to rounding. A row that masks out
    every position is NaN when written out with `-inf` and zero in the fused routine. That needs
    a batch and a head axis to save memory, so the alternatives differ in the axes they add, and
    a run has to choose.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, attention, patterns
from codeopt.rule import Example, Pair, Rule

_FUSED = "torch.nn.functional.scaled_dot_product_attention"
_SHAPES = (("batch and heads", "", ""), ("batch only", ".unsqueeze(0)", ".squeeze(0)"))

RULE = Rule(
    code="MEM303",
    name="torch-manual-attention",
    trust=Trust.CLOSE,
    summary="attention is written out instead of fused",
    triggers=("softmax(", "Softmax("),
    pair=Pair("T05", 12.52, 2.52),
    search_only=True,
    examples=(
        Example(
            "import math\nimport torch\nimport torch.nn.functional as F\n\ndef attend(q, k, v):\n"
            "    return torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.size(-1)), dim=-1) @ v\n",
            "import math\nimport torch\nimport torch.nn.functional as F\n\ndef attend(q, k, v):\n"
            "    return F.scaled_dot_product_attention(q, k, v, "
            "scale=1 / math.sqrt(q.size(-1))).contiguous()\n",
            call="attend(*(torch.randn(1, 2, 5, 4, "
            "generator=torch.Generator().manual_seed(i)) for i in range(3)))",
            sites=2,
        ),
        Example(
            "import torch\nfrom torch.nn import functional as F\n\ndef attend(q, k, v, mask, scale):\n"
            "    scores = torch.matmul(q, k.transpose(-1, -2)) * scale\n"
            "    scores = scores.masked_fill(mask == 0, float('-inf'))\n"
            "    weights = F.softmax(scores, dim=-1)\n    out = torch.matmul(weights, v)\n"
            "    return out.transpose(1, 2).contiguous()\n",
            "import torch\nfrom torch.nn import functional as F\n\ndef attend(q, k, v, mask, scale):\n"
            "    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask != 0, scale=scale)\n"
            "    return out.transpose(1, 2).contiguous()\n",
            call="attend(*(torch.randn(1, 2, 5, 4, "
            "generator=torch.Generator().manual_seed(i)) for i in range(3)), "
            "torch.ones(5, 5).tril(), 0.5)",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(q, k, v):\n    w = torch.softmax(q @ k.transpose(-2, -1), dim=-1)\n"
        "    return w @ v, w\n",
        "import torch\n\ndef f(q, k, v):\n    return torch.softmax(q @ k.transpose(-2, -1), dim=0) @ v\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(q, k, v):\n"
        "    return F.dropout(torch.softmax(q @ k.transpose(-2, -1), dim=-1), 0.1) @ v\n",
        "import torch\n\ndef f(q, k, v):\n    return torch.softmax(q * k, dim=-1) @ v\n",
        "import torch\n\ndef f(x, w, v):\n    return torch.softmax(x @ w, dim=-1) @ v\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Products of a softmax over scaled scores with values."""
    for node in facts.walk(ast.BinOp, ast.Call):
        found = attention.match(facts, node)
        name = patterns.spell(facts, _FUSED, node)
        if found is None or (name is None and facts.names.spell("torch", node) is None):
            continue
        name = name or f"{facts.names.spell('torch', node)}.nn.functional.scaled_dot_product_attention"
        tail = "" if _moves_axes(facts, node) else ".contiguous()"
        for label, before, after in _SHAPES:
            arguments = [patterns.operand(facts, e) + before if before else facts.text(e)
                         for e in (found.query, found.key, found.value)]  # fmt: skip
            arguments += [f"attn_mask={found.mask}"] if found.mask else []
            arguments += [f"dropout_p={found.dropout}"] if found.dropout else []
            arguments += [f"scale={found.scale}"]
            edits: list[Edit] = list(
                facts.edits.replace(node, f"{name}({', '.join(arguments)}){after}{tail}")
            )
            for stmt in found.statements:
                edits += facts.edits.delete(stmt)
            yield RULE.site(
                facts, node, "the fused routine holds no table of all pairs", edits,
                group="axes", label=label,
            )  # fmt: skip


def _moves_axes(facts: Facts, node: ast.expr) -> bool:
    """Whether the result is only read through a transposition, which hides its memory order."""
    uses: list[ast.AST | None] = [facts.parent(node)]
    stmt = facts.parent(node)
    if isinstance(stmt, ast.Assign) and isinstance(stmt.targets[0], ast.Name) and len(stmt.targets) == 1:
        uses = [facts.parent(u) for u in facts.names.uses(stmt.targets[0].id, facts.function(node))]
    return bool(uses) and all(
        isinstance(u, ast.Attribute) and u.attr in ("transpose", "permute") for u in uses
    )
