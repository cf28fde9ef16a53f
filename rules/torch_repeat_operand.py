"""A tensor repeated to the size of what it meets.

What it does
    Finds `x.unsqueeze(1).repeat(1, n, 1)` and the like, where an axis of length one is repeated
    for an operand of arithmetic, a comparison, `where`, `gather` or `cat`, and expands it.

Why it costs memory
    `repeat` writes every copy out; `expand` only says that the axis is to be read again.

Example
    offset = grid - centre.unsqueeze(0).repeat(len(grid), 1)

Use instead
    offset = grid - centre.unsqueeze(0).expand(len(grid), -1)

When it is safe
    The repeated axis has length one and nothing writes into the result. The operand reads the
    same numbers; a run has to confirm the axes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_READERS = tuple(
    f"torch.{n}" for n in ("where", "gather", "cat", "stack", "minimum", "maximum", "take_along_dim")
)
_VECTORS = ("torch.arange", "torch.linspace")

RULE = Rule(
    code="MEM322",
    name="torch-repeat-operand",
    trust=Trust.EXACT,
    summary="a tensor is repeated to the size of what it meets",
    triggers=(".repeat(",),
    pair=Pair("T06", 8.0, 4.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef offset(grid, centre):\n"
            "    return grid - centre.unsqueeze(0).repeat(len(grid), 1)\n",
            "import torch\n\ndef offset(grid, centre):\n"
            "    return grid - centre.unsqueeze(0).expand(len(grid), -1)\n",
            call="offset(torch.eye(3), torch.arange(3.0))",
        ),
        Example(
            "import torch\n\ndef rows(table, order):\n"
            "    return torch.gather(table, 0, order[:, None].repeat(1, table.size(1)))\n",
            "import torch\n\ndef rows(table, order):\n"
            "    return torch.gather(table, 0, order[:, None].expand(-1, table.size(1)))\n",
            call="rows(torch.eye(3), torch.tensor([2, 0, 1]))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x, n):\n    return x.unsqueeze(0).repeat(n, 1)\n",
        "import torch\n\ndef f(x, y, n):\n    return y - x.unsqueeze(0).repeat(1, n)\n",
        "import torch\n\ndef f(x, y, n):\n    return y - x.repeat(n, 1)\n",
        "import torch\n\ndef f(x, y, n):\n    return y - x.unsqueeze(0).repeat(n, 2)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Repetitions of an axis of length one that are read where they stand."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "repeat")
        if found is None or len(call.args) < 2 or call.keywords or not _is_read(facts, call):
            continue
        if any(isinstance(a, ast.Starred) for a in call.args):
            continue
        repeated = {n for n, a in enumerate(call.args) if patterns.number(a) != 1}
        if len(repeated) != 1 or _single(facts, found[0], len(call.args)) != repeated:
            continue
        sizes = [facts.text(a) if n in repeated else "-1" for n, a in enumerate(call.args)]
        text = f"{facts.text(found[0])}.expand({', '.join(sizes)})"
        yield RULE.site(facts, call, "the axis can be read again", facts.edits.replace(call, text))


def _is_read(facts: Facts, call: ast.Call) -> bool:
    """Whether the place where a value stands only reads it."""
    parent = facts.parent(call)
    if isinstance(parent, (ast.BinOp, ast.Compare)):
        return True
    if isinstance(parent, (ast.List, ast.Tuple)):
        parent = facts.parent(parent)
    if patterns.method(parent, "gather") is not None and isinstance(parent, ast.Call):
        return call in parent.args
    return parent is not None and patterns.is_call(facts, parent, *_READERS)


def _single(facts: Facts, node: ast.expr, rank: int) -> set[int]:
    """The axes of an expression of this rank that surely have length one."""
    found = patterns.method(node, "unsqueeze")
    if found is not None:
        axis = patterns.number(found[1].args[0]) if len(found[1].args) == 1 else None
        return {int(axis) % rank} if axis is not None and -rank <= axis < rank else set()
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        plain = all(isinstance(p, ast.Slice) or _is_none(p) for p in parts)
        return {n for n, p in enumerate(parts) if _is_none(p)} if plain else set()
    return {0} if rank == 2 and patterns.is_call(facts, node, *_VECTORS) else set()


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
