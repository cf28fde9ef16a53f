"""Whether the memory that a function needs at most is needed before a value could go, or behind it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts
    from codeopt.facts.lifetimes import Death

_REDUCED = library.REDUCTIONS | library.words("norm amax amin logsumexp")
_LIBRARIES = ("numpy.", "torch.", "scipy.", "builtins.", "math.")


def is_before(facts: Facts, death: Death, behind: list[ast.stmt], made: int) -> bool:
    """Whether the last reader of a value needs more memory than the statements behind it.

    `made`: how many of those surely make an array as large as the value. The reader needs more where it
    sums up what takes more arrays of that size, or hands the value to a function of the project that has
    more to make than what stands behind it.
    """
    return _folded_steps(facts, death) > max(1, made) or _is_handed_over(facts, death, behind)


def _folded_steps(facts: Facts, death: Death) -> int:
    """How many arrays the last reader makes of a value, one from the other, only to sum them up."""
    value = death.last.value if isinstance(death.last, ast.Assign) else None
    if value is None:
        return 0
    steps = 0
    for use in (n for n in facts.index.names(value) if n.id == death.name):
        found, folded = 0, False
        for around in facts.index.ancestors(use):
            if isinstance(around, ast.Call) and _called(around) in _REDUCED:
                folded = True
                break
            found += isinstance(around, (ast.BinOp, ast.UnaryOp, ast.Call))
            if around is value or isinstance(around, ast.stmt):
                break
        if not folded:
            return 0
        steps = max(steps, found)
    return steps


def _is_handed_over(facts: Facts, death: Death, behind: list[ast.stmt]) -> bool:
    calls = facts.index.alike(ast.Call, death.last)
    for call in calls:
        if not any(isinstance(a, ast.Name) and a.id == death.name for a in call.args):
            continue
        callee = facts.summaries.callee(call)
        if callee is None or not all(_is_known(facts, stmt) for stmt in behind):
            continue
        lifetimes, inner = callee.facts.lifetimes, callee.facts.under(callee.function)
        inside = [n for n in inner if isinstance(n, (ast.Assign, ast.Return)) and lifetimes.allocates(n)]
        if len(inside) > sum(facts.lifetimes.allocates(stmt) for stmt in behind):
            return True
    return False


def _is_known(facts: Facts, stmt: ast.stmt) -> bool:
    """Whether a statement calls nothing but functions of libraries, and methods of values."""
    if isinstance(stmt, (*DEFS, ast.ClassDef, ast.For, ast.While, ast.With, ast.Try)):
        return False
    for call in facts.index.alike(ast.Call, stmt):
        dotted = facts.names.dotted(call.func)
        if dotted is None and isinstance(call.func, ast.Attribute):
            owner = call.func.value
            if isinstance(owner, ast.Name) and owner.id in ("self", "cls"):
                return False
        elif dotted is None or not dotted.startswith(_LIBRARIES):
            return False
    return True


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
