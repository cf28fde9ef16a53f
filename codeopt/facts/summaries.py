"""What a call of one of the project's own functions does with its arguments, and what it gives back.

A function is looked at once, when a call of it is first asked about. It may stand in the same file
or in another one of the project, and call others in turn. Nothing is assumed of functions that
something may stand in for: decorated ones, those with two definitions or behind a star import, and
methods, which a subclass may override; only names with two leading underscores are safe from that.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from enum import Flag
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.index import DEFS, DefNode
from codeopt.facts.siblings import find_module
from codeopt.facts.values import UNKNOWN, Value
from codeopt.looks import read_beside
from codeopt.source import SourceFile

if TYPE_CHECKING:
    from codeopt.facts import Facts

_MOST_BYTES = 200_000
_MOST_FILES = 8
_KEEPS_MODE = frozenset({"torch.no_grad", "torch.inference_mode", "builtins.staticmethod"})


class Effect(Flag):
    """What a function may do with an argument beside reading it."""

    READ = 0
    WRITTEN = 1
    """it changes what it is given"""
    KEPT = 2
    """something that outlives the call refers to it or to a view of it"""
    RETURNED = 4
    """the result may be it, a view of it, or hold it"""


@dataclass(frozen=True, slots=True)
class Callee:
    """A function of the project, and the facts of the file that it stands in."""

    facts: Facts
    function: DefNode
    bound: bool = False
    """the first parameter is not among the arguments of a call"""

    def parameter(self, call: ast.Call, given: ast.expr) -> str | None:
        """The parameter that receives an argument; None where that is not plain to see."""
        if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
            return None
        signature = self.function.args
        names = [a.arg for a in (*signature.posonlyargs, *signature.args)][self.bound :]
        if given in call.args:
            place = call.args.index(given)
            return names[place] if place < len(names) else None
        word = next((k.arg for k in call.keywords if k.value is given), None)
        return word if word in names or word in {a.arg for a in signature.kwonlyargs} else None


class Summaries:
    """Questions about the calls in one file."""

    def __init__(self, facts: Facts, project: dict[Path, Facts | None] | None = None) -> None:
        self._facts = facts
        self._project = project if project is not None else {}
        self._project.setdefault(facts.source.path.absolute(), facts)
        self._effects: dict[tuple[DefNode, str], Effect | None] = {}
        self._results: dict[DefNode, tuple[bool, Value]] = {}

    def close(self) -> None:
        """Let go of the facts of the files that calls led to."""
        others = [facts for facts in self._project.values() if facts is not None]
        self._project.clear()
        for facts in others:
            facts.close()

    def effect(self, call: ast.Call, given: ast.expr) -> Effect | None:
        """What a call may do with one of its arguments; None where that cannot be told."""
        callee = self.callee(call)
        name = callee.parameter(call, given) if callee is not None else None
        if callee is None or name is None:
            return None
        return callee.facts.summaries.of_parameter(callee.function, name)

    def fresh(self, call: ast.Call) -> bool:
        """Whether a call gives new memory that nothing else holds."""
        callee = self.callee(call)
        return callee is not None and callee.facts.summaries.of_result(callee.function)[0]

    def value(self, call: ast.Call) -> Value:
        """The kind, type and rank of what a function of this file returns on every way."""
        callee = self.callee(call, near=True)
        if callee is None or callee.facts is not self._facts:
            return UNKNOWN
        return self.of_result(callee.function)[1]

    def callee(self, call: ast.Call, *, near: bool = False) -> Callee | None:
        """The function of the project that is certainly called; `near` looks in this file only."""
        return self.named(call.func, near=near)

    def named(self, target: ast.expr, *, near: bool = False) -> Callee | None:
        """The function of the project that an expression certainly names."""
        facts = self._facts
        if isinstance(target, ast.Name) and isinstance(facts.names.home(target), ast.Module):
            return self.defined(target.id, near=near)
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            own = self._own_method(target, target.value.id)
            if own is not None:
                return own
        dotted = None if near else facts.names.dotted(target)
        return self._imported(dotted) if dotted and "." in dotted else None

    def defined(self, name: str, *, near: bool = False) -> Callee | None:
        """The one plain function that the top of this file binds to a name, or imports by it."""
        facts, scope = self._facts, self._facts.names.scopes.module
        bound = scope.bindings.get(name, [])
        only = bound[0] if len(bound) == 1 else None
        if scope.star or (near and not isinstance(only, DEFS)) or self._rebinds:
            return None
        if isinstance(only, DEFS) and facts.parent(only) is facts.tree and self._is_plain(only):
            return Callee(facts, only)
        if isinstance(only, ast.alias) and isinstance(stmt := facts.parent(only), ast.ImportFrom):
            base = "." * stmt.level + (stmt.module or "")
            return self._imported(f"{base}{'' if base.endswith('.') else '.'}{only.name}")
        return None

    def _own_method(self, target: ast.Attribute, owner: str) -> Callee | None:
        """`self.__name` inside its class: no subclass overrides that by accident."""
        if owner not in ("self", "cls") or not target.attr.startswith("__") or target.attr.endswith("__"):
            return None
        around = next((p for p in self._facts.index.ancestors(target) if isinstance(p, ast.ClassDef)), None)
        body = around.body if around is not None else []
        found = [s for s in body if isinstance(s, DEFS) and s.name == target.attr]
        stores = self._facts.walk(ast.Attribute)
        if len(found) != 1 or any(a.attr == target.attr and not isinstance(a.ctx, ast.Load) for a in stores):
            return None
        if not self._is_plain(found[0]):
            return None
        still = any(self._facts.names.dotted(d) == "builtins.staticmethod" for d in found[0].decorator_list)
        return Callee(self._facts, found[0], bound=not still)

    def _is_plain(self, function: DefNode) -> bool:
        names = self._facts.names
        called = (d.func if isinstance(d, ast.Call) else d for d in function.decorator_list)
        if any(names.dotted(d) not in _KEEPS_MODE for d in called):
            return False
        return not self._facts.flow(function).is_generator

    @cached_property
    def _rebinds(self) -> bool:
        """Whether the file changes its own names by other means than assignments."""
        dotted = self._facts.names.dotted
        return any(
            dotted(c.func) in ("builtins.globals", "builtins.exec") for c in self._facts.walk(ast.Call)
        )

    def _imported(self, dotted: str) -> Callee | None:
        module, _, name = dotted.rpartition(".")
        module = module or "."
        file = find_module(self._facts.source.path, module)
        other = None if file is None else self._opened(file.absolute())
        return None if other is None else other.summaries.defined(name)

    def _opened(self, file: Path) -> Facts | None:
        """The facts of another file of the project; all that one file leads to share a few of them."""
        from codeopt.facts import Facts

        project = self._project
        if file not in project and len(project) <= _MOST_FILES:
            project[file] = None
            source = read_beside(file)
            if isinstance(source, SourceFile) and len(source.text) < _MOST_BYTES:
                facts = Facts.of(source)
                if isinstance(facts, Facts):
                    facts.summaries = Summaries(facts, project)
                    project[file] = facts
        return project.get(file)

    def of_parameter(self, function: DefNode, name: str) -> Effect | None:
        """What a function of this file may do with one of its parameters."""
        key = (function, name)
        if key not in self._effects:
            self._effects[key] = None  # what calls itself is not decided
            self._effects[key] = Trace(self._facts, function).of(name)
        return self._effects[key]

    def of_result(self, function: DefNode) -> tuple[bool, Value]:
        """Whether a function of this file returns memory of its own, and what is known of it."""
        if function not in self._results:
            self._results[function] = (False, UNKNOWN)
            self._results[function] = self._returned(function)
        return self._results[function]

    def _returned(self, function: DefNode) -> tuple[bool, Value]:
        facts = self._facts
        returns = [n for n in facts.flow(function).own_nodes() if isinstance(n, ast.Return)]
        if not returns or not _ends(function.body):
            return False, UNKNOWN
        fresh, values = True, set()
        for stmt in returns:
            if stmt.value is None:
                return False, UNKNOWN
            if isinstance(stmt.value, ast.Name):
                fresh = fresh and facts.aliases.owner(stmt.value.id, stmt, function).owned
            else:
                fresh = fresh and facts.aliases.fresh(stmt.value).owned
            # A length that the function names is another one in every call.
            values.add(replace(facts.arrays.value(stmt.value, stmt), shape=None, fresh=fresh))
        only = values.pop() if len(values) == 1 else UNKNOWN
        return fresh, replace(only, fresh=fresh and only.kind != "unknown")


class Trace:
    """Follows one value through a function, under whatever local names it gets."""

    def __init__(self, facts: Facts, function: DefNode) -> None:
        self._facts = facts
        self._function = function
        self._flow = facts.flow(function)
        self._reached: set[tuple[str, ast.AST]] = set()
        self._work: list[tuple[str, ast.AST]] = []

    def of(self, name: str) -> Effect | None:
        """The effects on a parameter; None if some use of it is not understood."""
        first = next((a for a in self._facts.names.bindings(name, self._function)), None)
        if not isinstance(first, ast.arg) or self._flow.is_generator or self._flow.opaque:
            return None
        self._bind(name, first)
        effects = Effect.READ
        while self._work:
            name, made = self._work.pop()
            if name in self._flow.captured or name not in self._flow.locals:
                return None
            for use in self._facts.names.occurrences(name, self._function):
                found = self._use(use, name, made)
                if found is None:
                    return None
                effects |= found
        return effects

    def _bind(self, name: str, stmt: ast.AST) -> None:
        if (name, stmt) not in self._reached:
            self._reached.add((name, stmt))
            self._work.append((name, stmt))

    def _use(self, use: ast.Name, name: str, made: ast.AST) -> Effect | None:
        stmt = self._facts.statement(use)
        if made not in self._flow.definitions(name, stmt) and not self._within(use, made):
            return Effect.READ
        if isinstance(use.ctx, ast.Load):
            return self._place(use)
        if isinstance(stmt, ast.AugAssign) and stmt.target is use:
            self._bind(name, stmt)
            return Effect.WRITTEN
        return Effect.READ

    def _within(self, use: ast.Name, made: ast.AST) -> bool:
        """Whether a name is read in the very statement that binds it, as `:=` allows."""
        inside = self._facts.under(made) if self._facts.statement(use) is made else ()
        return any(isinstance(n, ast.NamedExpr) for n in inside)

    def _place(self, node: ast.expr) -> Effect | None:
        """What the code around an expression does with its value."""
        parent = self._facts.parent(node)
        match parent:
            case ast.BinOp() | ast.Compare() | ast.UnaryOp() | ast.FormattedValue() | ast.Slice():
                return Effect.READ
            case ast.Assert() | ast.Expr() | ast.If() | ast.While():
                return Effect.READ
            case ast.Subscript():
                if parent.value is not node:
                    return Effect.READ
                return self._place(parent) if isinstance(parent.ctx, ast.Load) else Effect.WRITTEN
            case ast.Attribute():
                return self._attribute(parent)
            case ast.IfExp() if parent.test is node:
                return Effect.READ
            case ast.Tuple(elts=parts) if (target := self._same_place(parts, parent, node)) is not None:
                return self._assigned([target], self._facts.statement(parent))
            case ast.IfExp() | ast.BoolOp() | ast.Tuple() | ast.List() | ast.Dict() | ast.Set():
                return self._place(parent)
            case ast.Call():
                return self._argument(parent, node) if node in parent.args else None
            case ast.keyword():
                call = self._facts.parent(parent)
                return self._argument(call, node, parent.arg) if isinstance(call, ast.Call) else None
            case ast.Return():
                return Effect.RETURNED
            case ast.Assign():
                return self._assigned(parent.targets, parent)
            case ast.AnnAssign():
                return self._assigned([parent.target], parent)
            case ast.NamedExpr():
                self._bind(parent.target.id, self._facts.statement(parent))
                return self._place(parent)
            case ast.AugAssign(target=ast.Name()):
                # A list takes over the items, which may be views.
                kind = self._kind(parent.target, parent)
                return Effect.READ if kind in ("ndarray", "tensor", "scalar") else None
            case ast.For() if parent.iter is node:
                return self._assigned([parent.target], parent)
        return None

    def _same_place(self, parts: list[ast.expr], whole: ast.Tuple, part: ast.expr) -> ast.expr | None:
        """The target that takes a part of a tuple where both sides are written out."""
        stmt = self._facts.parent(whole)
        target = stmt.targets[0] if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 else None
        if not isinstance(target, ast.Tuple) or len(target.elts) != len(parts):
            return None
        spread = any(isinstance(e, ast.Starred) for e in (*parts, *target.elts))
        return None if spread else target.elts[parts.index(part)]

    def _kind(self, expr: ast.expr, at: ast.stmt) -> str:
        return self._facts.arrays.value(expr, at).kind

    def _assigned(self, targets: list[ast.expr], stmt: ast.stmt) -> Effect | None:
        effects = Effect.READ
        for target in targets:
            if isinstance(target, ast.Subscript) and self._kind(target.value, stmt) == "ndarray":
                continue  # an array takes a copy
            if isinstance(target, (ast.Attribute, ast.Subscript)):
                effects |= Effect.KEPT
            elif isinstance(target, (ast.Tuple, ast.List, ast.Starred)):
                inner = [target.value] if isinstance(target, ast.Starred) else target.elts
                found = self._assigned(inner, stmt)
                effects |= Effect.READ if found is None else found
            elif isinstance(target, ast.Name):
                self._bind(target.id, stmt)
        return effects

    def _attribute(self, node: ast.Attribute) -> Effect | None:
        if not isinstance(node.ctx, ast.Load):
            return Effect.WRITTEN
        if node.attr in library.SCALAR_ATTRIBUTES:
            return Effect.READ
        call = self._facts.parent(node)
        if isinstance(call, ast.Call) and call.func is node:
            return self._method(node.attr, call)
        return self._place(node) if node.attr in library.VIEW_ATTRIBUTES else None

    def _method(self, name: str, call: ast.Call) -> Effect | None:
        words = {k.arg for k in call.keywords}
        if name in library.FRESH_METHODS and not words & {"out", "copy", None}:
            return Effect.READ
        writes = name in library.IN_PLACE_METHODS or (name.endswith("_") and not name.endswith("__"))
        if not writes and name not in library.VIEW_METHODS:
            return None
        beyond = self._place(call)
        if beyond is None:
            return None
        return beyond | (Effect.WRITTEN if writes else Effect.READ)

    def _argument(self, call: ast.Call, given: ast.expr, word: str | None = "") -> Effect | None:
        dotted = self._facts.names.dotted(call.func)
        if word is None:
            return None
        if word == "out":
            beyond = self._place(call)
            return None if beyond is None else beyond | Effect.WRITTEN
        if dotted in library.VIEW_CALLS:
            return self._place(call)
        if dotted in library.WRITERS:
            return Effect.WRITTEN if given is call.args[0] else Effect.READ
        if dotted in library.READERS and not (dotted in library.MAKERS and may_share(call)):
            # The largest of some arrays is one of them.
            return self._place(call) if dotted in ("builtins.max", "builtins.min") else Effect.READ
        if isinstance(call.func, ast.Attribute) and dotted is None and call.func.attr in library.STORERS:
            return Effect.KEPT
        effect = self._facts.summaries.effect(call, given)
        if effect is None or not effect & Effect.RETURNED:
            return effect
        beyond = self._place(call)
        return None if beyond is None else beyond | (effect & ~Effect.RETURNED)


def may_share(call: ast.Call) -> bool:
    """Whether a call that makes a new array was told that it need not."""
    return any(k.arg in ("copy", "out", "where", "inplace", None) for k in call.keywords)


def _ends(body: list[ast.stmt]) -> bool:
    """Whether the end of a block is surely not reached without a `return` or an error."""
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and _ends(last.body) and _ends(last.orelse)
    if isinstance(last, ast.With):
        return False  # it may swallow an error
    return isinstance(last, (ast.Return, ast.Raise))
