"""Tables of all pairs built by broadcasting, and the row-wise expression that reduces one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import patterns
from codeopt.facts.index import COMPREHENSIONS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_AXES = (-1, 1, 2)
_REDUCERS = ("sum", "mean", "max", "min", "argmin", "argmax", "any", "all", "prod")
_METHODS = ("pow", "abs", "square", "sqrt", "exp", "neg", "log")
_NORMS = ("numpy.linalg.norm", "torch.norm", "torch.linalg.norm")
_ELEMENTWISE = {f"torch.{n}" for n in _METHODS} | {
    f"numpy.{n}" for n in ("abs", "absolute", "square", "sqrt", "exp", "negative", "fabs", "log")
}


def is_rows(node: ast.Subscript) -> bool:
    """`x[:, None]` and its longer spellings, of something that is read twice for nothing."""
    if not (isinstance(node.slice, ast.Tuple) and patterns.plain(node.value)):
        return False
    if not isinstance(node.ctx, ast.Load) or len(node.slice.elts) < 2:
        return False
    first, second, *rest = node.slice.elts
    return _is_all(first) and _is_none(second) and all(_is_all(e) for e in rest)


def _is_all(node: ast.expr) -> bool:
    full = isinstance(node, ast.Slice) and not (node.lower or node.upper or node.step)
    return full or (isinstance(node, ast.Constant) and node.value is Ellipsis)


def _is_none(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.Attribute) and node.attr == "newaxis"


def is_block(facts: Facts, node: ast.expr) -> bool:
    """Whether a name is bound by a comprehension, as the blocks of a rewritten table are."""
    return isinstance(node, ast.Name) and isinstance(facts.names.home(node), COMPREHENSIONS)


def single_use(facts: Facts, stmt: ast.AST | None) -> ast.Name | None:
    """The one place that reads what an assignment binds, if it can be read where it is made."""
    if not isinstance(stmt, ast.Assign) or not isinstance(stmt.targets[0], ast.Name):
        return None
    uses = facts.names.uses(stmt.targets[0].id, facts.function(stmt))
    return next((u for u in uses if patterns.value_of(facts, u, (u,))[1] is stmt), None)


def reduced(facts: Facts, rows: ast.Subscript) -> tuple[ast.expr | None, bool, list[ast.Assign]]:
    """The widest row-wise expression around `rows` that ends in a reduction, whether that is sure,
    and the statements that only give names to parts of it."""
    whole: ast.expr | None = None
    node: ast.expr = rows
    certain, reductions, made, inside = True, 0, list[ast.Assign](), list[ast.Assign]()
    while (parent := facts.parent(node)) is not None:
        if isinstance(parent, ast.Assign) and (use := single_use(facts, parent)) is not None:
            made.append(parent)
            node = use
            continue
        if isinstance(parent, ast.BinOp) and not isinstance(parent.op, ast.MatMult):
            other = parent.right if parent.left is node else parent.left
            sure = _rowless(other, rows)
            if sure is None or (reductions and patterns.number(other) is None):
                break
            certain = certain and sure
        elif isinstance(call := _reducing(facts, parent, node), ast.Call):
            whole, parent, reductions, inside = call, call, reductions + 1, list(made)
        elif (applied := _method_call(facts, parent, node)) is not None:
            parent = applied
        elif not _is_elementwise(facts, parent, node):
            break
        node = parent  # type: ignore[assignment]
    depth = len(rows.slice.elts) if isinstance(rows.slice, ast.Tuple) else 0
    return whole, certain and (reductions < 2 or depth > 2), inside


def _is_elementwise(facts: Facts, parent: ast.AST, node: ast.expr) -> bool:
    if isinstance(parent, ast.Call):
        return (
            parent.args == [node] and not parent.keywords and facts.names.dotted(parent.func) in _ELEMENTWISE
        )
    return isinstance(parent, ast.UnaryOp)


def _method_call(facts: Facts, parent: ast.AST, node: ast.expr) -> ast.Call | None:
    """The elementwise method called on a node, such as `.pow(2)`."""
    call = facts.parent(parent)
    if not isinstance(parent, ast.Attribute) or not isinstance(call, ast.Call) or call.func is not parent:
        return None
    numbers = all(patterns.number(a) is not None for a in call.args)
    return call if parent.attr in _METHODS and numbers and not call.keywords else None


def _reducing(facts: Facts, parent: ast.AST, node: ast.expr) -> ast.Call | None:
    """The call around a node that reduces it along another axis than the rows."""
    call = facts.parent(parent) if isinstance(parent, ast.Attribute) else parent
    return call if isinstance(call, ast.Call) and _reduces(facts, call, node) else None


def _reduces(facts: Facts, call: ast.Call, node: ast.expr) -> bool:
    dotted = facts.names.dotted(call.func) or ""
    if dotted in _NORMS or dotted.removeprefix("torch.") in _REDUCERS:
        given = patterns.arguments(call, "x", "ord", "axis") or {}
        given["axis"] = given.pop("dim", given.get("axis", call))
        return given.pop("x", None) is node and set(given) == {"axis"} and _last(given["axis"])
    found = patterns.reduction(facts, call, *_REDUCERS)
    if found is None or found[0] is not node or "axis" not in found[1]:
        return False
    return _last(found[1]["axis"]) and set(found[1]) <= {"axis", "dtype"}


def _last(axis: ast.expr) -> bool:
    return patterns.number(axis) in _AXES


def _rowless(other: ast.expr, rows: ast.Subscript) -> bool | None:
    """True where an operand surely has no axis beside the rows, None where it has, False if unknown."""
    if patterns.number(other) is not None or patterns.same(other, rows.value):
        return True
    if isinstance(other, ast.Subscript):
        first = next(iter(other.slice.elts), other) if isinstance(other.slice, ast.Tuple) else other.slice
        return True if _is_none(first) else None
    return False if patterns.plain(other) else None
