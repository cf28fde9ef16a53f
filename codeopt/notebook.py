"""Jupyter notebooks as one Python text, and back into their JSON without touching another byte.

The text is the code cells in order, each below a marker line, with a comment in place of every line
that is not Python (`magics`). Both are found again in a text that was edited, so it can be taken
apart into cells; only the `source` of cells that changed is written anew. Edits stay within one
cell, which may be run again alone, and keep off the masked lines and functions that hold one.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from codeopt.edit import Edit, Site, Span, edits_overlap
from codeopt.json_spans import NotJson, document, encoded, items, members, value
from codeopt.magics import NEWLINE, Masks, masks_of

_MARKER = "# %% cell"
_MASK = "# magic"
_UPGRADE = "write it anew with `jupyter nbconvert --to notebook --inplace`"


class NotANotebook(Exception):
    """Why a file cannot be read as a notebook; `line` counts in the file."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its number among all cells (from 1), its source as it is and with everything masked
    that is not Python, and where (in characters) its source stands in the JSON."""

    number: int
    source: str
    python: str
    masked: tuple[str, ...]
    tags: frozenset[str]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that could not be used: its number, the line in it and the reason."""

    cell: int
    line: int
    reason: str


@dataclass(frozen=True)
class Notebook:
    """A notebook as it was read; `raw` is its JSON, `newline` ends the lines that this module adds."""

    raw: str
    cells: tuple[Cell, ...]
    wrong: tuple[Wrong, ...]
    marker: str
    mask: str
    newline: str
    is_python: bool

    @property
    def python(self) -> str:
        """The code cells as one text."""
        parts = (f"{self.marker} {c.number}{self.newline}{c.python}{self.newline}" for c in self.cells)
        return "".join(parts)

    def layout(self, text: str) -> Layout:
        """Where the cells stand in a text of this notebook."""
        return Layout(self, text)

    def sources(self, text: str) -> Iterator[tuple[int, str]]:
        """The cells of an edited text: number and unmasked source. Raises ValueError as `write`."""
        for cell, (_, python) in zip(self.cells, self.split(text), strict=True):
            yield cell.number, self.unmasked(cell, python)

    def write(self, text: str) -> str:
        """The JSON of the notebook with an edited text in place of its cells.

        Raises ValueError if the text is not made of the same cells, with everything masked in its place.
        """
        parts: list[str] = []
        at = 0
        for cell, (_, python) in zip(self.cells, self.split(text), strict=True):
            if python != cell.python:
                raw = self.raw[cell.start : cell.end]
                new = encoded(raw, self.unmasked(cell, python), ascii_only=self.raw.isascii())
                parts += [self.raw[at : cell.start], new]
                at = cell.end
        return "".join([*parts, self.raw[at:]])

    def split(self, text: str) -> list[tuple[int, str]]:
        """The cells of an edited text: the line (from 1) of each one's marker, and its Python.

        Raises ValueError if they are not those of the notebook.
        """
        found = list(re.finditer(rf"^{re.escape(self.marker)} (\d+)(?:\r\n|\r|\n)", text, re.MULTILINE))
        outside = text[: found[0].start()] if found else text
        if outside or [int(match[1]) for match in found] != [cell.number for cell in self.cells]:
            raise ValueError("the edited text is not made of the notebook's cells")
        ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
        cells: list[tuple[int, str]] = []
        line = 1
        for match, end in zip(found, ends, strict=True):
            body = text[match.end() : end]
            cells.append((line, body.removesuffix(self.newline)))
            line += len(NEWLINE.findall(text[match.start() : end]))
        return cells

    def unmasked(self, cell: Cell, python: str) -> str:
        """The source of an edited cell. Raises ValueError unless every masked line is there, once."""
        parts = NEWLINE.split(python)
        seen: list[int] = []
        for number, line in enumerate(parts):
            if self.mask in line:
                seen.append(int(line.partition(f"{self.mask} ")[2].partition(":")[0]))
                if seen[-1] >= len(cell.masked):
                    raise ValueError("a masked line is not the notebook's")
                parts[number] = cell.masked[seen[-1]]
        if seen != list(range(len(cell.masked))):
            raise ValueError("a masked line would be lost")
        ends = [*NEWLINE.findall(python), ""]
        return "".join(part + end for part, end in zip(parts, ends, strict=True))


