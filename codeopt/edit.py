"""Edits of a text as byte spans, sites that carry them, and when two of them conflict.

Spans count UTF-8 bytes of the decoded text, which is what `ast` positions count and what
splices without re-parsing. Standard library only: everything in here crosses processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Trust(StrEnum):
    """What a rewrite promises, strongest first; see the contract of each level in the docs."""

    EXACT = "exact"
    CLOSE = "close"
    PRECISION = "precision"
    LOSSY = "lossy"

    @property
    def rank(self) -> int:
        """0 for `exact` up to 3 for `lossy`."""
        return list(Trust).index(self)

    def within(self, limit: Trust) -> bool:
        """Whether a user who accepts `limit` accepts this level."""
        return self.rank <= limit.rank


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the UTF-8 bytes `[start, end)` of a text by `text`; `start == end` inserts."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where a finding stands, lines and columns (characters) counted from 1."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Site:
    """One rewrite that a rule offers at one place.

    Sites with the same non-empty `group` exclude one another: they are alternatives (block
    sizes, dtypes) of one place. `certain` says that static facts alone decide the rewrite;
    where they cannot, the site is for the search, which proves it by running, and is never
    reported or written by `check`. A site without edits can only point.

    With a `cell` (from 1) of a notebook, span and edits count in the source of that cell; without, in the
    whole text.
    """

    rule: str
    path: str
    function: str
    span: Span
    message: str
    trust: Trust
    edits: tuple[Edit, ...]
    imports: tuple[str, ...] = ()
    group: str = ""
    label: str = ""
    certain: bool = True
    cell: int | None = None

    @cached_property
    def id(self) -> str:
        """Twelve hex digits that name this rewrite in every run."""
        parts = [self.rule, self.path, *self.imports]
        parts += [f"{e.start}:{e.end}:{e.text}" for e in self.edits]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def edits_overlap(a: Edit, b: Edit) -> bool:
    """Whether two edits cannot stand together.

    Two insertions at one place can if each adds whole lines or both are the same.
    """
    if a.start == a.end and b.start == b.end:
        whole_lines = a.text.endswith("\n") and b.text.endswith("\n")
        return a.start == b.start and a.text != b.text and not whole_lines
    if a.start == a.end:
        return b.start < a.start < b.end
    if b.start == b.end:
        return a.start < b.start < a.end
    return a.start < b.end and b.start < a.end


def conflict(a: Site, b: Site) -> bool:
    """Whether two sites cannot be applied together."""
    if a.path != b.path:
        return False
    if a.group and a.group == b.group:
        return True
    return any(edits_overlap(x, y) for x in a.edits for y in b.edits)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Splice edits into a text; equal edits count once, insertions keep their given order.

    Raises ValueError if two edits overlap or a span lies outside the text.
    """
    data = text.encode()
    unique = sorted(dict.fromkeys(edits), key=lambda e: (e.start, e.end))
    out: list[bytes] = []
    position = 0
    for edit in unique:
        if edit.start < position or edit.end > len(data) or edit.end < edit.start:
            raise ValueError(f"edit {edit.start}:{edit.end} overlaps another or lies outside the text")
        out += [data[position : edit.start], edit.text.encode()]
        position = edit.end
    out.append(data[position:])
    return b"".join(out).decode()
