"""Cosine similarities of all pairs built by broadcasting.

What it does
    Finds `F.cosine_similarity(x.unsqueeze(1), y.unsqueeze(0), dim=-1)`, also with `None`, and
    multiplies the normalised rows.

Why it costs memory
    Both sides are written out for every pair and every axis, several times over.

Example
    table = F.cosine_similarity(x.unsqueeze(1), y.unsqueeze(0), dim=-1)

Use instead
    table = F.normalize(x, dim=-1) @ F.normalize(y, dim=-1).mT

When it is safe
    For floating tensors of two axes and rows that are not all but zero. Results agree to
    rounding. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.rule import Example, Pair, Rule

_NAMES = ("torch.nn.functional.cosine_similarity", "torch.cosine_similarity")

RULE = Rule(
    code="MEM346",
    name="torch-cosine-table",
    trust=Trust.CLOSE,
    summary="cosine similarities of all pairs are built by broadcasting",
    triggers=("cosine_similarity(",),
    pair=Pair("T77", 192.2, 1.1),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef table(x, y):\n"
            "    return F.cosine_similarity(x.unsqueeze(1), y.unsqueeze(0), dim=-1)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef table(x, y):\n"
            "    return F.normalize(x, dim=-1) @ F.normalize(y, dim=-1).mT\n",
            call="table(torch.eye(3), torch.ones(2, 3))",
        ),
        Example(
            "import torch\n\ndef table(x, y):\n"
            "    return torch.cosine_similarity(x[:, None], y[None], dim=2)\n",
            "import torch\n\ndef table(x, y):\n"
            "    return torch.nn.functional.normalize(x, dim=-1) @ torch.nn.functional.normalize(y, "
            "dim=-1).mT\n",
            call="table(torch.eye(3), torch.ones(2, 3))",
        ),
    ),
    counterexamples=(
        "import torch\nimport torch.nn.functional as F\n\ndef f(x, y):\n"
        "    return F.cosine_similarity(x, y, dim=-1)\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(x, y):\n"
        "    return F.cosine_similarity(x.unsqueeze(1), y.unsqueeze(1), dim=-1)\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(x, y):\n"
        "    return F.cosine_similarity(x.unsqueeze(1), y.unsqueeze(0), dim=1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Cosine similarities of a column of rows and a row of rows."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, *_NAMES):
            continue
        given = patterns.arguments(call, "x1", "x2", "dim")
        name = torch_use.functional(facts, "normalize", call)
        if given is None or set(given) != {"x1", "x2", "dim"} or name is None:
            continue
        rows, columns = _axis(given["x1"]), _axis(given["x2"])
        if rows is None or columns is None or patterns.number(given["dim"]) not in (-1, 2):
            continue
        if (rows[1], columns[1]) != (1, 0):
            continue
        first, second = (f"{name}({facts.text(e[0])}, dim=-1)" for e in (rows, columns))
        edits = facts.edits.replace(call, f"{first} @ {second}.mT")
        yield RULE.site(facts, call, "a product of the normalised rows is enough", edits)


def _axis(node: ast.expr) -> tuple[ast.expr, int] | None:
    """A tensor that gets an axis, and where."""
    found = patterns.method(node, "unsqueeze")
    if found is not None and len(found[1].args) == 1:
        axis = patterns.number(found[1].args[0])
        return (found[0], int(axis)) if axis in (0, 1) else None
    if not isinstance(node, ast.Subscript):
        return None
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    places = [n for n, p in enumerate(parts) if isinstance(p, ast.Constant) and p.value is None]
    others = all(isinstance(p, ast.Slice) for n, p in enumerate(parts) if n not in places)
    return (node.value, places[0]) if len(places) == 1 and others else None
