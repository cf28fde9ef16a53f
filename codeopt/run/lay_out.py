"""A private copy of a project for one run, so that what the run writes can be seen and harms nothing.

Files are copied; what is too large or too much, version control and environments are links to the
user's own, which the sandbox lets nobody write. Once it is known where a command writes and has its
code, all other folders are links too: thousands of copies would cost more than the run.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections import deque
from typing import NamedTuple

MOST_ENTRIES = 3_000
"""Files and folders that are copied; of folders beyond that only links are made."""

MOST_BYTES = 256 << 20
LARGE = 32 << 20
"""Bytes that are copied in all, and of one file."""

_LINKED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", ".tox", ".nox"})
_LEFT_OUT = frozenset({"__pycache__", ".codeopt", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


class Stamp(NamedTuple):
    """What tells whether a path was touched: mode, size, time of change in ns, where a link leads."""

    mode: int
    size: int
    changed: int
    target: str


def lay_out(root: str, folder: str, copy: str, kept: frozenset[str] | None = None) -> None:
    """Make `copy` of `root`; the folders down to `folder`, in which the run starts, are never links.

    With `kept`, folders relative to `root`, other folders are links unless one of those is below.
    """
    way = {folder, *(f"{root}{os.sep}{name}" for name in kept or ())}
    way |= {p for f in way for p in _parents(f) if p.startswith(root)}
    entries = size = 0
    waiting = deque([root])
    os.makedirs(copy)
    while waiting:
        current = waiting.popleft()
        there = copy + current[len(root) :]
        for entry in sorted(_entries(current), key=lambda e: e.name):
            new = os.path.join(there, entry.name)
            entries += 1
            if entry.is_symlink():
                _copy_link(entry.path, new, root)
            elif entry.is_dir():
                if entry.path in way or (kept is None and entries < MOST_ENTRIES and not _is_foreign(entry)):
                    os.mkdir(new)
                    waiting.append(entry.path)
                elif entry.name not in _LEFT_OUT:
                    os.symlink(entry.path, new)
            elif entry.is_file():
                bytes_ = entry.stat().st_size
                if bytes_ <= LARGE and size + bytes_ <= MOST_BYTES:
                    size += bytes_
                    _copy_file(entry.path, new)
                else:
                    os.symlink(entry.path, new)


def _parents(folder: str) -> list[str]:
    found = []
    while (parent := os.path.dirname(folder)) != folder:
        found.append(parent)
        folder = parent
    return found


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _is_foreign(entry: os.DirEntry[str]) -> bool:
    if entry.name in _LINKED or entry.name in _LEFT_OUT:
        return True
    return os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))


def _copy_link(old: str, new: str, root: str) -> None:
    target = os.readlink(old)
    inside = not os.path.isabs(target) and os.path.realpath(old).startswith(root + os.sep)
    os.symlink(target if inside else os.path.realpath(old), new)


def _copy_file(old: str, new: str) -> None:
    try:
        shutil.copy2(old, new)
        os.chmod(new, stat.S_IMODE(os.stat(new).st_mode) | stat.S_IWUSR)
    except OSError:
        # What the user may not read, the run may not either.
        if os.path.lexists(new):
            os.unlink(new)
        os.symlink(old, new)


def put(copy: str, inside: str, data: bytes) -> bool:
    """Put a file of the project into its copy; False where that part of the copy is but a link."""
    path = os.path.join(copy, inside)
    if os.path.realpath(os.path.dirname(path)) != os.path.dirname(path):
        return False
    if os.path.islink(path):
        os.unlink(path)
    with open(path, "wb") as file:
        file.write(data)
    return True


def stamps(copy: str) -> dict[str, Stamp]:
    """All that stands in a copy, by path relative to it."""
    found: dict[str, Stamp] = {}
    waiting = [copy]
    while waiting:
        for entry in _entries(waiting.pop()):
            if entry.name in _LEFT_OUT:
                continue
            status = entry.stat(follow_symlinks=False)
            name = entry.path[len(copy) + 1 :]
            mode = status.st_mode
            if stat.S_ISLNK(mode):
                found[name] = Stamp(mode, 0, 0, os.readlink(entry.path))
            elif stat.S_ISDIR(mode):
                found[name] = Stamp(mode, 0, 0, "")
                waiting.append(entry.path)
            else:
                found[name] = Stamp(mode, status.st_size, status.st_mtime_ns, "")
    return found