@dataclass(frozen=True, slots=True)
class _Part:
    """A cell in a text: the line (from 1) of its marker, and the bytes from the line after it to the next."""

    cell: Cell
    line: int
    start: int
    end: int
    python: str


@dataclass(frozen=True)
class Layout:
    """Where the cells of a notebook stand in its text, as it was read or edited."""

    notebook: Notebook
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        """Byte offset of the start of each line, and of the end."""
        data = self.text.encode()
        return [0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", data)), len(data)]

    @cached_property
    def _parts(self) -> list[_Part]:
        found = self.notebook.split(self.text)
        ends = [*(self._starts[line - 1] for line, _ in found[1:]), self._starts[-1]][: len(found)]
        return [
            _Part(cell, line, self._starts[line], end, python)
            for cell, (line, python), end in zip(self.notebook.cells, found, ends, strict=True)
        ]

    @cached_property
    def _kept(self) -> list[tuple[int, int]]:
        """Lines `[first, last]` that no site may touch: masked ones, and the whole statement around them."""
        masked = [n for n, line in enumerate(NEWLINE.split(self.text), 1) if self.notebook.mask in line]
        if not masked:
            return []
        spans = [(stmt.lineno, stmt.end_lineno or stmt.lineno) for stmt in ast.parse(self.text).body]
        around = [(a, b) for a, b in spans if any(a <= n <= b for n in masked)]
        return [*((n, n) for n in masked), *around]

    def place(self, line: int) -> tuple[int, int]:
        """The cell and the line in it (both from 1) of a line of the text."""
        if not self._parts:
            return 1, line
        part = self._part_at(line)
        return part.cell.number, max(1, line - part.line)

    def allows(self, site: Site) -> bool:
        """Whether a site stands in one cell with all its edits, and touches nothing that is masked."""
        first, last = site.span.line, site.span.end_line
        if any(a <= last and first <= b for a, b in self._kept):
            return False
        part = self._part_at(first)
        if part is not self._part_at(last) or first == part.line:
            return False
        kept = [(self._starts[a - 1], self._starts[b]) for a, b in self._kept]
        return all(
            part.start <= edit.start <= edit.end <= part.end
            and not any(edits_overlap(edit, Edit(start, end, "")) for start, end in kept)
            for edit in site.edits
        )

    def placed(self, site: Site) -> Site:
        """The site as reports name it: its lines and edits count in the source of its cell."""
        part = self._part_at(site.span.line)
        lines = site.span.line - part.line, site.span.end_line - part.line
        span = Span(lines[0], site.span.column, lines[1], site.span.end_column)
        edits = tuple(self._placed(edit, part) for edit in site.edits)
        return replace(site, span=span, edits=edits, cell=part.cell.number)

    def _part_at(self, line: int) -> _Part:
        """The cell that a line is of, its marker's line too."""
        return self._parts[max(0, bisect_right(self._parts, line, key=lambda part: part.line) - 1)]

    def _placed(self, edit: Edit, part: _Part) -> Edit:
        """An edit of the text as one of the source of its cell."""
        source = self.notebook.unmasked(part.cell, part.python).encode()
        starts = [0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", source))]

        def inside(offset: int) -> int:
            line = bisect_right(self._starts, offset, hi=len(self._starts) - 1)
            number = line - part.line - 1
            column = offset - self._starts[line - 1]
            return min(starts[number] + column, len(source)) if number < len(starts) else len(source)

        start, end, text = inside(edit.start), inside(edit.end), edit.text
        if start == len(source) and edit.start == part.end and not source.endswith((b"\n", b"\r")):
            # What was put before the next marker stands on a line of its own.
            text = self.notebook.newline + text.removesuffix(self.notebook.newline)
        return Edit(start, end, text)


def read_notebook(raw: str) -> Notebook:
    """A notebook in format 4; without cells where its language is not Python.

    Raises NotANotebook for JSON that is none, and for other formats.
    """
    try:
        spans = document(raw)
    except NotJson as error:
        raise NotANotebook(f"not a notebook: {error}", error.line) from error
    form = value(raw, spans.get("nbformat"))
    if isinstance(form, int) and form != 4:
        raise NotANotebook(f"notebook format {form} is not read" + (f": {_UPGRADE}" if form < 4 else ""))
    if form != 4 or "cells" not in spans:
        raise NotANotebook("not a notebook: it states no format, or has no cells")
    is_python = _is_python(value(raw, spans.get("metadata")))
    sources, wrong = _sources(raw, spans["cells"]) if is_python else ([], [])
    texts = [source.text for source in sources]
    marker, mask = _unused(_MARKER, texts), _unused(_MASK, texts)
    cells: list[Cell] = []
    for source in sources:
        masks = masks_of(source.text)
        if masks.wrong is not None:
            wrong.append(Wrong(source.number, *masks.wrong))
        python, masked = _masked(source.text, masks, mask)
        cells.append(Cell(source.number, source.text, python, masked, source.tags, source.start, source.end))
    newline = next((found for text in texts for found in NEWLINE.findall(text) if found != "\r"), "\n")
    return Notebook(
        raw, tuple(cells), tuple(sorted(wrong, key=lambda w: w.cell)), marker, mask, newline, is_python
    )


def _masked(text: str, masks: Masks, mask: str) -> tuple[str, tuple[str, ...]]:
    """A source with its masks, and the lines that they stand for."""
    lines, ends = NEWLINE.split(text), [*NEWLINE.findall(text), ""]
    masked: list[str] = []
    for number, code in sorted(masks.lines.items()):
        shown = "".join(c if c.isprintable() else " " for c in lines[number].strip())
        lead = f"{code}  " if code else ""
        masked.append(lines[number])
        lines[number] = f"{lead}{mask} {len(masked) - 1}: {shown}"
    return "".join(line + end for line, end in zip(lines, ends, strict=True)), tuple(masked)


def _unused(text: str, sources: Iterable[str]) -> str:
    """Words that no source has in it."""
    held = "\n".join(sources)
    while text in held:
        text += "_"
    return text


@dataclass(frozen=True, slots=True)
class _Source:
    number: int
    text: str
    tags: frozenset[str]
    start: int
    end: int


def _sources(raw: str, span: tuple[int, int]) -> tuple[list[_Source], list[Wrong]]:
    """The sources of the code cells in Python, and the cells without one."""
    if raw[span[0]] != "[":
        raise NotANotebook("not a notebook: its cells are no list")
    sources: list[_Source] = []
    wrong: list[Wrong] = []
    for number, (start, _) in enumerate(items(raw, span[0]), 1):
        parts = dict(members(raw, start)) if raw[start] == "{" else {}
        if value(raw, parts.get("cell_type")) != "code":
            continue
        metadata = value(raw, parts.get("metadata"))
        metadata = metadata if isinstance(metadata, dict) else {}
        vscode = metadata.get("vscode")
        if isinstance(vscode, dict) and vscode.get("languageId", "python") != "python":
            continue
        text = value(raw, parts.get("source"))
        if isinstance(text, list) and all(isinstance(item, str) for item in text):
            text = "".join(text)
        if not isinstance(text, str):
            wrong.append(Wrong(number, 1, "its source is neither a string nor a list of strings"))
            continue
        tags = metadata.get("tags")
        named = frozenset(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else frozenset()
        sources.append(_Source(number, text, named, *parts["source"]))
    return sources, wrong


def _is_python(metadata: Any) -> bool:
    """Whether a notebook's metadata name Python, or no language."""
    if not isinstance(metadata, dict):
        return True
    for table, key in (("language_info", "name"), ("kernelspec", "language")):
        found = metadata.get(table)
        name = found.get(key) if isinstance(found, dict) else None
        if isinstance(name, str):
            return name.lower().startswith(("python", "ipython"))
    return True
