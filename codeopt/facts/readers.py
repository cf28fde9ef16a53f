"""Who goes through a list once and in order, and what is changed meanwhile."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns
from codeopt.facts.index import COMPREHENSIONS, DEFS, LOOPS

if TYPE_CHECKING:
    from codeopt.facts import Facts

# Readers of every item in order that keep none of the list itself; the first ones keep no items either.
_FOLDS = library.words("sum min max set frozenset dict")
_COPIES = library.words("list tuple sorted")
_MORE_FOLDS = frozenset({"collections.Counter", "math.fsum"})
_PASSES_ON = {"builtins.enumerate": 0, "builtins.map": 1, "builtins.filter": 1}
_MUTATORS = library.words(
    "append extend insert add update pop popitem clear remove discard sort reverse setdefault appendleft "
    "popleft write writelines close seek truncate"
)


def mutates(facts: Facts, use: ast.Name) -> bool:
    """Whether what a name stands for is visibly changed through it where it is written."""
    node: ast.AST = use
    parent = facts.parent(node)
    while isinstance(parent, (ast.Attribute, ast.Subscript)) and parent.value is node:
        if isinstance(parent.ctx, (ast.Store, ast.Del)):
            return True
        found = patterns.method(facts.parent(parent), *_MUTATORS)
        if found is not None and found[0] is node:
            return True
        node, parent = parent, facts.parent(parent)
    return isinstance(parent, ast.AugAssign) and parent.target is use


@dataclass(frozen=True, slots=True)
class Reader:
    """Where a list is gone through once and in order; `folds`: none of its items need be kept."""

    node: ast.AST
    folds: bool


def reader(facts: Facts, made: ast.expr) -> Reader | None:
    """Who goes through a list that an expression makes, where an iterator would do just as well.

    The list itself is the iterable of a loop, of a comprehension or of a builtin that reads it
    whole; or the next statements, which only compute, give it a name that serves as that once.
    """
    parent = facts.parent(made)
    if isinstance(parent, (ast.For, ast.comprehension)):
        return _loop(facts, parent, made)
    if isinstance(parent, ast.Call) and made in parent.args:
        return _argument(facts, parent, made)
    if isinstance(parent, ast.Assign) and parent.value is made:
        use = only_use(facts, parent)
        return None if use is None or facts.parent(use) is parent else reader(facts, use)
    return None


def _loop(facts: Facts, loop: ast.For | ast.comprehension, made: ast.expr) -> Reader | None:
    if loop.iter is not made:
        return None
    if isinstance(loop, ast.For):
        return Reader(loop, True) if not _leaves_early(facts, loop) else None
    owner = facts.parent(loop)
    if loop.is_async or owner is None:
        return None
    if isinstance(owner, ast.GeneratorExp):
        call = facts.parent(owner)
        return _argument(facts, call, owner) if isinstance(call, ast.Call) else None
    return Reader(owner, True)


def _leaves_early(facts: Facts, loop: ast.For) -> bool:
    """Whether a loop may end before its last item, or hands control to somebody else meanwhile."""
    for node in facts.under(loop)[1:]:
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom, ast.Await)):
            return True
        if isinstance(node, ast.Break):
            inner = next(a for a in facts.index.ancestors(node) if isinstance(a, LOOPS))
            if inner is loop:
                return True
    return False


def _argument(facts: Facts, call: ast.Call, made: ast.expr) -> Reader | None:
    dotted = facts.names.dotted(call.func) or ""
    name = dotted.removeprefix("builtins.")
    if dotted in _PASSES_ON:
        place = _PASSES_ON[dotted]
        last = place == 0 or len(call.args) == place + 1
        return reader(facts, call) if last and call.args[place : place + 1] == [made] else None
    first = bool(call.args) and call.args[0] is made
    if not first:
        return None
    if isinstance(call.func, ast.Attribute) and call.func.attr == "join" and not dotted:
        return Reader(call, False)
    if name in _FOLDS and dotted != name and (len(call.args) == 1 or name == "sum"):
        return Reader(call, True)
    if dotted in _MORE_FOLDS and len(call.args) == 1:
        return Reader(call, True)
    return Reader(call, False) if name in _COPIES and dotted != name else None


def only_use(facts: Facts, stmt: ast.Assign) -> ast.Name | None:
    """The one read of a name, in the statements of the same block right behind, that only compute."""
    target, function = stmt.targets[0], facts.function(stmt)
    if len(stmt.targets) != 1 or not isinstance(target, ast.Name) or not isinstance(function, DEFS):
        return None
    flow = facts.flow(function)
    if target.id not in flow.locals or target.id in flow.captured:
        return None
    uses = [
        n
        for n in facts.names.uses(target.id, function)
        if stmt in flow.definitions(target.id, facts.statement(n))
    ]
    if len(uses) != 1 or flow.definitions(target.id, facts.statement(uses[0])) != {stmt}:
        return None
    return uses[0] if right_behind(facts, uses[0], stmt) else None


def right_behind(facts: Facts, use: ast.Name, stmt: ast.stmt) -> bool:
    """Whether a name is read once in the block of a statement behind it, after what only computes."""
    block, here = facts.edits.siblings(stmt), facts.statement(use)
    if here not in block[block.index(stmt) + 1 :] or not runs_once(facts, use, here):
        return False
    between = block[block.index(stmt) + 1 : block.index(here)]
    return all(_computes(facts, s) for s in between)


def runs_once(facts: Facts, use: ast.Name, stmt: ast.stmt) -> bool:
    """Whether a read is made once when its statement runs: by no inner loop, lambda or comprehension."""
    below: ast.AST = use
    for parent in facts.index.ancestors(use):
        if isinstance(parent, ast.Lambda):
            return False
        if isinstance(parent, COMPREHENSIONS) and below is not parent.generators[0]:
            return False
        if parent is stmt:
            return not isinstance(stmt, LOOPS) or below is getattr(stmt, "iter", None)
        below = parent
    return True


def _computes(facts: Facts, stmt: ast.stmt) -> bool:
    names = isinstance(stmt, ast.Assign) and all(
        isinstance(t, ast.Name) or (isinstance(t, ast.Tuple) and all(isinstance(e, ast.Name) for e in t.elts))
        for t in stmt.targets
    )
    if not names:
        return False
    assert isinstance(stmt, ast.Assign)
    empty = isinstance(stmt.value, (ast.Dict, ast.Set, ast.List)) and not list(
        ast.iter_child_nodes(stmt.value)
    )
    return empty or patterns.pure(facts, stmt.value)


def unsteady(facts: Facts, maker: ast.AST, stmt: ast.stmt, found: Reader) -> bool:
    """Whether what items are made of may be something else before the last of them is read.

    `maker` makes them, in the block of `stmt`, behind which the reader stands.
    """
    read = {n.id for n in facts.under(maker) if isinstance(n, ast.Name)}
    own = {n.id for n in facts.under(maker) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    block = facts.edits.siblings(stmt)
    last = next(n for n in (found.node, *facts.index.ancestors(found.node)) if n in block)
    span = [n for s in block[block.index(stmt) + 1 : block.index(last) + 1] for n in facts.under(s)]
    names = [n for n in span if isinstance(n, ast.Name) and n.id in read]
    return any((not isinstance(n.ctx, ast.Load) and n.id not in own) or mutates(facts, n) for n in names)


def disturbed(facts: Facts, call: ast.Call, found: Reader) -> bool:
    """Whether a loop over what a call gives visibly changes something that the call reads."""
    if not isinstance(found.node, ast.For):
        return False
    read = {n.id for n in facts.under(call) if isinstance(n, ast.Name)}
    inside = (n for n in facts.under(found.node) if isinstance(n, ast.Name) and n.id in read)
    return any(mutates(facts, n) for n in inside)
