"""Where in its statement an expression stands: whether what one step saves, the whole statement saves.

A step that works in place of a copy lowers nothing where another step of the same statement holds as
much: `x * torch.sigmoid(x + 1)` has two buffers at the product, whatever the sigmoid does.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import library

if TYPE_CHECKING:
    from codeopt.facts import Facts

_SMALLER = library.REDUCTIONS | library.words("any all item numel argmax argmin count_nonzero tolist")
_STEPS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.ListComp)


def is_last(facts: Facts, node: ast.expr) -> bool:
    """Whether nothing in the statement computes anything as large from a node: it is what the statement
    binds or returns, or it is only reduced."""
    inner: ast.AST = node
    for outer in facts.index.ancestors(node):
        match outer:
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Return():
                return outer.value is inner
            case ast.Attribute(attr=name):
                return name in _SMALLER and isinstance(facts.parent(outer), ast.Call)
            case ast.Call():
                name = (facts.names.dotted(outer.func) or "").rpartition(".")[2]
                return name in _SMALLER and inner in outer.args
            case _:
                return False
    return False


def is_one_step(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression computes one thing at most from what has a name already."""
    return sum(isinstance(n, _STEPS) for n in facts.under(node)) <= 1


def is_plain(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression computes nothing large: names, numbers, and what is reduced to few."""
    match node:
        case ast.Call():
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            return name in _SMALLER
        case ast.BinOp():
            return is_plain(facts, node.left) and is_plain(facts, node.right) and _is_number(facts, node)
    return not any(isinstance(n, _STEPS) for n in facts.under(node))


def _is_number(facts: Facts, node: ast.expr) -> bool:
    return facts.arrays.value(node, facts.statement(node)).kind == "scalar"
