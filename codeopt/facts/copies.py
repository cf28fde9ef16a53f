"""What becomes of a copy: whether it is only read while its original stays as it is."""

from __future__ import annotations

import ast
from enum import IntEnum
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns
from codeopt.facts.index import DEFS, DefNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeopt.facts import Facts

_STORING = library.words("append add extend insert setdefault put register_buffer update appendleft")
_CHANGING = library.IN_PLACE_METHODS | library.words("pop remove clear discard reverse popitem setflags")
_WRITERS = frozenset(
    f"numpy.{n}"
    for n in ("put", "copyto", "place", "putmask", "fill_diagonal", "random.shuffle", "put_along_axis")
)
_GIVES_BACK = library.VIEW_CALLS | {"builtins.max", "builtins.min"}
_PURE = ("numpy.linalg.", "numpy.fft.", "math.")
_ATTRIBUTES = library.words("shape dtype size ndim nbytes itemsize")
_ORDERLESS = library.words("min max amin amax argmin argmax any all tolist item size ndim shape")
_C_ORDERED = library.NUMPY_FLOAT_MAKERS | {"numpy.arange", "numpy.full"}
_HEADS = ("iter", "test", "subject")


class Fate(IntEnum):
    """What a place that reads a value does with it, worst last."""

    READ = 0
    PASSED = 1
    LEAVES = 2
    WRITTEN = 3


def fate(facts: Facts, node: ast.expr) -> Fate:
    """What becomes of a value at the place where it stands; views of it count as itself."""
    parent = facts.parent(node)
    match parent:
        case ast.Attribute():
            return _attribute(facts, parent)
        case ast.Subscript() if parent.value is node:
            return fate(facts, parent) if isinstance(parent.ctx, ast.Load) else Fate.WRITTEN
        case (
            ast.BinOp() | ast.Compare() | ast.UnaryOp() | ast.FormattedValue() | ast.Subscript() | ast.Slice()
        ):
            return Fate.READ
        case ast.AugAssign():
            return Fate.READ if parent.value is node else Fate.WRITTEN
        case ast.Assert() | ast.Expr() | ast.If() | ast.While() | ast.Raise():
            return Fate.READ
        case ast.Return() | ast.Yield() | ast.YieldFrom() | ast.Await() | ast.Lambda():
            return Fate.LEAVES
        case ast.Assign() | ast.AnnAssign():
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            return Fate.LEAVES if any(isinstance(t, ast.Attribute) for t in targets) else Fate.PASSED
        case ast.List() | ast.Tuple() | ast.Dict() | ast.IfExp() | ast.BoolOp():
            return fate(facts, parent)
        case ast.keyword():
            call = facts.parent(parent)
            return Fate.WRITTEN if parent.arg == "out" else _argument(facts, call)
        case ast.Call():
            return _argument(facts, parent)
    return Fate.PASSED


def _attribute(facts: Facts, node: ast.Attribute) -> Fate:
    if not isinstance(node.ctx, ast.Load):
        return Fate.WRITTEN
    outer = facts.parent(node)
    if isinstance(outer, ast.Call) and outer.func is node:
        if node.attr in library.VIEW_METHODS or any(k.arg == "copy" for k in outer.keywords):
            return fate(facts, outer)
        if node.attr in _CHANGING | _STORING or node.attr.endswith("_"):
            return Fate.WRITTEN
        return Fate.READ if node.attr in patterns.PURE_METHODS else Fate.PASSED
    if node.attr in library.SCALAR_ATTRIBUTES:
        return Fate.READ
    return fate(facts, node) if node.attr in library.VIEW_ATTRIBUTES else Fate.PASSED


def _argument(facts: Facts, call: ast.AST | None) -> Fate:
    if not isinstance(call, ast.Call):
        return Fate.PASSED
    dotted = facts.names.dotted(call.func)
    if _writes(dotted):
        return Fate.WRITTEN
    if dotted in _GIVES_BACK or any(k.arg == "copy" for k in call.keywords):
        return fate(facts, call)
    if dotted in library.READERS or (dotted or "").startswith(_PURE):
        return Fate.READ
    stored = isinstance(call.func, ast.Attribute) and call.func.attr in _STORING
    return Fate.LEAVES if stored else Fate.PASSED


def _writes(dotted: str | None) -> bool:
    return dotted in _WRITERS or (dotted or "").endswith(("_", ".at"))


