"""Python's scopes, from the tree alone: which scope binds the name that stands at a place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.facts.index import COMPREHENSIONS, DEFS

ScopeNode = (
    ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
    | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
)  # fmt: skip

# Nodes of Python 3.12 and later; named by text so that 3.11 can import this file.
_TYPE_PARAMETERS = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple"})


class Scope:
    """Names bound in one module, function, lambda, class or comprehension."""

    __slots__ = ("bindings", "declared_global", "declared_nonlocal", "node", "parent", "star")

    def __init__(self, node: ast.AST, parent: Scope | None) -> None:
        self.node = node
        self.parent = parent
        self.bindings: dict[str, list[ast.AST]] = {}
        self.declared_global: set[str] = set()
        self.declared_nonlocal: set[str] = set()
        self.star = False

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
    """Every scope of a module and, for every name in it, the scope in which it stands."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(tree, None)
        self.of_node: dict[ast.AST, Scope] = {tree: self.module}
        self.places: dict[ast.Name, Scope] = {}
        self._bound: list[tuple[Scope, str, ast.AST]] = []
        stack: list[tuple[ast.AST, Scope]] = [(child, self.module) for child in reversed(tree.body)]
        while stack:
            node, scope = stack.pop()
            stack.extend(reversed(list(self._enter(node, scope))))
        # Only now are all `global` and `nonlocal` declarations known.
        for scope, name, node in self._bound:
            self._home(scope, name).bindings.setdefault(name, []).append(node)

    def resolve(self, name: ast.Name) -> Scope | None:
        """The scope that binds a name where it stands; None for a builtin or an unknown name."""
        place = self.places.get(name)
        return None if place is None else self.lookup(name.id, place)

    def lookup(self, name: str, scope: Scope) -> Scope | None:
        """The scope that a name means when read in `scope`."""
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

    def _enter(self, node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        """Record what a node binds and name its children with the scope each stands in."""
        if isinstance(node, ast.Name):
            self.places[node] = scope
            if not isinstance(node.ctx, ast.Load):
                self._bind(scope, node.id, node)
        elif isinstance(node, DEFS):
            yield from self._function(node, scope)
        elif isinstance(node, ast.Lambda):
            inner = self._open(node, scope)
            yield from ((d, scope) for d in _defaults(node.args))
            self._arguments(node.args, inner)
            yield node.body, inner
        elif isinstance(node, ast.ClassDef):
            self._bind(scope, node.name, node)
            inner = self._open(node, scope)
            yield from ((n, scope) for n in (*node.decorator_list, *node.bases, *node.keywords))
            yield from ((n, inner) for n in (*_type_parameters(node), *node.body))
        elif isinstance(node, COMPREHENSIONS):
            yield from self._comprehension(node, scope)
        elif isinstance(node, ast.NamedExpr):
            home = scope.owner()
            self.places[node.target] = home
            self._bind(home, node.target.id, node.target)
            yield node.value, scope
        else:
            self._bind_plain(node, scope)
            yield from ((child, scope) for child in ast.iter_child_nodes(node))

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

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope
    ) -> Iterator[tuple[ast.AST, Scope]]:
        self._bind(scope, node.name, node)
        inner = self._open(node, scope)
        yield from ((n, scope) for n in (*node.decorator_list, *_defaults(node.args)))
        annotated = [a.annotation for a in _all_arguments(node.args)] + [node.returns]
        yield from ((n, scope) for n in annotated if n is not None)
        self._arguments(node.args, inner)
        yield from ((n, inner) for n in (*_type_parameters(node), *node.body))

    def _arguments(self, args: ast.arguments, scope: Scope) -> None:
        for arg in _all_arguments(args):
            self._bind(scope, arg.arg, arg)

    def _comprehension(self, node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        inner = self._open(node, scope)
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        for number, part in enumerate(generators):
            yield part.iter, inner if number else scope
            yield part.target, inner
            yield from ((test, inner) for test in part.ifs)
        if isinstance(node, ast.DictComp):
            yield from ((node.key, inner), (node.value, inner))
        else:
            yield node.elt, inner  # type: ignore[attr-defined]


def _all_arguments(args: ast.arguments) -> list[ast.arg]:
    extra = [a for a in (args.vararg, args.kwarg) if a is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *extra]


def _defaults(args: ast.arguments) -> list[ast.expr]:
    return [*args.defaults, *(d for d in args.kw_defaults if d is not None)]


def _type_parameters(node: ast.AST) -> list[ast.AST]:
    return getattr(node, "type_params", [])
