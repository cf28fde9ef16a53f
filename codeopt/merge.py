"""Putting the changes of several suggestions into one text, by the line ranges they touch."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Hunk:
    """Lines `[start, end)` of the base text (from 0) and what takes their place."""

    start: int
    end: int
    lines: tuple[str, ...]


class MergeConflict(Exception):
    """Two changes touch the same lines."""


def hunks(before: str, after: str) -> list[Hunk]:
    """The line ranges in which two texts differ."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        Hunk(i1, i2, tuple(new[j1:j2])) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal"
    ]


def merge(before: str, afters: Iterable[str]) -> str:
    """All changes together; the same change made twice counts once.

    Raises MergeConflict where two changes touch the same lines in different ways.
    """
    wanted = sorted({hunk for after in afters for hunk in hunks(before, after)})
    for a, b in pairwise(wanted):
        if b.start < a.end or (a.start == b.start and a.end == b.end and not _both_import(a, b)):
            raise MergeConflict(f"lines {b.start + 1} to {max(b.end, b.start + 1)} are changed twice")
    return _splice(before.splitlines(keepends=True), wanted)


def _both_import(a: Hunk, b: Hunk) -> bool:
    """Whether both only add import lines at one place, which may stand in any order."""
    inserts = a.start == a.end and b.start == b.end
    return inserts and all(line.startswith(("import ", "from ")) for line in (*a.lines, *b.lines))


def _splice(lines: Sequence[str], wanted: Sequence[Hunk]) -> str:
    out: list[str] = []
    position = 0
    for hunk in wanted:
        out += [*lines[position : hunk.start], *hunk.lines]
        position = hunk.end
    return "".join([*out, *lines[position:]])
