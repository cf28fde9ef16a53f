"""`codeopt clean`: remove what codeopt keeps below a project and can make again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codeopt.errors import UsageError

FOLDER = ".codeopt"
CACHES = ("cache", "own_tests", "refused")
"""What the next run makes by itself where it needs it."""
RECORDED = ("last.json", "traces", "workloads")
"""What took a run of the user's code, and may have been edited since."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something directly below `.codeopt/`: its size in bytes, how many files, and whether it goes.

    `reason` says why it stays; empty for what is removed.
    """

    name: str
    size: int
    files: int
    reason: str


def clean_plan(root: Path, *, everything: bool) -> tuple[Entry, ...]:
    """What would be removed and kept, in the order of names; `everything`: what was recorded goes too."""
    folder = root / FOLDER
    if folder.is_symlink() or not folder.is_dir():
        return ()
    return tuple(_entry(path, everything) for path in sorted(folder.iterdir()) if path.name != ".gitignore")


def clean(root: Path, plan: tuple[Entry, ...]) -> None:
    """Remove what the plan says. Raises UsageError where something cannot be removed."""
    for entry in plan:
        path = root / FOLDER / entry.name
        try:
            if not entry.reason and path.is_dir():
                shutil.rmtree(path)
            elif not entry.reason:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{error.filename or path}: cannot be removed: {error.strerror}") from error


def _entry(path: Path, everything: bool) -> Entry:
    files = list(_files(path))
    size = sum(file.lstat().st_size for file in files)
    return Entry(path.name, size, len(files), _why_kept(path, everything))


def _why_kept(path: Path, everything: bool) -> str:
    if path.is_symlink():
        return "a link, which codeopt did not make"
    if path.name in CACHES or (everything and path.name in RECORDED):
        return ""
    return "recorded; --yes removes it" if path.name in RECORDED else "not made by codeopt, or to be kept"


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir() and not path.is_symlink():
        for inner in path.iterdir():
            yield from _files(inner)
    else:
        yield path
