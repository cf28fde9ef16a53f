"""One change that a pull request offers, as plain data."""

from __future__ import annotations

import difflib
import hashlib
import io
from dataclasses import dataclass

from codeopt.edit import Trust


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change that a pull request offers.

    Bytes are peaks of the declared or found workload, seconds are of one call of it. `diff` is always
    recomputed from `before` and `after`; a text that came with a report is never shown.
    """

    group: str
    """What one pull request is for: `src/train.py::train_epoch`, or `src/train.py` for a file."""
    path: str
    """POSIX, relative to the repository's root."""
    before: str
    """The file's text at the base commit."""
    after: str
    """Its whole new text."""
    title: str
    rules: tuple[str, ...]
    trust: Trust
    baseline_bytes: int
    optimized_bytes: int
    floor_bytes: int
    baseline_seconds: float
    optimized_seconds: float
    origin: str
    cases: int
    faults_planted: int
    faults_caught: int
    diff: str
    digest: str
    """See `change_digest`."""
    parts: tuple[Proposal, ...] = ()
    """The changes that this one puts together, the most saving first; none where it is one change."""

    @property
    def saved_bytes(self) -> int:
        """Bytes by which the measured peak falls."""
        return self.baseline_bytes - self.optimized_bytes


def unified_diff(path: str, before: str, after: str) -> str:
    """The change of one file as git writes it; lines end in "\\n"."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def change_digest(group: str, before: str, after: str) -> str:
    """32 hexadecimal digits of the removed and added lines, with what the change is for.

    Line numbers and lines around the change do not enter, so that the same change on a file that
    moved on elsewhere is the same change.
    """
    lines = difflib.unified_diff(_lines(before), _lines(after), n=0)
    changed = [line for line in list(lines)[2:] if line[:1] in "+-"]
    return hashlib.sha256("\n".join([group, *changed]).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _lines(text: str) -> list[str]:
    # Only where git sees one; `str.splitlines` also ends lines at form feeds and other separators.
    return list(io.StringIO(text, newline="\n"))
