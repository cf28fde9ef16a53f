"""Where the values of a JSON text stand, and new source lines in the form of the old ones.

Positions count characters. The standard library's scanner reads the values, so that large outputs cost
little.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_CHARACTER = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|[^\\]")
_NEWLINES = ("\\n", "\\u000a", "\\u000A")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_DECODER = json.JSONDecoder()


class NotJson(Exception):
    """Why a text is not one JSON object; `line` counts from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def document(raw: str) -> dict[str, tuple[int, int]]:
    """Where the values of the outermost object stand. Raises NotJson for anything else."""
    if not raw.strip():
        raise NotJson("the file is empty")
    start = _skip(raw, 0)
    try:
        _, end = _DECODER.raw_decode(raw, start)
        if raw[start] != "{" or _skip(raw, end) != len(raw):
            raise NotJson("not one JSON object")
        return dict(members(raw, start))
    except json.JSONDecodeError as error:
        raise NotJson(f"not valid JSON: {error.msg}", error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise NotJson(f"not valid JSON: {error}") from error


def members(raw: str, start: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """The keys of an object in valid JSON, and where their values stand."""
    at = _skip(raw, start + 1)
    while raw[at] != "}":
        key, at = _DECODER.raw_decode(raw, at)
        begin = _skip(raw, _skip(raw, at) + 1)
        _, end = _DECODER.raw_decode(raw, begin)
        yield key, (begin, end)
        at = _skip(raw, end)
        at = _skip(raw, at + 1) if raw[at] == "," else at


def items(raw: str, start: int) -> Iterator[tuple[int, int]]:
    """Where the items of an array in valid JSON stand."""
    at = _skip(raw, start + 1)
    while raw[at] != "]":
        _, end = _DECODER.raw_decode(raw, at)
        yield at, end
        at = _skip(raw, end)
        at = _skip(raw, at + 1) if raw[at] == "," else at


def _skip(raw: str, at: int) -> int:
    found = _SPACE.match(raw, at)
    return found.end() if found else at


def value(raw: str, span: tuple[int, int] | None) -> Any:
    return None if span is None else _DECODER.raw_decode(raw, span[0])[0]


def encoded(raw: str, new: str, *, ascii_only: bool) -> str:
    """A source in the form of its old JSON `raw`, a string or a list; lines that stay keep their bytes."""
    if raw[0] == "[":
        spans = list(items(raw, 0))
        old = [raw[start:end] for start, end in spans]
        lines = _matched(old, new.splitlines(keepends=True), ascii_only)
        head = raw[1 : spans[0][0]] if spans else ""
        tail = raw[spans[-1][1] : -1] if spans else ""
        between = raw[spans[0][1] : spans[1][0]] if len(spans) > 1 else f",{head or ' '}"
        return f"[{head}{between.join(lines)}{tail}]"
    old = [f'"{line}"' for line in _raw_lines(raw[1:-1])]
    return f'"{"".join(item[1:-1] for item in _matched(old, _LINE.findall(new), ascii_only))}"'


def _matched(old: Sequence[str], new: Sequence[str], ascii_only: bool) -> list[str]:
    """New lines as JSON strings, those of the old ones that stay as they are written."""
    made = [json.dumps(line, ensure_ascii=ascii_only) for line in new]
    matcher = difflib.SequenceMatcher(None, [json.loads(item) for item in old], new, autojunk=False)
    for block in matcher.get_matching_blocks():
        made[block.b : block.b + block.size] = old[block.a : block.a + block.size]
    return made


def _raw_lines(raw: str) -> list[str]:
    """The inside of a JSON string, cut behind every newline in it."""
    lines = [""]
    for character in _CHARACTER.findall(raw):
        lines[-1] += character
        if character in _NEWLINES:
            lines.append("")
    return lines if lines[-1] else lines[:-1]
