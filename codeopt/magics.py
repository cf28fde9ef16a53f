"""What a notebook's cells hold beside Python: `%magic`, `!command`, `%%cell magic`, `?help`.

Lines that are none of Python's are masked by lines that are: a call that does nothing, or a comment.
A cell that parses as it stands has none; only the others are looked through.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

NEWLINE = re.compile(r"\r\n|\r|\n")
NOTHING = "get_ipython()"

_CELL_MAGIC = re.compile(r"%%(?P<name>\w+)(?!\w*\?)")
# Their body is run once, in the notebook's own names.
_RUNS_BODY = frozenset({
    "time", "capture", "prun", "debug", "ipytest", "memit", "snakeviz", "scalene", "pyinstrument", "wandb",
})  # fmt: skip
_ESCAPED = re.compile(r"\s*(?:[%!?]|[,;/]\w)")
_HELP = re.compile(r"\s*%{0,2}(?!\d)[\w*]+(?:\.[\w*]+|\[-?\d+\])*\s*\?\??\s*;?\s*(?:#.*)?$")
_ASSIGNED = re.compile(r"(?P<target>\s*[^\W\d][^=!%?#'\"]*?)\s*=\s*(?P<sign>[%!])(?!=)")
_MEASURED = re.compile(
    r"%(?P<name>time|timeit|prun|memit)\s+(?P<options>(?:-\w+(?:[ =]*\d+)?\s+)*)(?P<code>.+)"
)
_HALF = re.compile("[\ud800-\udfff]")
_PART = re.compile(r"#.*|\"{3}|'{3}|[\"'()\[\]{}]")
_CLOSING = {
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*"""', re.DOTALL),
    "'''": re.compile(r"(?:[^'\\]|\\.|'(?!''))*'''", re.DOTALL),
    '"': re.compile(r'(?:[^"\\]|\\.)*"'),
    "'": re.compile(r"(?:[^'\\]|\\.)*'"),
}


@dataclass(frozen=True, slots=True)
class Masks:
    """Lines of a cell (from 0) and the Python that stands in for them, which may be none.

    `wrong` says where (line from 1) and why the rest does not parse; then all lines are masked.
    """

    lines: dict[int, str]
    wrong: tuple[int, str] | None = None


def masks_of(source: str) -> Masks:
    """What must be masked in a cell for it to be Python."""
    if wrong_in(source) is None:
        return Masks({})
    lines = NEWLINE.split(source)
    half = next((n for n, line in enumerate(lines, 1) if _HALF.search(line)), 0)
    if half:
        return Masks(dict.fromkeys(range(len(lines)), ""), (half, "holds half of a surrogate pair"))
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    masked = _cell_magic(lines, first)
    if len(masked) < len(lines):
        masked |= dict(_line_magics(lines, first + len(masked)))
    python = "\n".join(masked.get(number, line) for number, line in enumerate(lines))
    wrong = wrong_in(python)
    return Masks(masked) if wrong is None else Masks(dict.fromkeys(range(len(lines)), ""), wrong)


def wrong_in(python: str) -> tuple[int, str] | None:
    """The line (from 1) and the reason why a text does not parse; None if it does."""
    try:
        with warnings.catch_warnings():
            # Invalid escapes in the user's strings are not this program's warnings.
            warnings.simplefilter("ignore")
            ast.parse(python)
    except SyntaxError as error:
        last = len(NEWLINE.findall(python)) + 1
        return min(error.lineno or 1, last), f"cannot parse: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return 1, f"cannot parse: {error or type(error).__name__}"
    return None


def _cell_magic(lines: Sequence[str], first: int) -> dict[int, str]:
    """The masked lines of a magic at the top: those of its own, or the whole cell."""
    masked: dict[int, str] = {}
    while first < len(lines) and (found := _CELL_MAGIC.match(lines[first])):
        if found["name"] not in _RUNS_BODY:
            return masked | dict.fromkeys(range(first, len(lines)), "") | {first: NOTHING}
        last = _last_of(lines, first)
        masked |= dict.fromkeys(range(first, last + 1), "")
        first = last + 1
    return masked


def _last_of(lines: Sequence[str], first: int) -> int:
    """The last line of a magic that goes on behind backslashes."""
    while lines[first].rstrip().endswith("\\") and first + 1 < len(lines):
        first += 1
    return first


def _line_magics(lines: Sequence[str], first: int) -> Iterator[tuple[int, str]]:
    """Every masked line of the magics that stand where a statement begins."""
    inside, depth, continued = "", 0, False
    number = first
    while number < len(lines):
        line = lines[number]
        code = None if inside or depth or continued else _stand_in(line)
        if code is not None:
            last = _last_of(lines, number)
            yield number, code
            yield from ((more, "") for more in range(number + 1, last + 1))
            number = last + 1
            continue
        inside, depth = _scan(line, inside, depth)
        continued = not inside and line.endswith("\\")
        number += 1


def _stand_in(line: str) -> str | None:
    """The Python in place of a magic at the beginning of a line; None where there is no magic."""
    assigned = _ASSIGNED.match(line)
    if assigned and wrong_in(f"{assigned['target'].strip()} = 0") is None:
        called = ".getoutput()" if assigned["sign"] == "!" else ".run_line_magic()"
        return f"{assigned['target']} = {NOTHING}{called}"
    if not _ESCAPED.match(line) and not _HELP.match(line):
        return None
    measured = _MEASURED.fullmatch(line.strip())
    if measured and not measured["code"].endswith(("\\", "?")):
        try:
            ast.parse(measured["code"], mode="eval" if measured["name"] == "timeit" else "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return _indent(line) + NOTHING
        return _indent(line) + measured["code"]
    return _indent(line) + NOTHING


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _scan(line: str, inside: str, depth: int) -> tuple[str, int]:
    """The quotes and the depth of brackets that are open at the end of a line."""
    at = 0
    while at < len(line):
        if inside:
            closed = _CLOSING[inside].match(line, at)
            if closed is None:
                return (inside, depth) if len(inside) == 3 or line.endswith("\\") else ("", depth)
            inside, at = "", closed.end()
            continue
        found = _PART.search(line, at)
        if found is None or found[0][0] == "#":
            break
        at = found.end()
        if found[0] in "([{":
            depth += 1
        elif found[0] in ")]}":
            depth = max(0, depth - 1)
        else:
            inside = found[0]
    return inside, depth
