"""Whether a name is the only holder of memory made in its own function."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.arrays import is_fresh_method
from codeopt.facts.index import DefNode
from codeopt.facts.summaries import Effect, may_share

if TYPE_CHECKING:
    from codeopt.facts import Facts
    from codeopt.facts.flow import Flow


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whether a value is fresh and solely owned; `reason` says why not.

    `wrong` marks the reasons that are known (an argument, an alias, an escape), as opposed to
    an unknown callee, which a run may still prove harmless.
    """

    owned: bool
    reason: str = ""
    wrong: bool = False


_OWNED = Ownership(True)


class Aliases:
    """Ownership questions about one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._asked: set[tuple[str, ast.stmt]] = set()

    def owner(self, name: str, at: ast.stmt, function: DefNode) -> Ownership:
        """Whether, just before statement `at`, `name` alone holds memory made in `function`.

        Reads inside `at` itself are not judged; the caller knows what it does with them.
        """
        flow = self._facts.flow(function)
        if name not in flow.locals or name in flow.captured:
            return Ownership(False, f"`{name}` is shared with an inner function or another scope", True)
        definitions = flow.definitions(name, at)
        if not definitions:
            return Ownership(False, f"`{name}` may be unbound", True)
        if (name, at) in self._asked:
            return _OWNED  # around a loop: whoever asked first judges what comes from outside
        self._asked.add((name, at))
        try:
            wrong = self._worst(definitions, name, function, flow)
        finally:
            self._asked.discard((name, at))
        return wrong or self._escape(name, at, definitions, function, flow)

    def _worst(self, nodes: Iterable[ast.AST], name: str, function: DefNode, flow: Flow) -> Ownership | None:
        """The first binding in the text that is not owned, one that is known to be wrong before others."""
        ordered = sorted(nodes, key=self._facts.index.order)
        lost = [m for node in ordered if not (m := self._made(node, name, function, flow)).owned]
        return next((m for m in lost if m.wrong), lost[0] if lost else None)

    def _made(self, node: ast.AST, name: str, function: DefNode, flow: Flow) -> Ownership:
        if isinstance(node, ast.arg):
            return Ownership(False, f"`{name}` is an argument", True)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            return self._worst(self._origins(node, name, flow), name, function, flow) or _OWNED
        if isinstance(node, ast.Assign) and len(node.targets) > 1:
            return Ownership(False, f"`{name}` has a second name", True)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if isinstance(node.value, ast.Name) and self._moves(node, flow):
                return self.owner(node.value.id, node, function)
            return self.fresh(node.value)
        return Ownership(False, f"`{name}` is not bound by a plain assignment", True)

    @staticmethod
    def _origins(node: ast.AugAssign, name: str, flow: Flow) -> set[ast.AST]:
        """What was bound before `name += ...`, behind other such statements around a loop too."""
        found: set[ast.AST] = set()
        stack: list[ast.AST] = [node]
        while stack:
            stmt = stack.pop()
            found.add(stmt)
            if isinstance(stmt, ast.AugAssign) and isinstance(stmt.target, ast.Name):
                stack.extend(flow.definitions(name, stmt) - found)
        return {d for d in found if not (isinstance(d, ast.AugAssign) and isinstance(d.target, ast.Name))}

    @staticmethod
    def _moves(node: ast.Assign, flow: Flow) -> bool:
        """Whether `new = old` is the last that is heard of `old`: the value changes hands."""
        old, new = node.value, node.targets[0]
        if not isinstance(old, ast.Name) or not isinstance(new, ast.Name) or len(node.targets) > 1:
            return False
        return old.id not in flow.live_after(node)

    def fresh(self, expr: ast.expr) -> Ownership:
        """Whether an expression makes new memory that nothing else holds."""
        match expr:
            case ast.BinOp() | ast.Compare() | ast.Constant() | ast.ListComp() | ast.List():
                return _OWNED
            case ast.UnaryOp() if not isinstance(expr.op, ast.UAdd):
                return _OWNED
            case ast.Name():
                return Ownership(False, f"it is another name for `{expr.id}`", True)
            case ast.Attribute():
                return Ownership(False, "it is an attribute of an object", True)
            case ast.Subscript():
                return Ownership(False, "it may be a view", not isinstance(expr.slice, ast.Compare))
            case ast.IfExp():
                return next((o for e in (expr.body, expr.orelse) if not (o := self.fresh(e)).owned), _OWNED)
            case ast.Call():
                return self._fresh_call(expr)
        return Ownership(False, "its origin is not known")

    def _fresh_call(self, call: ast.Call) -> Ownership:
        keywords = {k.arg for k in call.keywords}
        dotted = self._facts.names.dotted(call.func)
        if dotted in library.MAKERS:
            shares = keywords & {"out", "where", "copy", "inplace", None}
            return Ownership(
                not shares, "the call may write into given memory" if shares else "", bool(shares)
            )
        if dotted in library.VIEW_CALLS:
            return Ownership(False, f"{dotted} may return its argument or a view of it", True)
        if dotted is None and isinstance(call.func, ast.Attribute):
            if is_fresh_method(call):
                return _OWNED
            if call.func.attr in library.VIEW_METHODS:
                return Ownership(False, f"`.{call.func.attr}()` may return a view", True)
        if self._facts.summaries.fresh(call):
            return _OWNED
        return Ownership(False, "the call may return something that others hold")

    def _escape(
        self,
        name: str,
        at: ast.stmt,
        definitions: frozenset[ast.AST],
        function: DefNode,
        flow: Flow,
    ) -> Ownership:
        unsure: Ownership | None = None
        for use in self._facts.names.uses(name, function):
            stmt = self._facts.statement(use)
            if stmt is at or not flow.can_follow(at, stmt):
                continue
            if not definitions & flow.definitions(name, stmt):
                continue
            kept = None if isinstance(stmt, ast.Assign) and self._moves(stmt, flow) else self.keeps(use)
            if kept is not None and kept.wrong:
                return kept
            unsure = unsure or kept
        return unsure or _OWNED

    def keeps(self, use: ast.expr) -> Ownership | None:
        """Why the place where a value is read may keep a reference or a view of it; None if not."""
        parent = self._facts.parent(use)
        match parent:
            case ast.BinOp() | ast.Compare() | ast.FormattedValue() | ast.Assert() | ast.Delete():
                return None
            case ast.UnaryOp() | ast.AugAssign() | ast.Expr() | ast.If() | ast.While():
                return None
            case ast.Attribute():
                return self._keeps_attribute(parent)
            case ast.Subscript() if parent.value is use:
                return None if not isinstance(parent.ctx, ast.Load) else self.keeps(parent)
            case ast.Subscript() | ast.Slice():
                return None
            case ast.Call():
                return self._keeps_call(parent, use)
            case ast.keyword():
                call = self._facts.parent(parent)
                return self._keeps_call(call, use) if isinstance(call, ast.Call) else None
            case ast.Return():
                return None
            case ast.Starred() | ast.For() | ast.comprehension():
                return Ownership(False, "it is iterated, and its items may be views", True)
            case ast.Tuple() if isinstance(self._facts.parent(parent), ast.Subscript):
                return None
            case ast.Assign() | ast.NamedExpr() | ast.AnnAssign():
                return Ownership(False, "another name is bound to it or to a view of it", True)
            case ast.List() | ast.Tuple() | ast.Dict() | ast.Set():
                return Ownership(False, "it is put into a container", True)
            case ast.Yield() | ast.YieldFrom() | ast.Await():
                return Ownership(False, "it leaves the function", True)
        return Ownership(False, "its use is not understood")

    def _keeps_attribute(self, node: ast.Attribute) -> Ownership | None:
        if node.attr in library.SCALAR_ATTRIBUTES:
            return None
        outer = self._facts.parent(node)
        if isinstance(outer, ast.Call) and outer.func is node:
            if is_fresh_method(outer) or node.attr in library.IN_PLACE_METHODS or node.attr.endswith("_"):
                return None
            if node.attr in library.VIEW_METHODS:
                return self.keeps(outer)
            return Ownership(False, f"`.{node.attr}()` is not known")
        if node.attr in library.VIEW_ATTRIBUTES:
            return self.keeps(node)
        return Ownership(False, f"`.{node.attr}` is not known")

    def _keeps_call(self, call: ast.Call, given: ast.expr) -> Ownership | None:
        dotted = self._facts.names.dotted(call.func)
        if any(k.arg == "out" for k in call.keywords):
            if isinstance(self._facts.parent(call), ast.Expr) and dotted in library.NUMPY_OUT:
                return None
            return Ownership(False, "it is written by `out=`", True)
        if dotted in library.VIEW_CALLS:
            return self.keeps(call)
        if dotted in ("builtins.max", "builtins.min"):
            return self.keeps(call)  # the largest of some arrays is one of them
        if dotted in library.READERS and not (dotted in library.MAKERS and may_share(call)):
            return None
        if dotted is None and isinstance(call.func, ast.Attribute):
            if call.func.attr in library.STORERS:
                return Ownership(False, f"`.{call.func.attr}()` stores it", True)
            if is_fresh_method(call):
                return None
        effect = self._facts.summaries.effect(call, given)
        if effect is None:
            return Ownership(False, "it is passed to a call that may keep it")
        if Effect.KEPT in effect:
            return Ownership(False, "it is passed to a function that keeps it", True)
        return self.keeps(call) if Effect.RETURNED in effect else None
