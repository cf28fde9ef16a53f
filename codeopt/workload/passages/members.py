"""Helper modules of tests whose members are read as attributes, with these members imported instead."""

from __future__ import annotations

import ast
import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

IsBeside = Callable[[ast.ImportFrom], bool]
"""Whether an import is of a module that belongs to the tests or examples."""


def with_members(tree: ast.Module, is_beside: IsBeside) -> ast.Module:
    """A file in which `from tests import cases` and `cases.make()` are `from tests.cases import make as
    cases_make` and `cases_make()`; as it is where such a module is read for itself."""
    modules = dict(_modules(tree, is_beside))
    if not modules:
        return tree
    reader = _Members(modules)
    made: ast.Module = reader.visit(copy.deepcopy(tree))
    left = {node.id for node in ast.walk(made) if isinstance(node, ast.Name)} & set(modules)
    if left:
        return tree
    found = [_imported(modules[name], name, members) for name, members in reader.read.items()]
    return ast.fix_missing_locations(ast.Module([*found, *made.body], []))


def _modules(tree: ast.Module, is_beside: IsBeside) -> Iterator[tuple[str, ast.ImportFrom]]:
    """Names that modules beside are bound to, with an import from each."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{node.module}.{alias.name}" if node.module else alias.name
                held = ast.ImportFrom(name, [], node.level)
                if is_beside(held):
                    yield alias.asname or alias.name, held
        elif isinstance(node, ast.Import):
            for alias in node.names:
                held = ast.ImportFrom(alias.name, [], 0)
                if (alias.asname or "." not in alias.name) and is_beside(held):
                    yield alias.asname or alias.name, held


def _imported(held: ast.ImportFrom, name: str, members: set[str]) -> ast.ImportFrom:
    names = [ast.alias(member, f"{name}_{member}") for member in sorted(members)]
    return ast.ImportFrom(held.module, names, held.level)


@dataclass
class _Members(ast.NodeTransformer):
    modules: dict[str, ast.ImportFrom]
    read: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        owner = node.value
        if isinstance(owner, ast.Name) and owner.id in self.modules and isinstance(node.ctx, ast.Load):
            self.read[owner.id].add(node.attr)
            return ast.copy_location(ast.Name(f"{owner.id}_{node.attr}", ast.Load()), node)
        return node
