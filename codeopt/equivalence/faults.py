"""Planting small wrong changes into a source text, to see whether the inputs of a proof catch them.

A proof that accepts a candidate says something only if it refuses wrong ones. The faults are
those that optimisers make: off by one, a dropped term or statement, swapped operators and
operands, a missing copy, an in-place change of an argument, another dtype. Some happen to
change nothing (a copy that nobody writes to), so not all need be caught: a verdict is Unproven
where nothing is, or fewer than half.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from codeopt.equivalence.mutations import Change, changes_of_call, changes_of_expression, changes_of_statement


@dataclass(frozen=True, slots=True)
class Fault:
    """A whole text with one wrong change in it. `line` counts from 1, in the original."""

    overlay_text: str
    description: str
    line: int


class _Place(NamedTuple):
    at: int
    line: int
    change: Change


def plant(text: str, lines: frozenset[int], seed: int, count: int) -> list[Fault]:
    """Up to `count` faults on the given lines, of as many kinds as there are.

    Raises SyntaxError if the text does not parse.
    """
    tree = ast.parse(text)
    by_kind: dict[str, list[_Place]] = {}
    for place in _places(tree, lines):
        by_kind.setdefault(place.change.kind, []).append(place)
    rng = random.Random(seed)
    for places in by_kind.values():
        rng.shuffle(places)
    found: list[Fault] = []
    seen = {ast.unparse(tree)}
    turns = max((len(places) for places in by_kind.values()), default=0)
    for turn in range(turns):
        for kind in sorted(by_kind):
            if turn >= len(by_kind[kind]) or len(found) >= count:
                continue
            place = by_kind[kind][turn]
            changed = _applied(tree, place)
            if changed not in seen:
                seen.add(changed)
                found.append(Fault(changed, place.change.description, place.line))
    return found


def _places(tree: ast.Module, lines: frozenset[int]) -> Iterator[_Place]:
    skipped = _not_run(tree)
    parameters = _parameters_by_node(tree)
    for index, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", 0)
        if line not in lines or id(node) in skipped:
            continue
        makers: tuple[Callable[[ast.AST], Iterator[Change]], ...] = (changes_of_expression, changes_of_call)
        for maker in makers:
            for change in maker(node):
                yield _Place(index, line, change)
        for change in changes_of_statement(node, parameters.get(id(node), frozenset())):
            yield _Place(index, line, change)


def _not_run(tree: ast.Module) -> set[int]:
    """Annotations, decorators, what stands in `raise` and `assert`: changes there prove nothing."""
    roots: list[ast.AST | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            roots += [node.returns, *node.decorator_list]
            roots += [a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg)]
        elif isinstance(node, ast.AnnAssign):
            roots.append(node.annotation)
        elif isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
            roots.append(node)
        elif isinstance(node, ast.ClassDef):
            roots += [*node.bases, *node.decorator_list]
    return {id(inner) for root in roots if root is not None for inner in ast.walk(root)}


def _parameters_by_node(tree: ast.Module) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            names = frozenset(a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg))
            for node in ast.walk(function):
                found[id(node)] = names
    return found


def _applied(tree: ast.Module, place: _Place) -> str:
    fresh = copy.deepcopy(tree)
    node = list(ast.walk(fresh))[place.at]
    new = place.change.make(node)
    for parent in ast.walk(fresh):
        for name, value in ast.iter_fields(parent):
            if value is node:
                setattr(parent, name, new)
            elif isinstance(value, list):
                setattr(parent, name, [new if item is node else item for item in value])
    return ast.unparse(ast.fix_missing_locations(fresh))
