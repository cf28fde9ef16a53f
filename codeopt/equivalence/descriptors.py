"""What a call writes to the file descriptors 1 and 2: output of C code and of programs it starts."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator

from codeopt.equivalence.node import Node

MOST_BYTES = 1 << 16
"""Bytes of output that are kept; all of it goes into the digest."""

_NAMES = {1: "stdout of the process", 2: "stderr of the process"}
_libc = ctypes.CDLL(None)
_files: dict[int, tuple[int, tuple[int, int]]] = {}


class Descriptors:
    """Both descriptors lead to files without a name while a call runs, for which the sandbox's limit
    on files holds too."""

    def __init__(self) -> None:
        self._nodes: list[tuple[str, Node]] = []

    @contextlib.contextmanager
    def capturing(self) -> Iterator[None]:
        """Take the descriptors for the duration. What the call closed is opened again, and noted."""
        _flush()
        before: list[tuple[int, int, tuple[int, int], tuple[int, int]]] = []
        for number in _NAMES:
            saved, file = os.dup(number), _file(number)
            before.append((number, saved, _identity(saved), _identity(file)))
            os.dup2(file, number)
        try:
            yield
        finally:
            _flush()
            for number, saved, place, file_place in before:
                self._read(number, file_place)
                if _identity(saved) == place:
                    os.dup2(saved, number)
                    os.close(saved)
                else:
                    self._nodes.append(("descriptors", Node("text", "str", (), "closed by the call")))
                    null = os.open(os.devnull, os.O_RDWR)
                    os.dup2(null, number)
                    if null != number:
                        os.close(null)

    def nodes(self) -> list[tuple[str, Node]]:
        """What was written, for those descriptors on which something was."""
        return self._nodes

    def _read(self, number: int, place: tuple[int, int]) -> None:
        if _identity(number) != place:
            self._nodes.append((_NAMES[number], Node("text", "str", (), "closed, or led elsewhere")))
        elif size := os.fstat(number).st_size:
            kept = os.pread(number, MOST_BYTES, 0)
            rest = hashlib.sha256()
            for position in range(len(kept), size, 1 << 20):
                rest.update(os.pread(number, min(1 << 20, size - position), position))
            meta = (("length", size), ("rest", rest.hexdigest()))
            self._nodes.append((_NAMES[number], Node("bytes", "bytes", meta, kept)))
            os.ftruncate(number, 0)


def _flush() -> None:
    """Let go of what Python's own streams and C's hold back."""
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()  # type: ignore[union-attr]
    _libc.fflush(None)


def _identity(number: int) -> tuple[int, int]:
    try:
        status = os.fstat(number)
    except OSError:
        return -1, -1
    return status.st_dev, status.st_ino


def _file(number: int) -> int:
    """The file for a descriptor: one a process, another one if the code under test closed it."""
    known = _files.get(number)
    if known is None or _identity(known[0]) != known[1]:
        with tempfile.TemporaryFile() as file:
            made = os.dup(file.fileno())
        fcntl.fcntl(made, fcntl.F_SETFL, os.O_APPEND)
        known = _files[number] = (made, _identity(made))
    return known[0]
