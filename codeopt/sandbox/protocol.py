"""What the parent, the zygote and its children say to one another.

Requests and notices are small pickles on pipes between two processes of ours. A child's
result is written by a process that ran the user's code, so the parent reads it with an
unpickler that knows our plain data classes and nothing else.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
from dataclasses import dataclass
from typing import Any

_HEADER = struct.Struct("!Q")
_SAFE_BUILTINS = {"frozenset", "set", "complex", "bytearray", "slice", "range"}
_SAFE_MODULES = (
    "codeopt.edit",
    "codeopt.equivalence.",
    "codeopt.measure.",
    "codeopt.sandbox.",
    "codeopt.search.jobs",
    "codeopt.target",
    "codeopt.workload.",
)


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
    """Fork a child that calls `function(*arguments)` in the folder `workdir`."""

    job: int
    payload: bytes
    workdir: str
    result: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Ready:
    """The zygote has imported what it could; `failed` maps module to reason."""

    failed: dict[str, str]
    threads: int


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


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "builtins" and name in _SAFE_BUILTINS:
            return super().find_class(module, name)
        if module == "pathlib" and name in {"Path", "PosixPath", "PurePosixPath"}:
            return super().find_class(module, name)
        if any(module == m or (m.endswith(".") and module.startswith(m)) for m in _SAFE_MODULES):
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        raise pickle.UnpicklingError(f"a result may not hold {module}.{name}")


def load_plain(data: bytes) -> Any:
    """Unpickle a child's result. Raises pickle.UnpicklingError for anything but plain data of ours."""
    return _PlainUnpickler(io.BytesIO(data)).load()
