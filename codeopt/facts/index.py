"""One walk over a module's tree: parents, nodes by type in source order, functions and their names."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeVar

# Fields of plain values, and of operators and contexts: singletons that have no place and so no parent.
_PLAIN = {
    "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level", "module",
    "n", "name", "names", "op", "ops", "rest", "s", "simple", "tag", "type_comment", "type_ignores",
}  # fmt: skip
_NODES = {("Import", "names"), ("ImportFrom", "names"), ("TypeAlias", "name")}
_VALUES = {"Constant", "MatchSingleton"}

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module
DefNode = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)
DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

N = TypeVar("N", bound=ast.AST)


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}


def _node_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """Fields that may hold nodes with a place, last first."""
    if kind not in _FIELDS:
        names = [f for f in kind._fields if f not in _PLAIN or (kind.__name__, f) in _NODES]
        _FIELDS[kind] = () if kind.__name__ in _VALUES else tuple(reversed(names))
    return _FIELDS[kind]


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node, in source order; far cheaper than `ast.iter_child_nodes`."""
    found: list[ast.AST] = []
    for field in reversed(_node_fields(type(node))):
        child = getattr(node, field)
        if child.__class__ is list:
            found += [part for part in child if part is not None]
        elif child is not None:
            found.append(child)
    return found


class _Kinds(dict[type[ast.AST], tuple[tuple[str, ...], list[ast.AST]]]):
    """For each type of node its fields and the nodes found so far."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[tuple[str, ...], list[ast.AST]]:
        found: list[ast.AST] = []
        self[kind] = _node_fields(kind), found
        return self[kind]


class Index:
    """Parents, nodes by type and subtrees; built without recursion, so depth does not matter."""

    def __init__(self, tree: ast.Module) -> None:
        # The hottest loop there is: every node of every file comes through here once.
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: list[ast.AST] = []
        self._found = _Kinds()
        self._alike: dict[type[ast.AST], list[int]] = {}
        self._merged: dict[tuple[type[ast.AST], ...], list[ast.AST]] = {}
        parents, nodes, found = self.parents, self.nodes, self._found
        stack: list[ast.AST] = [tree]
        pop, push, add = stack.pop, stack.append, nodes.append
        while stack:
            node = pop()
            add(node)
            fields, alike = found[type(node)]
            alike.append(node)
            for field in fields:
                child = getattr(node, field)
                if child.__class__ is list:
                    for part in reversed(child):
                        if part is not None:
                            parents[part] = node
                            push(part)
                elif child is not None:
                    parents[child] = node
                    push(child)
        self._order = dict(zip(nodes, range(len(nodes)), strict=True))
        self._measure()
        self._quote()

    def _measure(self) -> None:
        """A subtree is a slice of the walk: find where each one ends, and how deep the tree is."""
        order, parents = self._order, self.parents
        nodes = iter(self.nodes)
        next(nodes)
        above = [0, *(order[parents[node]] for node in nodes)]
        self._ends = ends = list(range(1, len(above) + 1))
        for position in range(len(above) - 1, 0, -1):
            parent = above[position]
            if ends[parent] < ends[position]:
                ends[parent] = ends[position]
        depths = [1] * len(above)
        for position in range(1, len(above)):
            depths[position] = depths[above[position]] + 1
        self.depth = max(depths)

    def _quote(self) -> None:
        """Take what stands inside f-strings, but for names, out of the nodes by type."""
        quoted = {n for s in self._found[ast.JoinedStr][1] for n in self.under(s)[1:]}
        for kind in {type(node) for node in quoted} - {ast.Name, ast.arg}:
            alike = self._found[kind][1]
            alike[:] = [node for node in alike if node not in quoted]

    def under(self, node: ast.AST) -> list[ast.AST]:
        """A node and all nodes below it, in source order; far cheaper than `ast.walk`."""
        position = self._order[node]
        return self.nodes[position : self._ends[position]]

    def walk(self, *kinds: type[N]) -> Iterator[N]:
        """All nodes of exactly these types, in source order.

        Of what stands inside an f-string only names: before Python 3.12 its expressions have no
        reliable place, and no text with quotes can be put there.
        """
        if len(kinds) == 1:
            return iter(self._found[kinds[0]][1])  # type: ignore[arg-type]
        if kinds not in self._merged:
            nodes = [node for kind in kinds for node in self._found[kind][1]]
            self._merged[kinds] = sorted(nodes, key=self._order.__getitem__)
        return iter(self._merged[kinds])  # type: ignore[arg-type]

    def alike(self, kind: type[N], node: ast.AST) -> list[N]:
        """All nodes of exactly one type in a node, in source order; of f-strings as `walk` has it."""
        found = self._found[kind][1]
        if kind not in self._alike:
            self._alike[kind] = [self._order[one] for one in found]
        places, position = self._alike[kind], self._order[node]
        begin = bisect_left(places, position)
        return found[begin : bisect_left(places, self._ends[position], begin)]  # type: ignore[return-value]

    def names(self, node: ast.AST) -> list[ast.Name]:
        """All names in a node, in source order."""
        return self.alike(ast.Name, node)

    def end(self, node: ast.AST) -> int:
        """The place in the walk behind a node and all that is below it."""
        return self._ends[self._order[node]]

    def places(self, kind: type[N], wanted: Callable[[N], bool]) -> list[int]:
        """Places in the walk of all nodes of a type that a test wants, f-strings included."""
        return [n for n, node in enumerate(self.nodes) if type(node) is kind and wanted(node)]

    def holds(self, node: ast.AST, places: list[int]) -> bool:
        """Whether one of some places in the walk, in order, is a node or below it."""
        position = self._order[node]
        following = bisect_left(places, position)
        return following < len(places) and places[following] < self._ends[position]

    @cached_property
    def has_walrus(self) -> bool:
        """Whether any expression of the file binds a name."""
        return any(type(node) is ast.NamedExpr for node in self.nodes)

    def outside(self, body: list[ast.stmt], kinds: tuple[type[ast.AST], ...]) -> list[ast.AST]:
        """The nodes of a block in source order, without what stands below nodes of these types."""
        found: list[ast.AST] = []
        nodes, ends = self.nodes, self._ends
        position, end = self._order[body[0]], self.end(body[-1])
        while position < end:
            node = nodes[position]
            found.append(node)
            position = ends[position] if type(node) in kinds else position + 1
        return found

    def order(self, node: ast.AST) -> int:
        """The place of a node in a walk of the tree, parents before children."""
        return self._order[node]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Parent, grandparent and so on up to the module."""
        parent = self.parents.get(node)
        while parent is not None:
            yield parent
            parent = self.parents.get(parent)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds a node (the node itself if it is one)."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def function(self, node: ast.AST) -> FunctionNode:
        """The function, lambda or module whose body a node belongs to."""
        for parent in self.ancestors(node):
            if isinstance(parent, FUNCTIONS):
                return parent
        return node  # type: ignore[return-value]

    def qualname(self, node: ast.AST) -> str:
        """Python's `__qualname__` of the definition around a node, `<module>` at the top."""
        parts: list[str] = []
        current: ast.AST | None = node
        while current is not None:
            if isinstance(current, ast.ClassDef):
                parts.append(current.name)
            elif isinstance(current, DEFS):
                parts += ["<locals>", current.name] if parts else [current.name]
            current = self.parents.get(current)
        if not parts or not any(isinstance(n, DEFS) for n in (node, *self.ancestors(node))):
            return "<module>"
        return ".".join(reversed(parts))
