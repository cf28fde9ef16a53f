"""What a call leaves in the working directory and in the home folder that it was lent.

Files, folders, links, permissions, content.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from typing import NamedTuple

from codeopt.equivalence.node import Node

MOST_FILES = 500
"""Files in the working directory up to which they are looked at. A sandbox child works in an
empty folder of its own; a folder that holds more is somebody's, and not for a call to fill."""

READ = 1 << 20
"""Bytes up to which a file's content is noted before the call: the clock of a file system is
coarse, and writes through a memory map do not move it."""


class Entry(NamedTuple):
    """A path's type and permissions, size, time of change in ns, number of hard links, where a
    link points, and a checksum of a small file's content."""

    mode: int
    size: int
    changed: int
    links: int
    target: str
    content: int


Listing = dict[str, Entry]


_OF_COMPILER = "torchinductor_"
"""How the folder begins that torch's compiler makes among temporary files when it is imported, on
the first use of an optimizer or a checkpoint: no work of the target's."""


def files_below(folder: str, *, links: bool = True) -> Listing | None:
    """All that stands below a folder, with or without links, by path; None if it is too much."""
    found: Listing = {}
    waiting = [folder]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith(_OF_COMPILER) or (not links and entry.is_symlink()):
                continue
            found[entry.path] = _entry(entry.path, entry.stat(follow_symlinks=False))
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
        if len(found) > MOST_FILES:
            return None
    return found


def _entry(path: str, status: os.stat_result) -> Entry:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        return Entry(mode, 0, 0, 0, "", 0)
    if stat.S_ISLNK(mode):
        return Entry(mode, 0, 0, 0, os.readlink(path), 0)
    content = 0
    if stat.S_ISREG(mode) and status.st_size <= READ:
        content = zlib.crc32(_content(path))
    return Entry(mode, status.st_size, status.st_mtime_ns, status.st_nlink, "", content)


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def files_node(folder: str, before: Listing | None, *, links: bool = True) -> Node:
    """What became of the paths below `folder` since `before`. Nothing is removed: who else uses
    the folder is not known here."""
    after = files_below(folder, links=links) if before is not None else None
    if before is None or after is None:
        return Node("files", "")
    parts: list[tuple[str, Node]] = []
    for path in sorted(before.keys() | after.keys()):
        if after.get(path) != before.get(path):
            parts.append((os.path.relpath(path, folder), _became(path, after.get(path), folder)))
    return Node("files", "", (), None, tuple(parts))


def _became(path: str, entry: Entry | None, folder: str) -> Node:
    if entry is None:
        return Node("text", "file", (), "removed")
    meta: tuple[tuple[str, object], ...] = (("permissions", oct(stat.S_IMODE(entry.mode))),)
    if stat.S_ISDIR(entry.mode):
        return Node("text", "folder", meta, "a folder")
    if stat.S_ISLNK(entry.mode):
        return Node("text", "link", (), f"a link to {entry.target.replace(folder, '.')}")
    if not stat.S_ISREG(entry.mode):
        return Node("text", "file", meta, f"a special file of type {stat.S_IFMT(entry.mode):o}")
    meta = (*meta, ("hard links", entry.links))
    try:
        with open(path, "rb") as file:
            return Node("bytes", "file", meta, hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        return Node("text", "file", meta, f"unreadable: {type(error).__name__}")
