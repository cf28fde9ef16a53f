"""A baseline in a file: the texts that the files of a project had, and no figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from codeopt.errors import UsageError
from codeopt.gate.past import Past, is_taken, make_past
from codeopt.source import Problem, SourceFile, discover, make_folder, read_source, write_atomic

_VERSION = 1


class StoredTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The Python of files by their names below the project's root, with `/`; of notebooks that of their
    cells."""

    version: int
    files: dict[str, str]


def write_texts(
    file: Path, root: Path, exclude: Sequence[str], skipped: Iterable[Path]
) -> tuple[Problem, ...]:
    """Keep the texts of all files below `root` as they are; returns the files that cannot be read.

    Raises UsageError if `file` cannot be written.
    """
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path, source in _now(root, exclude, skipped).items():
        if isinstance(source, Problem):
            problems.append(source)
        else:
            texts[path.relative_to(root).as_posix()] = source.text
    try:
        if file.resolve().parent == root / ".codeopt":
            make_folder(root / ".codeopt")
        write_atomic(file, msgspec.json.encode(StoredTexts(_VERSION, texts)) + b"\n")
    except OSError as error:
        raise UsageError(f"--write-baseline {file}: cannot be written: {error.strerror}") from error
    return tuple(problems)


def stored_past(file: Path, root: Path, exclude: Sequence[str], skipped: Iterable[Path]) -> Past:
    """What the files below `root` were when `file` was written. Raises UsageError for one that is broken."""
    stored = _load(file)
    then = {root.joinpath(*_parts(file, name)): text for name, text in stored.files.items()}
    now = _now(root, exclude, skipped)
    left_out = {path.resolve() for path in skipped}
    texts: dict[str, str] = {}
    for path, text in then.items():
        source = now.get(path) or (read_source(path, str(path)) if path.is_file() else None)
        if is_taken(path, left_out) and not (isinstance(source, SourceFile) and source.text == text):
            texts[str(path)] = text
    return make_past(str(file), texts, {}, (str(path) for path in now if path not in then))


def _now(root: Path, exclude: Sequence[str], skipped: Iterable[Path]) -> dict[Path, SourceFile | Problem]:
    left_out = {path.resolve() for path in skipped}
    found = (path.resolve() for path in discover([root], exclude, notebooks=True))
    inside = [path for path in found if path.is_relative_to(root) and is_taken(path, left_out)]
    return {path: read_source(path, path.relative_to(root).as_posix()) for path in inside}


def _load(file: Path) -> StoredTexts:
    try:
        stored = msgspec.json.decode(file.read_bytes(), type=StoredTexts)
    except OSError as error:
        raise UsageError(f"--baseline {file}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--baseline {file}: no file that --write-baseline wrote: {error}") from error
    if stored.version != _VERSION:
        raise UsageError(f"--baseline {file}: has version {stored.version}, this codeopt reads {_VERSION}")
    return stored


def _parts(file: Path, name: str) -> tuple[str, ...]:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
        raise UsageError(f"--baseline {file}: holds a file outside of the project: {name!r}")
    return path.parts
