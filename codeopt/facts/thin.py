"""Axes of length one that the text shows: a product of a matrix and a column is a column, not a table."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_DEEP = 6
_SHAPED = library.words("zeros ones empty full rand randn view reshape")
_SAME = library.words(
    "abs neg square sqrt rsqrt exp log tanh sigmoid relu softmax log_softmax clamp clip pow power dropout "
    "normalize float double half to type contiguous clone detach copy astype"
)
_PRODUCTS = library.words("mm bmm matmul dot")
_TURNED = library.words("T mT H")


def is_thin(facts: Facts, expr: ast.expr, at: ast.stmt, axis: int, depth: int = 0) -> bool:
    """Whether the last (`axis` -1) or the last but one (-2) axis of an array has one place, as the text
    tells of how it is made."""
    if depth > _DEEP:
        return False
    match expr:
        case ast.Name():
            return any(is_thin(facts, d.value, d, axis, depth + 1) for d in _made(facts, expr, at))
        case ast.UnaryOp():
            return is_thin(facts, expr.operand, at, axis, depth + 1)
        case ast.BinOp(op=ast.MatMult()):
            return is_thin(facts, expr.right if axis == -1 else expr.left, at, axis, depth + 1)
        case ast.BinOp():
            sides = [s for s in (expr.left, expr.right) if facts.extents.named(s, at) != 0]
            return bool(sides) and all(is_thin(facts, side, at, axis, depth + 1) for side in sides)
        case ast.Attribute() if expr.attr in _TURNED:
            return is_thin(facts, expr.value, at, -3 - axis, depth + 1)
        case ast.Subscript(slice=ast.Tuple(elts=[*_, before, last])):
            return _is_none(last if axis == -1 else before)
        case ast.Call():
            return _of_call(facts, expr, at, axis, depth)
    return False


def _of_call(facts: Facts, call: ast.Call, at: ast.stmt, axis: int, depth: int) -> bool:
    dotted = facts.names.dotted(call.func) or ""
    name, operands = dotted.rpartition(".")[2], list(call.args)
    if not dotted.startswith(("numpy.", "torch.")):
        if dotted or not isinstance(call.func, ast.Attribute):
            return False
        name, operands = call.func.attr, [call.func.value, *call.args]
    if not operands:
        return False
    if name in _PRODUCTS and len(operands) == 2:
        return is_thin(facts, operands[1] if axis == -1 else operands[0], at, axis, depth + 1)
    if name in _SHAPED:
        return _is_shaped(operands, axis, whole=dotted != "")
    if name == "unsqueeze" and len(operands) == 2:
        place = _number(operands[1])
        # Nobody multiplies by matrices behind a fourth axis.
        return place is not None and (place == axis or (axis == -1 and place >= 3))
    if (name == "transpose" and len(operands) == 3) or name == "t":
        return is_thin(facts, operands[0], at, -3 - axis, depth + 1)
    if name in _PRODUCTS or name not in _SAME:
        kept = any(k.arg in ("keepdim", "keepdims") for k in call.keywords)
        axes = [k.value for k in call.keywords if k.arg in ("dim", "axis")] if kept else []
        return name in library.REDUCTIONS and any(_number(a) == axis for a in axes)
    return is_thin(facts, operands[0], at, axis, depth + 1)


def _is_shaped(operands: list[ast.expr], axis: int, *, whole: bool) -> bool:
    """Whether a shape, written out, says that an axis has one place; `whole`: no array stands before it."""
    shape = operands if whole else operands[1:]
    if shape and isinstance(shape[0], (ast.Tuple, ast.List)):
        shape = shape[0].elts
    return len(shape) > 1 and _number(shape[axis]) == 1


def _made(facts: Facts, name: ast.Name, at: ast.stmt) -> list[ast.Assign]:
    function = facts.names.home(name)
    if not isinstance(function, DEFS) or facts.function(at) is not function:
        return []
    made = facts.flow(function).definitions(name.id, at)
    return [d for d in made if isinstance(d, ast.Assign) and isinstance(d.targets[0], ast.Name)]


def _number(expr: ast.expr) -> int | None:
    if isinstance(expr, ast.UnaryOp) and isinstance(expr.op, ast.USub):
        inner = _number(expr.operand)
        return None if inner is None else -inner
    number = expr.value if isinstance(expr, ast.Constant) else None
    return number if type(number) is int else None


def _is_none(expr: ast.expr) -> bool:
    return (isinstance(expr, ast.Constant) and expr.value is None) or (
        isinstance(expr, ast.Attribute) and expr.attr == "newaxis"
    )
