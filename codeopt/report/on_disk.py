"""Places and changes in a file as it lies on disk: of a notebook, in its JSON.

Tools that show a finding beside the code (forges, editors) count lines in the file itself, not in cells.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from codeopt.edit import Edit, Span, apply_edits
from codeopt.json_spans import encoded, items, value
from codeopt.notebook import Cell, Notebook

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Text in place of a span of a file on disk (columns count characters, from 1)."""

    span: Span
    text: str


@dataclass(frozen=True)
class OnDisk:
    """The decoded text of a file; of a `notebook`, its JSON."""

    text: str
    notebook: Notebook | None = None

    @cached_property
    def _lines(self) -> list[str]:
        return _LINES.findall(self.text)

    def span(self, cell: int | None, span: Span) -> Span:
        """Where a place is on disk; of a notebook, the JSON strings that hold the lines of its cell."""
        found = self._cell(cell)
        if found is None:
            return span
        return self._in_json(found, span.line, span.end_line)

    def whole_lines(self, cell: int | None, first: int, last: int) -> Span:
        """The span of lines (of a cell, or of the file), from where their text begins."""
        found = self._cell(cell)
        if found is not None:
            return self._in_json(found, first, last)
        begin, end = self._line(first), self._line(last).rstrip()
        return Span(first, len(begin) - len(begin.lstrip()) + 1, last, len(end) + 1)

    def excerpt(self, cell: int | None, first: int, last: int) -> str:
        """The code on these lines, each without the space around it: the same wherever it moves."""
        found = self._cell(cell)
        lines = self._lines if found is None else _LINES.findall(found.source)
        return "\n".join(line.strip() for line in lines[first - 1 : last])

    def with_edits(self, cell: int | None, edits: tuple[Edit, ...]) -> str | None:
        """The text on disk once edits (of a cell, or of the file) are made; None if they do not fit it."""
        found = self._cell(cell)
        try:
            if found is None:
                return apply_edits(self.text, edits)
            raw = self.text[found.start : found.end]
            new = encoded(raw, apply_edits(found.source, edits), ascii_only=self.text.isascii())
        except ValueError:
            return None
        return self.text[: found.start] + new + self.text[found.end :]

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def _cell(self, number: int | None) -> Cell | None:
        if number is None or self.notebook is None:
            return None
        return next((cell for cell in self.notebook.cells if cell.number == number), None)

    def _in_json(self, cell: Cell, first: int, last: int) -> Span:
        spans = [(cell.start, cell.end)]
        if self.text[cell.start] == "[":
            spans = self._holding(cell, first, last) or spans
        return self._between(spans[0][0], spans[-1][1])

    def _holding(self, cell: Cell, first: int, last: int) -> list[tuple[int, int]]:
        """The strings of a cell's source that hold these lines of it."""
        found: list[tuple[int, int]] = []
        line = 1
        for span in items(self.text, cell.start):
            newlines = len(re.findall(r"\r\n|\r|\n", value(self.text, span)))
            if line <= last and first <= line + max(0, newlines - 1):
                found.append(span)
            line += newlines
        return found

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self._lines:
            starts.append(starts[-1] + len(line))
        if not self.text.endswith(("\r", "\n")):
            starts.pop()
        return starts or [0]

    def _between(self, start: int, end: int) -> Span:
        return Span(*self._position(start), *self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def replacements(self, after: str) -> tuple[Replacement, ...]:
        """The least that turns this text into `after`."""
        return tuple(self._replacements(after))

    def _replacements(self, after: str) -> Iterator[Replacement]:
        old, new = self._lines, _LINES.findall(after)
        head = _alike(old, new)
        tail = _alike(old[head:][::-1], new[head:][::-1])
        middle = old[head : len(old) - tail], new[head : len(new) - tail]
        at = sum(map(len, old[:head]))
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
            taken, given = "".join(middle[0][i1:i2]), "".join(middle[1][j1:j2])
            if tag != "equal":
                begin, end = _trimmed(taken, given)
                span = self._between(at + begin, at + len(taken) - end)
                yield Replacement(span, given[begin : len(given) - end])
            at += len(taken)


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines, or characters, are the same from the start."""
    return next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )


def _trimmed(old: str, new: str) -> tuple[int, int]:
    """How many characters at the start and at the end stay; a `\\r\\n` is never taken apart."""
    begin = _alike(old, new)
    begin -= old[:begin].endswith("\r")
    end = _alike(old[begin:][::-1], new[begin:][::-1])
    if end and "\r" in (old[-end - 1 : -end], new[-end - 1 : -end]):
        end -= 1
    return begin, end
