"""Positions collected only to be counted.

What it does
    Finds `len(torch.nonzero(mask))`, `mask.nonzero().size(0)` and
    `torch.where(mask)[0].numel()`, and counts instead.

Why it costs memory
    Every position takes eight bytes for each axis, beside a mask of one byte a place.

Example
    hits = mask.nonzero().size(0)

Use instead
    hits = int(torch.count_nonzero(mask))

When it is safe
    Always: both are the number of non-zero entries as a plain integer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM318",
    name="torch-count-by-index",
    trust=Trust.EXACT,
    summary="positions are collected only to be counted",
    triggers=(
        "nonzero",
        "torch.where(",
    ),
    pair=Pair("T64", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef hits(x):\n    return len(torch.nonzero(x > 2))\n",
            "import torch\n\ndef hits(x):\n    return int(torch.count_nonzero(x > 2))\n",
            call="hits(torch.arange(6).reshape(2, 3))",
        ),
        Example(
            "import torch\n\ndef hits(x):\n    return x.nonzero().size(0) / torch.where(x > 1)[0].numel()\n",
            "import torch\n\ndef hits(x):\n"
            "    return int(torch.count_nonzero(x)) / int(torch.count_nonzero(x > 1))\n",
            call="hits(torch.arange(6).reshape(2, 3))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x):\n    return torch.nonzero(x).numel()\n",
        "import torch\n\ndef f(x):\n    return len(torch.where(x, x, 0)[0])\n",
        "import torch\n\ndef f(x):\n    return torch.nonzero(x)[0]\n",
        "import torch\n\ndef f(x):\n    return x.nonzero().size(1)\n",
        "import torch\n\ndef f(x):\n    return len(x.nonzero())\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lengths of tensors of positions."""
    for call in facts.walk(ast.Call):
        subject, column = _positions(facts, call)
        count = facts.names.spell("torch.count_nonzero", call)
        if subject is None or count is None:
            continue
        whole = _counted(facts, call, column, sure=facts.names.dotted(call.func) is not None)
        if whole is not None:
            edits = facts.edits.replace(whole, f"int({count}({facts.text(subject)}))")
            yield RULE.site(facts, whole, "counting needs no positions", edits)


def _positions(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, bool]:
    """What positions are taken of, and whether they come as one tensor for each axis."""
    tuples = any(
        k.arg == "as_tuple" and isinstance(k.value, ast.Constant) and k.value.value is True
        for k in call.keywords
    )
    if any(k.arg != "as_tuple" for k in call.keywords) or (call.keywords and not tuples):
        return None, False
    dotted = facts.names.dotted(call.func)
    if dotted in ("torch.nonzero", "torch.where") and len(call.args) == 1:
        return call.args[0], tuples or dotted == "torch.where"
    found = patterns.method(call, "nonzero") if dotted is None else None
    return (found[0], tuples) if found is not None and not call.args else (None, False)


def _counted(facts: Facts, call: ast.Call, column: bool, *, sure: bool) -> ast.expr | None:
    """The expression around positions that says how many there are."""
    node: ast.AST = call
    if column:
        parent = facts.parent(node)
        if not isinstance(parent, ast.Subscript) or patterns.number(parent.slice) != 0:
            return None
        node = parent
    parent = facts.parent(node)
    if isinstance(parent, ast.Call) and parent.args == [node]:
        return parent if sure and patterns.is_call(facts, parent, "builtins.len") else None
    if not isinstance(parent, ast.Attribute):
        return None
    outer = facts.parent(parent)
    if parent.attr == "shape" and isinstance(outer, ast.Subscript):
        return outer if patterns.number(outer.slice) == 0 else None
    if not isinstance(outer, ast.Call) or outer.func is not parent or outer.keywords:
        return None
    rows = parent.attr == "size" and len(outer.args) == 1 and patterns.number(outer.args[0]) == 0
    return outer if rows or (column and parent.attr == "numel" and not outer.args) else None
