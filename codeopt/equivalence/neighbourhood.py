"""Which statements of a candidate it changed, and those right beside them."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from typing import NamedTuple

_SILENT = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal)


def owners(tree: ast.Module) -> dict[int, ast.stmt]:
    """The innermost statement around every node, by the node's id; a statement's own is itself."""
    found: dict[int, ast.stmt] = {}

    def descend(node: ast.AST, statement: ast.stmt | None) -> None:
        if isinstance(node, ast.stmt):
            statement = node
        if statement is not None:
            found[id(node)] = statement
        for child in ast.iter_child_nodes(node):
            descend(child, statement)

    descend(tree, None)
    return found


class Neighbourhood(NamedTuple):
    """Ids of the statements that meet a changed line or stand beside one, and of the others in the
    functions around them."""

    near: frozenset[int]
    around: frozenset[int]


def neighbourhood(original: str, candidate: str, tree: ast.Module, lines: frozenset[int]) -> Neighbourhood:
    """Where `candidate`, whose tree is `tree`, differs from `original`.

    Of a compound statement only the head counts; of a function whose decorators changed, all. A
    statement kept from the original whose lines are not among `lines`, those that ran, is left out.
    """
    changed, kept = _line_changes(original.splitlines(), candidate.splitlines())
    dead = {new for new, old in kept.items() if old not in lines}
    near: set[int] = set()
    around: set[int] = set()
    for block in _blocks(tree):
        hit = [not changed.isdisjoint(_head(statement)) for statement in block]
        for i, statement in enumerate(block):
            if isinstance(statement, ast.FunctionDef) and hit[i]:
                near |= _statements_in(statement)
            if any(hit[max(0, i - 1) : i + 2]):
                near.add(id(statement))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and not near.isdisjoint(inner := _statements_in(function)):
            around |= inner
    silent = {
        id(statement)
        for statement in ast.walk(tree)
        if isinstance(statement, _SILENT) or (isinstance(statement, ast.stmt) and _head(statement) <= dead)
    }
    return Neighbourhood(frozenset(near - silent), frozenset(around - near - silent))


def _statements_in(function: ast.FunctionDef) -> set[int]:
    return {id(node) for node in ast.walk(function) if isinstance(node, ast.stmt)} - {id(function)}


def _line_changes(old: list[str], new: list[str]) -> tuple[set[int], dict[int, int]]:
    """Lines of the new text that changed or stand where some were taken out; the others with their old."""
    changed: set[int] = set()
    kept: dict[int, int] = {}
    for tag, i, _, j, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            kept.update((j + k + 1, i + k + 1) for k in range(end - j))
        else:
            changed.update(range(j + 1, end + 1) if end > j else (j, j + 1))
    return changed, kept


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                yield block


def _head(statement: ast.stmt) -> set[int]:
    """Lines of a statement without those of the statements in it; of a definition, its decorators too."""
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
    last = statement.end_lineno or statement.lineno
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body:
        last = max(statement.lineno, body[0].lineno - 1)
    return set(range(first, last + 1))
