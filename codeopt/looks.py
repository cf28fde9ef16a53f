"""What is asked of the disk while a file is checked, so that an answer that was kept can be doubted.

Facts about one file may depend on others: on their text, on whether they are there, on which files
a folder holds. Every such question goes through here, is answered in the state the disk is in, and
noted with that state. An answer stands as long as every state it rests on is the same.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

import msgspec

from codeopt.source import Problem, SourceFile, discover, read_source

# Two writes within one tick of a file system's clock leave the same times; none is coarser than this.
_TICK = 2_000_000_000
_MOST_FILES = 500


class Look(msgspec.Struct, array_like=True):
    """One question (`kind`: file, text, module or tree) about a path, and the state that answered it.

    `stamp` are the times, size and inode of a file whose text was read; empty where they cannot
    tell one text from the next.
    """

    kind: str
    path: str
    state: str
    stamp: tuple[int, ...] = ()


_known: dict[tuple[str, str], Look] = {}
_noted: list[dict[tuple[str, str], Look]] = []


@contextmanager
def noted() -> Iterator[dict[tuple[str, str], Look]]:
    """Collects what is looked at inside the block."""
    _noted.append({})
    try:
        yield _noted[-1]
    finally:
        _noted.pop()


def forget() -> None:
    """Look anew from here on: within a run the state first seen counts, which is the older one."""
    _known.clear()


def look(kind: str, path: Path | str) -> Look:
    """The state of a path, noted before anything that depends on it is read."""
    key = (kind, str(path))
    if key not in _known:
        _known[key] = _state(kind, key[1])
    if _noted:
        _noted[-1][key] = _known[key]
    return _known[key]


def is_file(path: Path) -> bool:
    """Whether a path is a file."""
    return look("file", path).state == "file"


def is_there(path: Path) -> bool:
    """Whether a path is anything at all."""
    return look("file", path).state != ""


def read_beside(path: Path) -> SourceFile | Problem:
    """Another file of the project than the one that is checked."""
    look("text", path)
    return read_source(path, str(path))


def files_in(folder: Path, *, below: bool) -> list[Path]:
    """Python files of a folder, of those below it too with `below`; 500 of them where there are more."""
    look("tree" if below else "folder", folder)
    return _files(folder, below)


def stands(before: Look) -> Look | None:
    """The look as it would be noted now, if it would have the same answer."""
    key = (before.kind, before.path)
    if key not in _known:
        if before.stamp and before.stamp == _stamp(before.path):
            _known[key] = before
        else:
            _known[key] = _state(*key)
    return _known[key] if _known[key].state == before.state else None


def _state(kind: str, path: str) -> Look:
    if kind == "text":
        return _text(path)
    if kind == "file":
        try:
            return Look(kind, path, "file" if S_ISREG(os.stat(path).st_mode) else "other")
        except OSError:
            return Look(kind, path, "")
    names = "\n".join(map(str, _files(Path(path), kind == "tree")))
    return Look(kind, path, hashlib.blake2b(names.encode(errors="replace"), digest_size=16).hexdigest())


def _text(path: str) -> Look:
    now = time.time_ns()
    stamp = _stamp(path)
    try:
        with open(path, "rb") as file:
            state = hashlib.blake2b(file.read(), digest_size=16).hexdigest()
    except OSError:
        return Look("text", path, "")
    # The second is the time of the last change, which nobody can set back.
    settled = len(stamp) > 1 and stamp[1] < now - _TICK
    return Look("text", path, state, stamp if settled else ())


def _stamp(path: str) -> tuple[int, ...]:
    try:
        told = os.stat(path)
    except OSError:
        return ()
    return told.st_mtime_ns, told.st_ctime_ns, told.st_size, told.st_ino


def _files(folder: Path, below: bool) -> list[Path]:
    found: list[Path] = []
    for file in discover([folder]) if below else folder.glob("*.py"):
        if len(found) == _MOST_FILES:
            break
        found.append(file)
    return sorted(found)
