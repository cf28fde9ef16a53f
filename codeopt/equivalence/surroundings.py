"""What a call changes beside its value: random state, modes, output, warnings, logs, files."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import random
import sys
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from codeopt.equivalence.node import Node

MOST_TEXT = 1 << 16
"""Characters of output that are kept; all of it goes into the digest."""

MOST_FILES = 500
"""Files in the working directory up to which they are looked at. A sandbox child works in an
empty folder of its own; a folder that holds more is somebody's, and not for a call to fill."""


def seed_everything(seed: int) -> None:
    """Seed `random`, NumPy's global generator and torch's, where torch is there."""
    random.seed(seed)
    np.random.seed(seed & 0xFFFFFFFF)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.default_generator.manual_seed(seed)


def _environment(folder: str) -> list[tuple[str, str]]:
    """The environment without what differs from one sandbox child to the next."""
    return [(name, value) for name, value in os.environ.items() if folder not in value]


def state_node(folder: str) -> Node:
    """Digests of every generator and the modes in force: equal digests give equal next draws.

    `folder` is where the call began: every child has one of its own, so moves are told from it.
    """
    numpy_state: Any = np.random.get_state(legacy=False)
    bits = numpy_state["state"]
    numpy_bytes = bits["key"].tobytes() + repr((bits["pos"], numpy_state["has_gauss"])).encode()
    items: list[tuple[str, Any]] = [
        ("random", hash(random.getstate())),
        ("numpy.random", zlib.crc32(numpy_bytes)),
        ("numpy.geterr", tuple(np.geterr().items())),
        ("environment", zlib.crc32(repr(_environment(folder)).encode())),
        ("working directory", os.path.relpath(os.getcwd(), folder)),
    ]
    torch = sys.modules.get("torch")
    if torch is not None:
        state = torch.default_generator.get_state().numpy()
        items += [
            ("torch random", zlib.crc32(memoryview(state))),
            ("torch grad mode", torch.is_grad_enabled()),
            ("torch inference mode", torch.is_inference_mode_enabled()),
            ("torch default dtype", str(torch.get_default_dtype())),
            ("torch deterministic", torch.are_deterministic_algorithms_enabled()),
            ("torch threads", torch.get_num_threads()),
        ]
    return Node("state", "", (), None, tuple((name, Node("text", "", (), v)) for name, v in items))


@contextlib.contextmanager
def settings_restored() -> Iterator[None]:
    """Put modes back that a call changed for good, lest one case disturbs the next."""
    errors, folder = np.geterr(), os.getcwd()
    torch = sys.modules.get("torch")
    modes = (torch.is_grad_enabled(), torch.get_default_dtype()) if torch is not None else None
    repeats = torch.is_warn_always_enabled() if torch is not None else False
    if torch is not None:
        # Warnings given once a process would be heard by the first of two runs only.
        torch.set_warn_always(True)
    try:
        yield
    finally:
        np.seterr(**errors)
        if os.getcwd() != folder:
            os.chdir(folder)
        if torch is not None and modes is not None:
            torch.set_warn_always(repeats)
            torch.set_grad_enabled(modes[0])
            torch.set_default_dtype(modes[1])


class Text(io.TextIOBase):
    """A text stream that keeps the beginning of what is written and digests the rest."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._kept = 0
        self._rest: Any = None
        self.count = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.count += len(text)
        if self._kept < MOST_TEXT:
            self._parts.append(text)
            self._kept += len(text)
        else:
            self._rest = self._rest or hashlib.sha256()
            self._rest.update(text.encode("utf-8", "surrogatepass"))
        return len(text)

    def node(self) -> Node:
        text = "".join(self._parts)
        rest = self._rest.hexdigest() if self._rest is not None else ""
        return Node("text", "str", (("length", self.count), ("rest", rest)), text)


class Streams:
    """Everything said during a call: stdout, stderr, warnings, logging records."""

    def __init__(self) -> None:
        self.out = Text()
        self.err = Text()
        self.caught: list[warnings.WarningMessage] = []
        self.records: list[tuple[str, int, str]] = []

    def mark(self) -> tuple[int, ...]:
        """How much was said so far."""
        return self.out.count, self.err.count, len(self.caught), len(self.records)

    @contextlib.contextmanager
    def capturing(self) -> Iterator[None]:
        """Take `sys.stdout`, `sys.stderr`, warnings and log records for the duration."""
        make = logging.getLogRecordFactory()

        def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
            made = make(*args, **kwargs)
            self.records.append((made.name, made.levelno, _message(made)))
            return made

        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self.out, self.err
        logging.setLogRecordFactory(record)
        try:
            with warnings.catch_warnings(record=True) as self.caught:
                warnings.simplefilter("always")
                yield
        finally:
            logging.setLogRecordFactory(make)
            sys.stdout, sys.stderr = before

    def nodes(self) -> tuple[tuple[str, Node], ...]:
        said = [(w.category.__name__, str(w.message)) for w in self.caught]
        return (
            ("stdout", self.out.node()),
            ("stderr", self.err.node()),
            ("warnings", Node("lines", "", (), tuple(said))),
            ("logging", Node("lines", "", (), tuple(self.records))),
        )


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)


Listing = dict[str, tuple[int, int]]


def files_below(folder: str) -> Listing | None:
    """Path -> (size, time of change in ns) of all files below a folder; None if they are too many."""
    found: Listing = {}
    waiting = [folder]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                stat = entry.stat()
                found[entry.path] = (stat.st_size, stat.st_mtime_ns)
        if len(found) + len(waiting) > MOST_FILES:
            return None
    return found


def files_node(folder: str, before: Listing | None) -> Node:
    """What became of the files below `folder` since `before`. Nothing is removed: who else uses
    the folder is not known here."""
    after = files_below(folder) if before is not None else None
    if before is None or after is None:
        return Node("files", "")
    parts: list[tuple[str, Node]] = []
    for path in sorted(before.keys() | after.keys()):
        if after.get(path) == before.get(path):
            continue
        name = os.path.relpath(path, folder)
        if path not in after:
            parts.append((name, Node("text", "file", (), "removed")))
            continue
        with open(path, "rb") as file:
            parts.append((name, Node("bytes", "file", (), hashlib.file_digest(file, "sha256").digest())))
    return Node("files", "", (), None, tuple(parts))
