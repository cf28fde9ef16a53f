"""Suppression comments: `# codeopt: ignore[CODE] reason`, `# codeopt: ignore-file[CODE]`, `# noqa: CODE`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from codeopt.edit import Site
from codeopt.source import SourceFile

_LINE = re.compile(r"#\s*codeopt:\s*ignore(?:\[([^\]]*)\])?", re.IGNORECASE)
_FILE = re.compile(r"#\s*codeopt:\s*ignore-file(?:\[([^\]]*)\])?", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa(?::\s*([A-Z][A-Z0-9]+(?:[,\s]+[A-Z][A-Z0-9]+)*))?", re.IGNORECASE)
_KINDS = (("file", _FILE), ("line", _LINE), ("noqa", _NOQA))
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment that switches rules off: `kind` is file, line or noqa, `codes` what it lists as written
    (`*` alone: every rule); `start` and `end` are bytes of the text, `listed` those of the codes."""

    kind: str
    line: int
    codes: tuple[str, ...]
    start: int
    end: int
    listed: tuple[int, int]

    def hides(self, site: Site, name: str) -> Iterator[str]:
        """Which of its codes switch the site off."""
        if self.kind == "file" or site.span.line <= self.line <= site.span.end_line:
            yield from (code for code in self.codes if code in (site.rule, name, EVERYTHING))


@dataclass(frozen=True)
class Suppressions:
    """Rule codes switched off in a file, whole or by line; `*` stands for every rule."""

    file: frozenset[str]
    lines: dict[int, frozenset[str]]
    comments: tuple[Comment, ...] = ()

    def hides(self, site: Site, name: str) -> bool:
        """Whether the site, of the rule called `name`, is switched off on any line it spans."""
        keys = {site.rule, name, EVERYTHING}
        if keys & self.file:
            return True
        lines = range(site.span.line, site.span.end_line + 1)
        return any(keys & self.lines.get(line, frozenset()) for line in lines)


def read_suppressions(source: SourceFile) -> Suppressions:
    """The suppressions of a file; comments only, never strings that look like one."""
    if "codeopt:" not in source.text and "noqa" not in source.text.lower():
        return Suppressions(frozenset(), {})
    comments = tuple(_comments(source))
    lines: dict[int, frozenset[str]] = {}
    for comment in comments:
        if comment.kind != "file":
            lines[comment.line] = lines.get(comment.line, frozenset()) | frozenset(comment.codes)
    whole = _codes_of(comment for comment in comments if comment.kind == "file")
    return Suppressions(whole, lines, comments)


def _comments(source: SourceFile) -> Iterator[Comment]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text, newline="").readline):
            if token.type == tokenize.COMMENT:
                found = ((kind, match) for kind, form in _KINDS if (match := form.search(token.string)))
                for kind, match in found:
                    yield _comment(kind, token.start[0], _offset(source, *token.start), token.string, match)
                    break
    except (tokenize.TokenError, SyntaxError):
        pass


def _offset(source: SourceFile, line: int, column: int) -> int:
    """The byte at a line (from 1) and a column in characters (from 0)."""
    begin, *end = source.line_starts[line - 1 : line + 1]
    text = source.data[begin : end[0] if end else None].decode()
    return begin + len(text[:column].encode())


def _comment(kind: str, line: int, start: int, text: str, match: re.Match[str]) -> Comment:
    codes = tuple(dict.fromkeys(code for code in re.split(r"[,\s]+", match[1] or "") if code))
    listed = match.span(1) if match[1] else (match.end(), match.end())
    first, last = (start + len(text[:place].encode()) for place in listed)
    return Comment(kind, line, codes or (EVERYTHING,), start, start + len(text.encode()), (first, last))


def _codes_of(comments: Iterable[Comment]) -> frozenset[str]:
    return frozenset(code for comment in comments for code in comment.codes)
