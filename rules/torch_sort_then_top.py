"""Everything sorted for the first few.

What it does
    Finds `x.sort(descending=True).values[:k]`, `torch.argsort(x)[:, :k]` and the like, and
    calls `topk`.

Why it costs memory
    Sorting makes a tensor of values and one of 64-bit positions, both as large as the first.

Example
    best = scores.argsort(descending=True)[:k]

Use instead
    best = torch.topk(scores, min(k, scores.size(-1))).indices

When it is safe
    For positions, where no two numbers are alike: which of equal ones comes first is not said.
    That only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, tensors
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM332",
    name="torch-sort-then-top",
    trust=Trust.EXACT,
    summary="everything is sorted for the first few",
    triggers=("sort(",),
    pair=Pair("T72", 12.0, 0.1),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef best(scores, k):\n    return scores.argsort(descending=True)[:k]\n",
            "import torch\n\ndef best(scores, k):\n"
            "    return torch.topk(scores, min(k, scores.size(-1))).indices\n",
            call="best(torch.arange(6.0), 2)",
        ),
        Example(
            "import torch\n\ndef best(scores, k):\n    return torch.sort(scores, dim=-1)[0][:, :k]\n",
            "import torch\n\ndef best(scores, k):\n"
            "    return torch.topk(scores, min(k, scores.size(-1)), dim=-1, largest=False).values\n",
            call="best(torch.arange(6.0).reshape(2, 3), 2)",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x):\n    return torch.sort(x)[0]\n",
        "import torch\n\ndef f(x, k):\n    return torch.sort(x)[0][-k:]\n",
        "import numpy as np\n\ndef f(x, k):\n    return np.argsort(x)[:k]\n",
        "import torch\n\ndef f(x, k):\n    return torch.argsort(x, stable=True)[:k]\n",
        "import torch\n\ndef f(x):\n    return torch.argsort(x)[()]\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The first few of a sorted tensor."""
    for first in facts.walk(ast.Subscript):
        count, rank = _first(facts, first)
        name = facts.names.spell("torch.topk", first)
        if count is None or name is None or not isinstance(first.ctx, ast.Load):
            continue
        call, part = _sorted(facts, first.value)
        if call is None:
            continue
        subject, given = _given(facts, call)
        if subject is None or given is None or not set(given) <= {"dim", "descending"}:
            continue
        axis = patterns.number(given["dim"]) if "dim" in given else -1
        if axis not in (-1, rank - 1) or not tensors.about(facts, call):
            continue
        order = given.get("descending")
        if order is not None and not isinstance(order, ast.Constant):
            continue
        if patterns.plain(subject):
            count = f"min({count}, {facts.text(subject)}.size(-1))"
        parts = [facts.text(subject), count] + ([f"dim={facts.text(given['dim'])}"] if "dim" in given else [])
        parts += [] if isinstance(order, ast.Constant) and order.value is True else ["largest=False"]
        edits = facts.edits.replace(first, f"{name}({', '.join(parts)}).{part}")
        yield RULE.site(facts, first, "the first few need no sorting of all", edits)


def _first(facts: Facts, node: ast.Subscript) -> tuple[str | None, int]:
    """How many are taken from the front of the last axis, and how many axes there are."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    last = parts[-1] if parts else None
    if not all(isinstance(p, ast.Slice) and not (p.lower or p.upper or p.step) for p in parts[:-1]):
        return None, 0
    if not isinstance(last, ast.Slice) or last.lower or last.step or last.upper is None:
        return None, 0
    negative = patterns.number(last.upper)
    if (negative is not None and negative < 0) or isinstance(last.upper, ast.UnaryOp):
        return None, 0
    return facts.text(last.upper), len(parts)


def _sorted(facts: Facts, node: ast.expr) -> tuple[ast.Call | None, str]:
    """The call that sorts, and whether its values or its positions are taken."""
    if isinstance(node, ast.Call):
        is_method = patterns.method(node, "argsort") is not None and facts.names.dotted(node.func) is None
        return (
            (node, "indices") if is_method or patterns.is_call(facts, node, "torch.argsort") else (None, "")
        )
    part = (
        {"values": "values", "indices": "indices"}.get(node.attr) if isinstance(node, ast.Attribute) else None
    )
    if isinstance(node, ast.Subscript):
        which = patterns.number(node.slice)
        part = "values" if which == 0 else "indices" if which == 1 else None
    call = node.value if isinstance(node, (ast.Subscript, ast.Attribute)) else None
    if part is None or not isinstance(call, ast.Call):
        return None, ""
    is_method = patterns.method(call, "sort") is not None and facts.names.dotted(call.func) is None
    return (call, part) if is_method or patterns.is_call(facts, call, "torch.sort") else (None, "")


def _given(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, dict[str, ast.expr] | None]:
    if facts.names.dotted(call.func) is not None:
        given = patterns.arguments(call, "input", "dim", "descending")
        return (given.pop("input", None), given) if given is not None else (None, None)
    found = patterns.method(call, "sort", "argsort")
    return (found[0] if found is not None else None), patterns.arguments(call, "dim", "descending")
