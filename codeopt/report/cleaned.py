"""What `codeopt clean` removed, or would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from codeopt.report.json import encode_json
from codeopt.report.text import format_bytes


class Cleaned(Protocol):
    """Something below `.codeopt/`: `size` in bytes, and why it stays, empty if it does not."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def files(self) -> int: ...
    @property
    def reason(self) -> str: ...


def clean_report(plan: Sequence[Cleaned], root: Path, form: str, *, done: bool) -> str:
    """A line for each thing and the sum, or the same as JSON; not `done`: nothing was removed yet."""
    removed = sum(entry.size for entry in plan if not entry.reason)
    if form == "json":
        document = {"version": 1, "removed": done, "bytes": removed, "entries": list(plan)}
        return encode_json(document) + "\n"
    lines = [*_lines(plan, done), _total(plan, root, removed, done)]
    return "".join(f"{line}\n" for line in lines)


def _lines(plan: Sequence[Cleaned], done: bool) -> Iterator[str]:
    for entry in plan:
        files = f"{entry.files} file{'s' * (entry.files != 1)}"
        verb = "kept" if entry.reason else ("removed" if done else "would remove")
        note = f" ({entry.reason})" if entry.reason else ""
        yield f"{verb} .codeopt/{entry.name}: {format_bytes(entry.size)} in {files}{note}"


def _total(plan: Sequence[Cleaned], root: Path, removed: int, done: bool) -> str:
    if all(entry.reason for entry in plan):
        return f"nothing to remove below {root / '.codeopt'}"
    return f"{'freed' if done else 'would free'} {removed} bytes"
