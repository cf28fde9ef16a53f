"""What the parent, the zygote and its children say to one another.

Requests and notices are small pickles on pipes between two processes of ours: small enough
that the pipe holds all that are under way, and nobody waits to be read. A call is a file that
the child reads; so is a result, written by a process that ran the user's code.
"""

from __future__ import annotations

import os
import pickle
import struct
from dataclasses import dataclass
from typing import Any

from codeopt.sandbox.plain import load_plain

_HEADER = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use: wall and CPU seconds, bytes of memory above the zygote's, bytes on disk,
    processes, open files."""

    seconds: float = 60.0
    memory_bytes: int = 16 << 30
    disk_bytes: int = 1 << 30
    processes: int = 64
    open_files: int = 1024


@dataclass(frozen=True, slots=True)
class Preload:
    """Import these modules in the zygote, before it forks."""

    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Fork a child that makes the call pickled in `folder`/call, in the folder `folder`/work, and
    leaves `token` and what came of it in `folder`/result."""

    job: int
    folder: str
    token: bytes
    limits: Limits

    @property
    def call(self) -> str:
        return f"{self.folder}/call"

    @property
    def workdir(self) -> str:
        return f"{self.folder}/work"

    @property
    def result(self) -> str:
        return f"{self.folder}/result"


@dataclass(frozen=True, slots=True)
class Ready:
    """The zygote has imported what it could; a child says what it lacks."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A job ended: by itself with `status`, or killed, at its time limit or for an `excess`."""

    job: int
    status: int
    timed_out: bool
    seconds: float
    excess: str = ""


def send(fd: int, message: object) -> None:
    """Write one message whole."""
    body = pickle.dumps(message)
    view = memoryview(_HEADER.pack(len(body)) + body)
    while view:
        view = view[os.write(fd, view) :]


def receive(fd: int) -> Any:
    """Read one message; None at end of file.

    Raises pickle.UnpicklingError for anything but plain data of ours.
    """
    header = _read_exactly(fd, _HEADER.size)
    if header is None:
        return None
    body = _read_exactly(fd, _HEADER.unpack(header)[0])
    return None if body is None else load_plain(body)


def _read_exactly(fd: int, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        chunk = os.read(fd, min(1 << 20, size - len(parts)))
        if not chunk:
            return None
        parts += chunk
    return bytes(parts)