def of_name(facts: Facts, stmt: ast.Assign, source: ast.expr) -> Fate:
    """The worst that happens to the copy that `stmt` names, and to `source` while the copy is read."""
    function, target = facts.function(stmt), stmt.targets[0]
    if not isinstance(function, DEFS) or len(stmt.targets) != 1 or not isinstance(target, ast.Name):
        return Fate.LEAVES
    flow, seen = facts.flow(function), facts.names.occurrences(target.id, function)
    bound = [n for n in seen if not isinstance(n.ctx, ast.Load)]
    if len(bound) != 1 or target.id in flow.parameters or target.id in flow.captured or flow.opaque:
        return Fate.LEAVES
    worst = max((fate(facts, n) for n in seen if n is not target), default=Fate.LEAVES)
    span = list(_span(facts, stmt, target.id, function))
    root = _root(source)
    if root is None or worst > Fate.PASSED:
        return Fate.LEAVES
    for node in (n for part in span for n in facts.under(part)):
        if isinstance(node, ast.Name) and node.id == root.id:
            done = fate(facts, node) if isinstance(node.ctx, ast.Load) else _rebound(facts, node)
            worst = max(worst, done if done in (Fate.READ, Fate.WRITTEN) else Fate.PASSED)
    alone = all(harmless(facts, part) for part in span) and source is root
    taken = any(o.name in (root.id, target.id) and o.stmt in span for o in facts.overwrites.all)
    return worst if alone and not taken else max(worst, Fate.PASSED)


def _rebound(facts: Facts, name: ast.Name) -> Fate:
    """A new binding leaves the old value as it is, unless another rule makes it work in place."""
    return Fate.WRITTEN if isinstance(facts.parent(name), ast.AugAssign) else Fate.PASSED


def _root(source: ast.expr) -> ast.Name | None:
    while isinstance(source, (ast.Attribute, ast.Subscript)):
        source = source.value
    return source if isinstance(source, ast.Name) else None


def _span(facts: Facts, made: ast.Assign, name: str, function: DefNode) -> Iterator[ast.AST]:
    """What may run while a copy is still to be read: simple statements, and the heads of others."""
    flow = facts.flow(function)
    for stmt in flow.own_statements:
        if stmt is not made and flow.can_follow(stmt, made) and name in flow.live_before(stmt):
            if not hasattr(stmt, "body"):
                yield stmt
            yield from (part for head in _HEADS if (part := getattr(stmt, head, None)) is not None)
            yield from (item.context_expr for item in getattr(stmt, "items", []))


def harmless(facts: Facts, part: ast.AST) -> bool:
    """Whether a piece of code surely writes into no array, under whatever name."""
    for node in facts.under(part):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            return False
        if isinstance(node, ast.AugAssign) and patterns.kind(facts, node.target) != "scalar":
            return False
        if isinstance(node, ast.Call) and not _computes(facts, node):
            return False
        if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await, *DEFS)):
            return False
    return True


def _computes(facts: Facts, call: ast.Call) -> bool:
    dotted = facts.names.dotted(call.func)
    if _writes(dotted) or any(k.arg in ("out", None) for k in call.keywords):
        return False
    return dotted in library.READERS or patterns.pure(facts, call)


def order_matters(facts: Facts, source: ast.expr, uses: list[ast.Name]) -> bool:
    """Whether the order in memory of the original may show where its copy was read."""
    stmt = facts.statement(source)
    function = facts.function(stmt)
    if isinstance(source, ast.Name) and isinstance(function, DEFS):
        made = facts.flow(function).definitions(source.id, stmt)
        calls = [d.value for d in made if isinstance(d, ast.Assign) and isinstance(d.value, ast.Call)]
        known = [c for c in calls if facts.names.dotted(c.func) in _C_ORDERED]
        if made and len(known) == len(made) and not any(k.arg == "order" for c in known for k in c.keywords):
            return False
    return not all(_orderless(facts, use) for use in uses)


def _orderless(facts: Facts, use: ast.Name) -> bool:
    parent = facts.parent(use)
    if isinstance(parent, ast.Attribute):
        outer = facts.parent(parent)
        called = isinstance(outer, ast.Call) and outer.func is parent
        return parent.attr in (_ORDERLESS if called else _ATTRIBUTES)
    dotted = facts.names.dotted(parent.func) if isinstance(parent, ast.Call) else None
    plain = ("builtins.len", "numpy.array_equal", "numpy.allclose")
    return dotted in plain or (dotted or "").removeprefix("numpy.") in _ORDERLESS
