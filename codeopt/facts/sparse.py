"""Sparse matrices made dense, and who can do without."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import patterns

if TYPE_CHECKING:
    from codeopt.facts import Facts

_ARRAYS = ("numpy.asarray", "numpy.array")


def densified(facts: Facts, node: ast.AST | None) -> ast.expr | None:
    """The matrix `x` behind `x.toarray()`, also in `np.asarray(x.todense())`; else None."""
    found = patterns.method(node, "toarray")
    if found is None and isinstance(node, ast.Call) and patterns.is_call(facts, node, *_ARRAYS):
        if len(node.args) != 1 or node.keywords:
            return None
        found = patterns.method(node.args[0], "todense", "toarray")
    if found is None or found[1].args or found[1].keywords or facts.names.dotted(found[1].func) is not None:
        return None
    return found[0]


def as_operand(facts: Facts, matrix: ast.expr) -> str:
    """The text of a matrix, ready to have something called on it."""
    return patterns.operand(facts, matrix)


def flat(facts: Facts, text: str, at: ast.AST) -> str | None:
    """A reduction along an axis as a plain array of one axis, whatever kind of matrix it came from."""
    asarray = facts.names.spell("numpy.asarray", at)
    return None if asarray is None else f"{asarray}({text}).ravel()"
