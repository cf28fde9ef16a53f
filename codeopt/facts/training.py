"""Training steps: the statements from the call of a module to its loss, and what optimizers are asked for."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns, torch_use
from codeopt.facts.index import DefNode

if TYPE_CHECKING:
    from codeopt.facts import Facts

_VIEWS = library.words("to cuda float long double flatten unsqueeze squeeze")
_BATCH_NORM = re.compile(r"batch_?norm|norm_?act|conv_?bn|\bBN\b", re.IGNORECASE)


def across_rows(facts: Facts) -> bool:
    """Whether a file speaks of layers whose statistics, running ones too, are of a whole batch."""
    return _BATCH_NORM.search(facts.source.text) is not None


def asked(stmts: list[ast.stmt], name: str) -> ast.expr | None:
    """The plain optimizer that the one statement given asks for `name()`."""
    value = stmts[0].value if stmts and isinstance(stmts[0], ast.Expr) else None
    found = patterns.method(value, name)
    plain = found is not None and patterns.plain(found[0]) and not found[1].args and _to_none(found[1])
    return found[0] if found is not None and plain else None


def _to_none(call: ast.Call) -> bool:
    return all(isinstance(k.value, ast.Constant) and k.value.value is True for k in call.keywords)


def to_loss(facts: Facts, stmt: ast.stmt, loss: ast.Name, function: DefNode) -> list[ast.stmt]:
    """The statements from the call of one module to the loss, that name being bound by the last of them."""
    block = facts.edits.siblings(stmt)
    place = block.index(stmt)
    around = [loop.iter for loop in facts.loops.around(stmt) if isinstance(loop, (ast.For, ast.AsyncFor))]
    if any(
        isinstance(n, ast.Attribute) and n.attr in ("split", "chunk") for i in around for n in facts.under(i)
    ):
        return []  # it works on parts already
    for first in range(place - 1, max(-1, place - 6), -1):
        now = block[first]
        if not facts.edits.alone(now) or not (_binds_name(now) or patterns.method(_value(now), "zero_grad")):
            return []
        calls = [n for n in facts.under(now) if isinstance(n, ast.Call) and len(n.args) == 1]
        calls = [c for c in calls if torch_use.is_module_call(facts, c, function) is not False]
        if calls:
            bound = [s for s in block[first:place] if isinstance(s, ast.Assign)]
            last = bound[-1].targets[0] if bound else None
            alone = len(calls) == 1 and isinstance(last, ast.Name) and last.id == loss.id
            return block[first:place] if alone and facts.edits.alone(stmt) else []
    return []


def _value(stmt: ast.stmt) -> ast.expr | None:
    return stmt.value if isinstance(stmt, (ast.Expr, ast.Assign)) else None


def _binds_name(stmt: ast.stmt) -> bool:
    return isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name)


def batches(facts: Facts, run: list[ast.stmt], function: DefNode) -> list[ast.Name]:
    """The function's own values that a run computes with, one name each: a batch and its targets."""
    bound = {t.id for s in run if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)}
    found: dict[str, ast.Name] = {}
    for node in (n for s in run for n in facts.under(s)):
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or node.id in bound:
            continue
        parent = facts.parent(node)
        if isinstance(parent, ast.Attribute):
            outer = facts.parent(parent)
            viewed = isinstance(outer, ast.Call) and outer.func is parent and parent.attr in _VIEWS
        else:
            viewed = not (isinstance(parent, ast.Call) and parent.func is node)
        number = patterns.kind(facts, node) == "scalar"
        if viewed and not number and facts.names.home(node) is function:
            found.setdefault(node.id, node)
    return list(found.values()) if len(found) == 2 else []


def ends_with(facts: Facts, run: list[ast.stmt], stmt: ast.stmt, loss: ast.Name, function: DefNode) -> bool:
    """Whether of all that a run binds only the loss is read after the backward pass."""
    flow = facts.flow(function)
    bound = {t.id for s in run if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)}
    return not (bound - {loss.id}) & flow.live_after(stmt) and not bound & flow.captured
