"""Python's scopes, from the tree alone: which scope binds the name that stands at a place."""

from __future__ import annotations

import ast

from codeopt.facts.index import COMPREHENSIONS, DEFS, Index

# Nodes of Python 3.12 and later; named by text so that 3.11 can import this file.
_TYPE_PARAMETERS = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple"})
_MATTER = {
    *DEFS, *COMPREHENSIONS, ast.ClassDef, ast.Lambda, ast.Name, ast.NamedExpr, ast.Import, ast.ImportFrom,
    ast.Global, ast.Nonlocal, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping,
    *(getattr(ast, name) for name in _TYPE_PARAMETERS if hasattr(ast, name)),
}  # fmt: skip


class Scope:
    """Names bound in one module, function, lambda, class or comprehension."""

    __slots__ = ("bindings", "declared_global", "declared_nonlocal", "meanings", "node", "parent", "star")

    def __init__(self, node: ast.AST, parent: Scope | None) -> None:
        self.node = node
        self.parent = parent
        self.bindings: dict[str, list[ast.AST]] = {}
        self.declared_global: set[str] = set()
        self.declared_nonlocal: set[str] = set()
        self.star = False
        self.meanings: dict[str, Scope | None] = {}

    @property
    def is_comprehension(self) -> bool:
        """Whether this is the scope of a comprehension, where a walrus does not bind."""
        return isinstance(self.node, COMPREHENSIONS)

    def owner(self) -> Scope:
        """This scope, or the scope around the comprehensions it is made of."""
        scope = self
        while scope.is_comprehension and scope.parent is not None:
            scope = scope.parent
        return scope


class Scopes:
    """Every scope of a module and, for every name in it, the scope in which it stands.

    What stands in a scope is a few slices of the walk over the tree that the index has made.
    """

    def __init__(self, tree: ast.Module, index: Index) -> None:
        self.module = Scope(tree, None)
        self.of_node: dict[ast.AST, Scope] = {tree: self.module}
        self.places: dict[ast.Name, Scope] = {}
        self._index = index
        self._bound: list[tuple[Scope, str, ast.AST]] = []
        # Slices that are still to come, the next one last.
        self._coming: list[tuple[int, int, Scope]] = []
        self._place(tree)
        # Only now are all `global` and `nonlocal` declarations known.
        for scope, name, node in self._bound:
            self._home(scope, name).bindings.setdefault(name, []).append(node)

    def _place(self, tree: ast.Module) -> None:
        """Find the scope that each name and each node that binds one stands in."""
        scope, end = self.module, self._index.end(tree)
        around: list[tuple[Scope, int]] = []
        coming, places, bound = self._coming, self.places, self._bound
        for position, node in enumerate(self._index.nodes):
            kind = type(node)
            if kind not in _MATTER:
                continue
            while True:
                if position >= end:
                    scope, end = around.pop()
                elif coming and position >= coming[-1][0]:
                    around.append((scope, end))
                    _, end, scope = coming.pop()
                else:
                    break
            if kind is not ast.Name:
                self._enter(node, scope)
            elif type(node.ctx) is ast.Load:  # type: ignore[attr-defined]
                places[node] = scope  # type: ignore[index]
            elif node not in places:
                places[node] = scope  # type: ignore[index]
                bound.append((scope, node.id, node))  # type: ignore[attr-defined]

    def close(self) -> None:
        """Let go of what was looked up: most of it is a scope's own."""
        for scope in self.of_node.values():
            scope.meanings.clear()

    def resolve(self, name: ast.Name) -> Scope | None:
        """The scope that binds a name where it stands; None for a builtin or an unknown name."""
        place = self.places.get(name)
        return None if place is None else self.lookup(name.id, place)

    def lookup(self, name: str, scope: Scope) -> Scope | None:
        """The scope that a name means when read in `scope`."""
        if name not in scope.meanings:
            scope.meanings[name] = self._look_up(name, scope)
        return scope.meanings[name]

    def _look_up(self, name: str, scope: Scope) -> Scope | None:
        if name in scope.declared_global:
            return self.module if name in self.module.bindings else None
        current: Scope | None = scope
        while current is not None:
            inner_class = isinstance(current.node, ast.ClassDef) and current is not scope
            if name in current.bindings and not inner_class:
                return current
            current = current.parent
        return None

    def _home(self, scope: Scope, name: str) -> Scope:
        if name in scope.declared_global:
            return self.module
        if name in scope.declared_nonlocal:
            outer = scope.parent
            while outer is not None:
                if isinstance(outer.node, (*DEFS, ast.Lambda)) and name not in outer.declared_nonlocal:
                    return outer
                outer = outer.parent
        return scope

    def _bind(self, scope: Scope, name: str, node: ast.AST) -> None:
        self._bound.append((scope, name, node))

    def _enter(self, node: ast.AST, scope: Scope) -> None:
        """Record what a node binds, and which slices of what is below it stand in a scope of its own."""
        if isinstance(node, (*DEFS, ast.ClassDef)):
            self._bind(scope, node.name, node)
            inner = self._open(node, scope)
            for part in reversed(_type_parameters(node)):
                self._slice(part, part, inner)
            self._slice(node.body[0], node.body[-1], inner)
            if not isinstance(node, ast.ClassDef):
                self._arguments(node.args, inner)
        elif isinstance(node, ast.Lambda):
            inner = self._open(node, scope)
            self._slice(node.body, node.body, inner)
            self._arguments(node.args, inner)
        elif isinstance(node, COMPREHENSIONS):
            first = node.generators[0].iter
            self._slice(first, first, scope)
            self._slice(node, node, self._open(node, scope))
        elif isinstance(node, ast.NamedExpr):
            home = scope.owner()
            self.places[node.target] = home
            self._bind(home, node.target.id, node.target)
        else:
            self._bind_plain(node, scope)

    def _slice(self, first: ast.AST, last: ast.AST, scope: Scope) -> None:
        self._coming.append((self._index.order(first), self._index.end(last), scope))

    def _bind_plain(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, ast.Global):
            scope.declared_global.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.declared_nonlocal.update(node.names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.name == "*":
                    scope.star = True
                else:
                    self._bind(scope, alias.asname or alias.name.partition(".")[0], alias)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            if node.name:
                self._bind(scope, node.name, node)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            self._bind(scope, node.rest, node)
        elif type(node).__name__ in _TYPE_PARAMETERS:
            self._bind(scope, node.name, node)  # type: ignore[attr-defined]

    def _open(self, node: ast.AST, parent: Scope) -> Scope:
        inner = Scope(node, parent)
        self.of_node[node] = inner
        return inner

    def _arguments(self, args: ast.arguments, scope: Scope) -> None:
        for arg in _all_arguments(args):
            self._bind(scope, arg.arg, arg)


def _all_arguments(args: ast.arguments) -> list[ast.arg]:
    extra = [a for a in (args.vararg, args.kwarg) if a is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *extra]


def _type_parameters(node: ast.AST) -> list[ast.AST]:
    return getattr(node, "type_params", [])
