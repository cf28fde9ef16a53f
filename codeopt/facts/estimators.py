"""Estimators of scikit-learn: which class made one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import patterns
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts


def makers(facts: Facts, estimator: ast.expr) -> list[ast.expr]:
    """The expressions that may have made an estimator; empty if one of them is not in sight."""
    if isinstance(estimator, ast.Call):
        return [_unfitted(estimator)]
    function = facts.function(estimator)
    if not isinstance(estimator, ast.Name) or facts.names.home(estimator) is not function:
        return []
    if isinstance(function, DEFS):
        found = facts.flow(function).definitions(estimator.id, facts.statement(estimator))
    else:
        stores = (
            n for n in facts.names.occurrences(estimator.id, function) if not isinstance(n.ctx, ast.Load)
        )
        found = frozenset(facts.statement(n) for n in stores)
    values = [d.value for d in found if isinstance(d, ast.Assign)]
    return [_unfitted(value) for value in values] if len(values) == len(found) else []


def name(facts: Facts, maker: ast.expr) -> str:
    """The class of scikit-learn that an expression calls, without its module; empty for anything else."""
    if not isinstance(maker, ast.Call):
        return ""
    library, _, last = (facts.names.dotted(maker.func) or "").rpartition(".")
    return last if library.startswith("sklearn.") else ""


def _unfitted(value: ast.expr) -> ast.expr:
    fitted = patterns.method(value, "fit")
    return fitted[0] if fitted else value
