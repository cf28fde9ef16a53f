"""One walk over a module's tree: parents, nodes by type in source order, functions and their names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from heapq import merge
from typing import TypeVar

# Shared singletons of the parser: they have no place and so no parent.
_PLACELESS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module
DefNode = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)
DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

N = TypeVar("N", bound=ast.AST)


class Index:
    """Parents, nodes by type and subtrees; built without recursion, so depth does not matter."""

    def __init__(self, tree: ast.Module) -> None:
        self.parents: dict[ast.AST, ast.AST] = {}
        self.depth = 0
        self._kinds: dict[type[ast.AST], list[tuple[int, ast.AST]]] = {}
        self._order: dict[ast.AST, int] = {}
        self._nodes: list[ast.AST] = []
        self._ends: list[int] = []
        stack: list[tuple[ast.AST, int, bool]] = [(tree, 1, False)]
        while stack:
            node, depth, quoted = stack.pop()
            position = len(self._nodes)
            if not quoted or isinstance(node, (ast.Name, ast.arg)):
                self._kinds.setdefault(type(node), []).append((position, node))
            self._order[node] = position
            self._nodes.append(node)
            self.depth = max(self.depth, depth)
            children = [c for c in ast.iter_child_nodes(node) if not isinstance(c, _PLACELESS)]
            for child in children:
                self.parents[child] = node
            quoted = quoted or isinstance(node, ast.JoinedStr)
            stack.extend((child, depth + 1, quoted) for child in reversed(children))
        self._measure()

    def _measure(self) -> None:
        """A subtree is a slice of the walk: find where each one ends."""
        self._ends = [position + 1 for position in range(len(self._nodes))]
        for position in range(len(self._nodes) - 1, 0, -1):
            parent = self._order[self.parents[self._nodes[position]]]
            self._ends[parent] = max(self._ends[parent], self._ends[position])

    def under(self, node: ast.AST) -> list[ast.AST]:
        """A node and all nodes below it, in source order; far cheaper than `ast.walk`."""
        position = self._order[node]
        return self._nodes[position : self._ends[position]]

    def walk(self, *kinds: type[N]) -> Iterator[N]:
        """All nodes of exactly these types, in source order.

        Of what stands inside an f-string only names: before Python 3.12 its expressions have no
        reliable place, and no text with quotes can be put there.
        """
        found = [self._kinds.get(kind, []) for kind in kinds]
        nodes = found[0] if len(found) == 1 else merge(*found, key=lambda pair: pair[0])
        for _, node in nodes:
            yield node  # type: ignore[misc]

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
