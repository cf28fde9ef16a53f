"""What a run hands to its reports: plain data, and the order in which suggestions are shown.

With a `cell` (from 1) of a notebook, lines count in the source of that cell.
"""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass

from codeopt.edit import Trust
from codeopt.equivalence.verdict import Same
from codeopt.source import SourceFile
from codeopt.workload.coverage import Coverage


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file before and after; `name` is its name in reports, `path` its absolute path.

    Of a notebook, `before` and `after` are the Python in it, `whole` is its JSON before and after, and
    `readable` the diff of its cells.
    """

    name: str
    path: str
    before: str
    after: str
    whole: tuple[str, str] | None = None
    readable: str = ""

    @property
    def diff(self) -> str:
        """Unified diff of the file, with its own name on both sides."""
        return unified_diff(self.name, *(self.whole or (self.before, self.after)))

    @property
    def written(self) -> str:
        """The whole new text of the file."""
        return self.after if self.whole is None else self.whole[1]


def change_of(source: SourceFile, text: str) -> FileChange:
    """The change of a file whose Python text becomes `text`."""
    path = str(source.path.resolve())
    if source.notebook is None:
        return FileChange(source.name, path, source.text, text)
    cells = zip(source.notebook.sources(source.text), source.notebook.sources(text), strict=True)
    diffs = (unified_diff(f"{source.name}:cell {n}", old, new) for (n, old), (_, new) in cells if old != new)
    whole = (source.whole(source.text), source.whole(text))
    return FileChange(source.name, path, source.text, text, whole, "".join(diffs))


@dataclass(frozen=True, slots=True)
class SiteReport:
    """One kept edit: its lines in the original file, and the bytes the peak rises without it."""

    rule: str
    path: str
    line: int
    end_line: int
    saved_bytes: int
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Peak in bytes above the level at the call's start, seconds of the call, resident bytes."""

    peak_bytes: int
    seconds: float
    resident_bytes: int


@dataclass(frozen=True, slots=True)
class ParetoPoint:
    """A candidate that no other beats in peak, time and error at once."""

    sites: tuple[str, ...]
    peak_bytes: int
    seconds: float
    level: Trust
    error: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A proven, measured rewrite of one target."""

    path: str
    function: str
    line: int
    trust: Trust
    sites: tuple[SiteReport, ...]
    changes: tuple[FileChange, ...]
    origin: str
    ref: str
    scale: float
    baseline: Figures
    optimized: Figures
    floor_bytes: int
    verdict: Same
    pareto: tuple[ParetoPoint, ...]
    coverage: Coverage
    tests: tuple[str, ...] = ()
    cell: int | None = None

    @property
    def id(self) -> str:
        """Eight hex digits from the target and the texts it results in."""
        state = hashlib.sha256(f"{self.path}\0{self.function}\0".encode())
        for change in self.changes:
            state.update(f"{change.name}\0{change.after}\0".encode())
        return state.hexdigest()[:8]

    @property
    def rules(self) -> tuple[str, ...]:
        """Codes of the rules used, each once, in order."""
        return tuple(sorted({site.rule for site in self.sites}))

    @property
    def saved_bytes(self) -> int:
        """Bytes by which the peak falls."""
        return self.baseline.peak_bytes - self.optimized.peak_bytes

    @property
    def saved_percent(self) -> float:
        """Percent of the baseline's peak."""
        return 100.0 * self.saved_bytes / self.baseline.peak_bytes if self.baseline.peak_bytes else 0.0


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rewrite that was tried and refused, with what it did otherwise.

    `reproduce` is a shell command that shows the difference, where there is one; it reads the
    refused text `variant` from the file `variant_path`.
    """

    path: str
    function: str
    line: int
    rules: tuple[str, ...]
    verdict: str
    counterexample: str
    reproduce: str = ""
    variant: str = ""
    variant_path: str = ""
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class UnprovenSite:
    """A site that could not be run or judged."""

    path: str
    function: str
    line: int
    rule: str
    reason: str
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """Totals of a run; `seconds` of wall time."""

    files: int = 0
    functions: int = 0
    targets: int = 0
    evaluations: int = 0
    seconds: float = 0.0


def rank_key(suggestion: Suggestion) -> tuple[int, int, str, str]:
    """Most bytes saved first, since bytes are what runs out; then the stronger promise; then by name."""
    return (-suggestion.saved_bytes, suggestion.trust.rank, suggestion.path, suggestion.function)


def unified_diff(name: str, before: str, after: str) -> str:
    """A patch that `git apply` and `patch -p1` take."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = []
    for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"):
        lines.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(lines)


def original_lines(before: str, after: str, first: int, last: int) -> tuple[int, int]:
    """The lines of `before` (from 1) that lines `first..last` of `after` came from."""
    old, new = before.splitlines(), after.splitlines()
    touched: list[int] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for line in range(max(first, j1 + 1), min(last, j2) + 1):
            offset = line - 1 - j1
            touched.append(i1 + offset + 1 if tag == "equal" else min(i1 + offset + 1, max(i2, i1 + 1)))
    limit = max(len(old), 1)
    return (min([*touched, limit]), min(max(touched, default=1), limit)) if touched else (1, 1)
