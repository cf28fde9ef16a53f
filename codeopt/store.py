"""The last run, kept under `.codeopt/` so that `apply` writes exactly what was proven."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from codeopt.errors import UsageError
from codeopt.source import make_folder, write_atomic
from codeopt.suggestion import Rejection, Suggestion

_VERSION = 1
_FILE = "last.json"


class StoredChange(msgspec.Struct, frozen=True):
    """One file of a suggestion: its text before (as read) and after, and how it is encoded."""

    name: str
    path: str
    before: str
    after: str


class StoredSuggestion(msgspec.Struct, frozen=True):
    """A suggestion as far as `apply` needs it."""

    id: str
    path: str
    function: str
    saved_bytes: int
    changes: list[StoredChange]


class StoredRun(msgspec.Struct, frozen=True):
    """Suggestions of a run in their ranked order, and the ids that have been written since."""

    version: int
    suggestions: list[StoredSuggestion]
    applied: list[str] = []


def save_run(root: Path, suggestions: Sequence[Suggestion]) -> Path:
    """Keep the suggestions of a run; returns the file. Raises OSError if it cannot be written."""
    stored = [
        StoredSuggestion(
            s.id,
            s.path,
            s.function,
            s.saved_bytes,
            [StoredChange(c.name, c.path, c.before, c.after) for c in s.changes],
        )
        for s in suggestions
    ]
    return write_run(root, StoredRun(_VERSION, stored))


def write_run(root: Path, run: StoredRun) -> Path:
    """Write the run's file, making `.codeopt/` (which ignores itself in git) if need be."""
    folder = make_folder(root / ".codeopt")
    file = folder / _FILE
    write_atomic(file, msgspec.json.encode(run))
    return file


def refused_folder(root: Path) -> Path:
    """Where the texts of refused rewrites are kept, for people who want to see them fail."""
    return root.resolve() / ".codeopt" / "refused"


def save_refused(root: Path, rejections: Sequence[Rejection]) -> None:
    """Keep the refused texts of a run, each with the script that shows where it differs, in place
    of those of the run before. Raises OSError if they cannot be written."""
    folder = refused_folder(root)
    for old in folder.glob("*"):
        old.unlink()
    for rejection in rejections:
        if rejection.reproduce:
            folder.mkdir(parents=True, exist_ok=True)
            path = Path(rejection.variant_path)
            write_atomic(path, rejection.variant.encode())
            write_atomic(path.with_suffix(".sh"), rejection.reproduce.encode())


def load_run(root: Path) -> StoredRun:
    """The last run. Raises UsageError if there is none, or it cannot be read."""
    file = root / ".codeopt" / _FILE
    if not file.is_file():
        raise UsageError(f"no suggestions are stored under {root / '.codeopt'}: run `codeopt suggest` first")
    try:
        run = msgspec.json.decode(file.read_bytes(), type=StoredRun)
    except msgspec.DecodeError as error:
        raise UsageError(f"{file}: cannot be read ({error}); run `codeopt suggest` again") from error
    if run.version != _VERSION:
        raise UsageError(f"{file}: written by another version; run `codeopt suggest` again")
    return run
