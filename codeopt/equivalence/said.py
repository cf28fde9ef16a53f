"""What a call says: standard output and error, warnings, log records, and in which order."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import re
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from codeopt.equivalence.node import Node

MOST_TEXT = 1 << 16
"""Characters of output that are kept; all of it goes into the digest."""

MOST_TURNS = 4096
"""Changes from one stream to another that are kept; later ones go into a checksum."""

FLOAT_WARNING = re.compile(r"(divide by zero|overflow|underflow|invalid value) encountered in ")
"""How numpy's floating-point warnings begin; they name the ufunc that met the value."""


class Text(io.TextIOBase):
    """A text stream that keeps the beginning of what is written and digests the rest.

    Every write is told to `heard`, with its length in characters.
    """

    encoding = "utf-8"
    errors = "surrogateescape"

    def __init__(self, heard: Callable[[int], None]) -> None:
        self._parts: list[str] = []
        self._kept = 0
        self._rest: Any = None
        self._heard = heard
        self.count = 0

    @property
    def buffer(self) -> io.BufferedIOBase:
        """Where bytes are written; they count as the text they encode."""
        return _Bytes(self)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.count += len(text)
        self._heard(len(text))
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


class _Bytes(io.BufferedIOBase):
    def __init__(self, text: Text) -> None:
        self._text = text

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        whole = bytes(data)
        self._text.write(whole.decode("utf-8", "surrogateescape"))
        return len(whole)


class Streams:
    """Everything said during a call: stdout, stderr, warnings, logging records."""

    def __init__(self) -> None:
        self.out = Text(lambda length: self._heard("stdout", length))
        self.err = Text(lambda length: self._heard("stderr", length))
        self.warned: list[tuple[str, str]] = []
        self.records: list[tuple[Any, ...]] = []
        self._told = 0
        self._turns: list[tuple[str, int]] = []
        self._later = 0

    def mark(self) -> tuple[int, ...]:
        """How much was said so far, without numpy's floating-point warnings."""
        return self.out.count, self.err.count, self._told, len(self.records)

    @contextlib.contextmanager
    def capturing(self) -> Iterator[None]:
        """Take `sys.stdout`, `sys.stderr`, warnings and log records for the duration."""
        make = logging.getLogRecordFactory()

        def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
            made = make(*args, **kwargs)
            raised = (made.exc_info[0].__name__,) if made.exc_info and made.exc_info[0] else ()
            self.records.append((made.name, made.levelno, *raised, _message(made)))
            self._heard("a log record", 1)
            return made

        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self.out, self.err
        logging.setLogRecordFactory(record)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.showwarning = self._warn
                yield
        finally:
            logging.setLogRecordFactory(make)
            sys.stdout, sys.stderr = before

    def nodes(self) -> tuple[tuple[str, Node], ...]:
        """stdout, stderr, warnings and logging, each for itself, and the order among them."""
        return (
            ("stdout", self.out.node()),
            ("stderr", self.err.node()),
            ("warnings", Node("lines", "", (), tuple(self.warned))),
            ("logging", Node("lines", "", (), tuple(self.records))),
            ("order of what is said", Node("order", "", (), (*self._turns, self._later))),
        )

    def _warn(self, message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        text = str(message)
        self.warned.append((category.__name__, text))
        # Where numpy's come depends on how an expression is split.
        if not FLOAT_WARNING.match(text):
            self._told += 1
            self._heard("a warning", 1)

    def _heard(self, what: str, length: int) -> None:
        turns = self._turns
        if turns and turns[-1][0] == what and not self._later:
            turns[-1] = (what, turns[-1][1] + length)
        elif len(turns) < MOST_TURNS:
            turns.append((what, length))
        else:
            self._later = zlib.crc32(f"{what} {length}".encode(), self._later)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)
