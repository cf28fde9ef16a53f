"""Whether a value reaches a comparison or a step: there a difference of rounding changes the outcome."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

# What these say does not depend on the numbers in an array.
_ABOUT = library.words("shape dtype device ndim layout requires_grad size dim numel names is_cuda nbytes")
_STEPS = library.words(
    "sign sgn round around floor ceil trunc fix rint heaviside hardshrink softshrink threshold argmax argmin "
    "argsort topk searchsorted digitize bucketize unique nonzero greater greater_equal less less_equal equal "
    "not_equal gt ge lt le eq ne long int"
)
_IDENTITY = (ast.Is, ast.IsNot)


def is_compared(facts: Facts, node: ast.expr) -> bool:
    """Whether the function around an expression compares its value, or rounds it to steps; through any
    names that it gives what is worked out from it."""
    here = facts.statement(node)
    if _meets_step(facts, node):
        return True
    function = facts.function(node)
    if not isinstance(function, DEFS):
        return False
    flow = facts.flow(function)
    coming, seen = [here], {here}
    while coming:
        stmt = coming.pop()
        for name in _bound(facts, stmt):
            if name in flow.captured:
                return True
            for use in facts.names.occurrences(name, function):
                at = facts.statement(use)
                if not isinstance(use.ctx, ast.Load) and not isinstance(at, ast.AugAssign):
                    continue
                if stmt not in flow.definitions(name, at) or _asks_about(facts, use):
                    continue
                if _meets_step(facts, use):
                    return True
                if at not in seen:
                    seen.add(at)
                    coming.append(at)
    return False


def _bound(facts: Facts, stmt: ast.stmt) -> set[str]:
    """The names that a statement gives what it works out."""
    if isinstance(stmt, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        targets: list[ast.expr] = stmt.targets if isinstance(stmt, ast.Assign) else [stmt.target]
        return {n.id for t in targets for n in facts.under(t) if isinstance(n, ast.Name)}
    return set()


def _meets_step(facts: Facts, node: ast.expr) -> bool:
    """Whether a comparison, a step or a condition takes an expression in its own statement."""
    below: ast.AST = node
    for around in facts.index.ancestors(node):
        match around:
            case ast.Compare(ops=ops) if not isinstance(ops[0], _IDENTITY):
                return True
            case ast.Call(func=func) if _name(func) in _STEPS:
                return True
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if test is below:
                return True
            case ast.Assert() | ast.BoolOp():
                return True
        if isinstance(around, ast.stmt) or _is_about(around, below):
            return False
        below = around
    return False


def _asks_about(facts: Facts, use: ast.Name) -> bool:
    """Whether a use asks for the shape or the type alone, or is no more than `x is None`."""
    parent = facts.parent(use)
    if isinstance(parent, ast.Compare):
        return isinstance(parent.ops[0], _IDENTITY)
    return parent is not None and _is_about(parent, use)


def _is_about(around: ast.AST, below: ast.AST) -> bool:
    if isinstance(around, ast.Attribute):
        return around.attr in _ABOUT
    asks = isinstance(around, ast.Call) and around.func is not below
    return asks and isinstance(around, ast.Call) and _name(around.func) in ("len", "isinstance", "type")


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
