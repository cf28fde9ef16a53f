"""Planting small wrong changes into a source text, to see whether the inputs of a proof catch them.

A proof that accepts a candidate says something only if it refuses wrong ones. The faults are
those that optimisers make: off by one, a dropped term or statement, swapped operators and
operands, a missing copy, an in-place change of an argument, another dtype, a lost guard, a
block that is left out, a buffer used too early. `plant` puts them into the original, `plant_near`
into a candidate, on and around the lines it changed. Those that compile to the same code are left
out; some others still change nothing (a copy that nobody writes to), so not all need be caught: a
verdict is Unproven where nothing is, or fewer than half.
"""

from __future__ import annotations

import ast
import copy
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import NamedTuple

from codeopt.equivalence.mutations import Change, changes_of_call, changes_of_expression, changes_of_statement
from codeopt.equivalence.neighbourhood import neighbourhood, owners
from codeopt.equivalence.rewrite_mutations import changes_of_rewrite
from codeopt.equivalence.usage import Usage, usages

FIRST = frozenset(
    {
        "accumulation", "block", "dtype", "gradient", "guard", "in place", "loop exit", "missing copy",
        "off by one", "order", "stale value",
    }
)  # fmt: skip
"""Kinds that go wrong in rewrites that save memory; planted before the others near a candidate."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A whole text with one wrong change in it. `line` counts from 1, in the text before the change."""

    overlay_text: str
    description: str
    line: int


class _Place(NamedTuple):
    """A change to do at the node that `ast.walk` meets as number `at` in the statement `top` of a text."""

    top: int
    at: int
    line: int
    change: Change


def plant(text: str, lines: frozenset[int], seed: int, count: int) -> list[Fault]:
    """Up to `count` faults on the given lines, of as many kinds as there are.

    Raises SyntaxError if the text does not parse.
    """
    tree = ast.parse(text)
    places = _places(tree, lambda node: getattr(node, "lineno", 0) in lines)
    return list(itertools.islice(_faults(text, tree, places, seed, frozenset(), frozenset()), count))


def plant_near(original: str, candidate: str, lines: frozenset[int], seed: int, count: int) -> list[Fault]:
    """Up to `count` wrong variants of the candidate, in the statements it changed and beside them,
    then, where those are too few, in the functions around.

    `lines` are those of the original that ran, from 1: what the candidate has kept of the others
    is left alone. A change back to what the original says is no fault. Raises SyntaxError if either
    text does not parse.
    """
    tree = ast.parse(candidate)
    owner = owners(tree)
    before = _heads(ast.parse(original))
    found: dict[str, Fault] = {}
    for wanted in neighbourhood(original, candidate, tree, lines):
        places = _places(tree, lambda node: id(owner.get(id(node))) in wanted)  # noqa: B023
        for fault in _faults(candidate, tree, places, seed, FIRST, before):
            if len(found) < count:
                found.setdefault(fault.overlay_text, fault)
    return list(found.values())


def _faults(
    text: str,
    tree: ast.Module,
    places: Iterator[_Place],
    seed: int,
    first: frozenset[str],
    before: frozenset[str],
) -> Iterator[Fault]:
    """One place of each kind in turn, those of the `first` kinds before the others."""
    by_kind: dict[str, list[_Place]] = {}
    for place in places:
        by_kind.setdefault(place.change.kind, []).append(place)
    rng = random.Random(seed)
    for kind in sorted(by_kind):
        rng.shuffle(by_kind[kind])
    kinds = sorted(by_kind)
    rng.shuffle(kinds)
    kinds.sort(key=lambda kind: kind not in first)
    seen: dict[int, set[tuple[object, ...]]] = {}
    for turn in range(max((len(same_kind) for same_kind in by_kind.values()), default=0)):
        for kind in kinds:
            if turn >= len(by_kind[kind]):
                continue
            place = by_kind[kind][turn]
            now = tree.body[place.top]
            changed = _applied(now, place)
            known = seen.setdefault(place.top, {_code(now)})
            if (code := _code(changed)) not in known and not _goes_back(now, changed, before):
                known.add(code)
                yield Fault(_replaced(text, now, ast.unparse(changed)), place.change.description, place.line)


def _goes_back(now: ast.stmt, changed: ast.stmt, before: frozenset[str]) -> bool:
    """Whether all that a change does is to put statements of the original in the place of others."""
    heads, found = _heads(now), _heads(changed)
    new, lost = found - heads, heads - found
    # What a dropped `with` leaves in its place stands in no original.
    return bool(new) and new - {"if 1:"} <= before and lost.isdisjoint(before)


def _heads(tree: ast.AST) -> frozenset[str]:
    """Every statement of a tree, compound ones without what is in them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            head = copy.copy(node)
            for name in ("body", "orelse", "finalbody", "handlers"):
                if hasattr(head, name):
                    setattr(head, name, [])
            found.add(ast.unparse(head))
    return frozenset(found)


def _code(statement: ast.stmt) -> tuple[object, ...]:
    """What it compiles to, without lines and file: two texts with the same do the same."""
    tree = ast.fix_missing_locations(ast.Module([statement], []))
    return _plain(compile(ast.unparse(tree), "", "exec", dont_inherit=True))


def _plain(code: CodeType) -> tuple[object, ...]:
    constants = tuple(_plain(c) if isinstance(c, CodeType) else (type(c), repr(c)) for c in code.co_consts)
    return (
        code.co_code,
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_exceptiontable,
    )


def _places(tree: ast.Module, wanted: Callable[[ast.AST], bool]) -> Iterator[_Place]:
    skipped = _not_run(tree)
    usage = usages(tree)
    for top, statement in enumerate(tree.body):
        for at, node in enumerate(ast.walk(statement)):
            if id(node) in skipped:
                continue
            for change in _changes(node, usage):
                concerned = change.statements or (node,)
                if any(wanted(part) for part in concerned):
                    yield _Place(top, at, getattr(concerned[0], "lineno", 0), change)


def _changes(node: ast.AST, usage: dict[int, Usage]) -> Iterator[Change]:
    yield from changes_of_expression(node)
    yield from changes_of_call(node)
    yield from changes_of_statement(node)
    yield from changes_of_rewrite(node, usage)


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


def _applied(statement: ast.stmt, place: _Place) -> ast.stmt:
    root = ast.Module([copy.deepcopy(statement)], [])
    node = list(ast.walk(root.body[0]))[place.at]
    new = place.change.make(node)
    for parent in ast.walk(root):
        for name, value in ast.iter_fields(parent):
            if value is node:
                setattr(parent, name, new)
            elif isinstance(value, list):
                setattr(parent, name, [new if item is node else item for item in value])
    return ast.fix_missing_locations(root).body[0]


def _replaced(text: str, statement: ast.stmt, new: str) -> str:
    """The text with a statement of its top level in another form."""
    lines = text.encode().split(b"\n")
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
    last, end = statement.end_lineno or statement.lineno, statement.end_col_offset or 0
    start = statement.col_offset if first == statement.lineno else 0
    before = b"\n".join([*lines[: first - 1], lines[first - 1][:start]])
    after = b"\n".join([lines[last - 1][end:], *lines[last:]])
    return (before + new.encode() + after).decode()
