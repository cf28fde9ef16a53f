"""Where tests name what a project defines without calling it: values that a test is run with."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

Named = tuple[str, ast.expr, int]
"""The name of a function or class, the expression that leads to it, and the line where its test begins."""


def mentions(tree: ast.Module, own: Collection[str]) -> Iterator[Named]:
    """Names of functions and classes that tests, their decorators and the bodies of their classes hold.

    What a list at the head of the file holds counts where the list is read.
    """
    listed = {name: {n for n, _ in _named(value, own)} for name, value in _assigned(tree.body).items()}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from _of_function(node, own, listed)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield from _of_function(inner, own, listed)
                elif isinstance(inner, ast.Assign | ast.AnnAssign) and inner.value is not None:
                    yield from ((name, found, inner.lineno) for name, found in _named(inner.value, own))


def _of_function(
    node: ast.FunctionDef, own: Collection[str], listed: Mapping[str, Collection[str]]
) -> Iterator[Named]:
    for part in (*node.decorator_list, *node.body):
        called = {id(each.func) for each in ast.walk(part) if isinstance(each, ast.Call)}
        for name, found in _named(part, own):
            if part in node.decorator_list or id(found) not in called:
                yield name, found, node.lineno
        for name, found in _named(part, listed):
            yield from ((held, found, node.lineno) for held in listed[name])


def _named(node: ast.AST, names: Collection[str]) -> Iterator[tuple[str, ast.expr]]:
    """Where an expression or statement reads one of some names, perhaps as an attribute."""
    for part in ast.walk(node):
        name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
        if name in names and isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, ast.Load):
            yield name, part


def _assigned(body: Sequence[ast.stmt]) -> dict[str, ast.expr]:
    return {
        node.targets[0].id: node.value
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def with_named_first(values: ast.expr, wanted: Collection[str], head: Sequence[ast.stmt] = ()) -> ast.expr:
    """A list of values, or one at the head of the file that is read, with the first that reads a name first.

    As it is where there is none.
    """
    told = _assigned(head).get(values.id, values) if isinstance(values, ast.Name) else values
    if isinstance(told, ast.List | ast.Tuple):
        for value in told.elts:
            if any(True for _ in _named(value, wanted)):
                return ast.List([value, *(other for other in told.elts if other is not value)], ast.Load())
    return values
