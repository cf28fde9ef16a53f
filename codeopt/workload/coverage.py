"""How much of the lines that a rewrite touches a workload runs: statements, and ways out of branches.

Both are told by lines, as coverage.py does: a branch that stands on one line with its body has one way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Statements and branch ways among the touched lines, those of them that ran, and lines that never
    did."""

    statements: int
    statements_run: int
    branches: int
    branches_run: int
    missed: tuple[int, ...] = ()

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(
            self.statements + other.statements,
            self.statements_run + other.statements_run,
            self.branches + other.branches,
            self.branches_run + other.branches_run,
            (*self.missed, *other.missed),
        )


NOTHING = Coverage(0, 0, 0, 0)


def covered(
    text: str, touched: Iterable[int], lines: frozenset[int], arcs: frozenset[tuple[int, int]]
) -> Coverage:
    """The coverage of some lines (from 1) of a file, by the lines and the steps between lines that ran.

    A statement counts by its first line. Where a touched line is the inside of a statement, that
    statement is touched. Raises SyntaxError where the text does not parse.
    """
    wanted = frozenset(touched)
    statements = [s for s in ast.walk(ast.parse(text)) if isinstance(s, ast.stmt) and not _is_silent(s)]
    found = sorted({s.lineno for s in statements if not wanted.isdisjoint(_own_lines(s))})
    missed = tuple(line for line in found if line not in lines)
    ways = [
        way
        for s in statements
        if isinstance(s, _BRANCHES) and not wanted.isdisjoint(_own_lines(s)) and s.body[0].lineno != s.lineno
        for way in _ways(s, arcs)
    ]
    return Coverage(len(found), len(found) - len(missed), len(ways), sum(ways), missed)


def _ways(
    branch: ast.If | ast.For | ast.AsyncFor | ast.While, arcs: frozenset[tuple[int, int]]
) -> list[bool]:
    """Whether it went into its body, and whether it went past it."""
    body = branch.body[0].lineno
    ends = {end for begin, end in arcs if branch.lineno <= begin < body and not branch.lineno <= end < body}
    return [body in ends, bool(ends - {body})]


def _own_lines(stmt: ast.stmt) -> range:
    """The lines of a statement without those of the statements inside it."""
    body = getattr(stmt, "body", None)
    end = body[0].lineno - 1 if isinstance(body, list) and body else stmt.end_lineno or stmt.lineno
    return range(stmt.lineno, max(end, stmt.lineno) + 1)


def _is_silent(stmt: ast.stmt) -> bool:
    """Whether no line event tells that a statement ran: docstrings, declarations, `try`."""
    constant = isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant)
    return constant or isinstance(stmt, (ast.Global, ast.Nonlocal, ast.Try, ast.TryStar))
