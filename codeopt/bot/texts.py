"""What a new text of a file may be: small, readable, Python, and in a notebook only its cells."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
from collections import Counter
from collections.abc import Iterable

from codeopt.notebook import NotANotebook, Notebook, read_notebook
from codeopt.source import NOTEBOOK

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+\d{1,9}(?:,\d{1,9})? @@\Z")
_NOT_ENDED = re.compile(r"\n\\ No newline at end of file(?=\n)")
_UNENDED = "\ud800"
_PLAIN_CONTROLS = frozenset("\t\n\r\f")


class BadText(Exception):
    """Why a new text of a file is not taken."""


def check_text(path: str, before: str, after: str) -> None:
    """Raise BadText unless `after` may stand in place of `before`."""
    if after == before:
        raise BadText("changes nothing")
    if found := _hidden(after) - _hidden(before):
        names = ", ".join(f"U+{ord(c):04X}" for c in sorted(found))
        raise BadText(f"adds characters that cannot be seen or that reorder others: {names}")
    if path.endswith(NOTEBOOK):
        _check_notebook(before, after)
    else:
        _check_python(after)


def check_diff(diff: str, most_lines: int, most_characters: int) -> None:
    """Raise BadText where a diff removes and adds nothing, or more than allowed."""
    changed = [line for line in diff.split("\n")[2:] if line[:1] in ("+", "-")]
    if not changed:
        raise BadText("changes nothing")
    if len(changed) > most_lines:
        raise BadText(f"changes {len(changed)} lines; {most_lines} are allowed")
    if (characters := sum(map(len, changed))) > most_characters:
        raise BadText(f"changes lines of {characters} characters; {most_characters} are allowed")


def patched(path: str, before: str, diff: str) -> str | None:
    """`before` with the unified diff of one file in it; None where that does not fit to the letter.

    Takes time in the length of the texts only, however unlike they are.
    """
    head = f"--- a/{path}\n+++ b/{path}\n"
    if not diff.startswith(head):
        return None
    old, new = before.splitlines(keepends=True), list[str]()
    at = 0
    for line in _NOT_ENDED.sub(_UNENDED, diff[len(head) :]).split("\n")[:-1]:
        text = line[1:].removesuffix(_UNENDED) if line.endswith(_UNENDED) else f"{line[1:]}\n"
        if found := _HUNK.match(line):
            # A hunk that removes nothing is placed behind the line it names.
            start = int(found[1]) - (found[2] != "0")
            if not at <= start <= len(old):
                return None
            new += old[at:start]
            at = start
            continue
        if line[:1] not in (" ", "-", "+"):
            return None
        if line[0] != "+":
            if at >= len(old) or old[at] != text:
                return None
            at += 1
        if line[0] != "-":
            new.append(text)
    return "".join([*new, *old[at:]])


def _hidden(text: str) -> Counter[str]:
    """Format, control and unpaired characters of a text."""
    odd = {c for c in set(text) if unicodedata.category(c) in ("Cf", "Cc", "Cs")} - _PLAIN_CONTROLS
    return Counter({c: text.count(c) for c in odd})


def _check_python(text: str) -> None:
    data = text.encode()
    try:
        # Another encoding would let Python read something else than people see.
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if encoding not in ("utf-8", "utf-8-sig"):
            raise BadText(f"states the encoding {encoding}; only UTF-8 is taken")
        ast.parse(data)
    except (SyntaxError, ValueError) as error:
        raise BadText(f"is not Python: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise BadText("is not Python that can be read: nested too deeply") from error


def _check_notebook(before: str, after: str) -> None:
    try:
        old, new = (read_notebook(text.removeprefix("\ufeff")) for text in (before, after))
    except NotANotebook as error:
        raise BadText(f"is not a notebook: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise BadText("is not a notebook that can be read: nested too deeply") from error
    if _around(old) != _around(new):
        raise BadText("changes a notebook outside the source of its code cells")
    broken = {wrong.cell for wrong in new.wrong}
    for one, other in zip(old.cells, new.cells, strict=True):
        if one.source == other.source:
            continue
        if one.number in broken:
            raise BadText(f"is not Python in cell {one.number}")
        if one.masked != other.masked:
            raise BadText(f"changes a magic or a shell command in cell {one.number}")
        if found := _hidden(other.source) - _hidden(one.source):
            names = ", ".join(f"U+{ord(c):04X}" for c in sorted(found))
            raise BadText(f"adds characters that cannot be seen to cell {one.number}: {names}")


def _around(notebook: Notebook) -> Iterable[str]:
    """The JSON between the sources of the code cells."""
    starts = [cell.end for cell in notebook.cells]
    ends = [cell.start for cell in notebook.cells]
    return [notebook.raw[a:b] for a, b in zip([0, *starts], [*ends, len(notebook.raw)], strict=True)]
