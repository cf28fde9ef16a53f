"""Exceptions: type, message, arguments, attributes, notes, causes, and what was done before."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.battery.pair import Family

FAMILY = Family("exceptions")
exact, differs = FAMILY.exact, FAMILY.differs
PAIRS = FAMILY.pairs


class Refused(ValueError):
    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class Stop(BaseException):
    pass


class Unprintable(Exception):
    def __str__(self) -> str:
        raise TypeError("no text")


def raising(make: Callable[[], BaseException]) -> Callable[..., Any]:
    def run(*args: Any) -> Any:
        raise make()

    return run


def chained(cause: Callable[[], BaseException] | None) -> Callable[[], Any]:
    def run() -> Any:
        raise ValueError("outer") from (cause() if cause is not None else None)

    return run


def in_context(inner: Callable[[], BaseException], hidden: bool = False) -> Callable[[], Any]:
    def run() -> Any:
        try:
            raise inner()
        except Exception:  # noqa: BLE001 - any, to be the context
            if hidden:
                raise ValueError("outer") from None
            raise ValueError("outer")

    return run


def noted(*notes: str) -> Callable[[], Any]:
    def run() -> Any:
        error = ValueError("a")
        for note in notes:
            error.add_note(note)
        raise error

    return run


def changes_then_raises(x: Any) -> Any:
    x[0] = 9
    raise ValueError("no")


def speaks_then_raises() -> Any:
    sys.stdout.write("half way")
    raise ValueError("no")


def a() -> tuple[Any, ...]:
    return (np.arange(4.0),)


def swallowing() -> Any:
    with contextlib.suppress(KeyError):
        raise KeyError("x")


exact("the same exception", lambda: int("x"), lambda: int("x"))
exact("an address in the message", raising(lambda: ValueError(f"{object()}")),
      raising(lambda: ValueError(f"{object()}")))  # fmt: skip
exact("an address in a note", noted("at 0x7f00aa00aa00"), noted("at 0x7f00bb00bb00"))
exact("raised at another line", lambda: [][0], lambda: [].__getitem__(0))
exact("the same cause", chained(lambda: KeyError("k")), chained(lambda: KeyError("k")))
exact("a suppressed context", in_context(lambda: KeyError("k"), hidden=True), chained(None),
      why="`from None` says that it is of no interest.")  # fmt: skip
exact("own attributes", raising(lambda: Refused("a", 3)), raising(lambda: Refused("a", 3)))
exact("exits with a code", raising(lambda: SystemExit(3)), raising(lambda: SystemExit(3)))
exact("a base exception", raising(lambda: Stop("x")), raising(lambda: Stop("x")))
exact("an exception without text", raising(Unprintable), raising(Unprintable))
exact("groups", raising(lambda: ExceptionGroup("g", [ValueError("a")])),
      raising(lambda: ExceptionGroup("g", [ValueError("a")])))  # fmt: skip
exact("an exception as a result", lambda: ValueError("a"), lambda: ValueError("a"))
exact("swallowed", swallowing, lambda: None)

differs("message", raising(lambda: ValueError("a")), raising(lambda: ValueError("b")))
differs("type", raising(lambda: ValueError("a")), raising(lambda: TypeError("a")))
differs("a subclass", raising(lambda: LookupError("a")), raising(lambda: IndexError("a")))
differs("raises or returns", raising(lambda: ValueError("a")), lambda: None)
differs("raises or returns the exception", raising(lambda: ValueError("a")), lambda: ValueError("a"))
differs("arguments that print alike", raising(lambda: ValueError(1)), raising(lambda: ValueError("1")))
differs("one argument or two", raising(lambda: KeyError("a")), raising(lambda: KeyError("a", "b")))
differs("an attribute", raising(lambda: Refused("a", 3)), raising(lambda: Refused("a", 4)))
differs("cause", chained(lambda: KeyError("k")), chained(None))
differs("type of the cause", chained(lambda: KeyError("k")), chained(lambda: IndexError("k")))
differs("message of the cause", chained(lambda: KeyError("k")), chained(lambda: KeyError("l")))
differs("cause or context", chained(lambda: KeyError("k")), in_context(lambda: KeyError("k")))
differs("context or none", in_context(lambda: KeyError("k")), chained(None))
differs("message of the context", in_context(lambda: KeyError("k")), in_context(lambda: KeyError("l")))
differs("a note", noted("a"), noted("b"))
differs("a note or none", noted("a"), noted())
differs("order of notes", noted("a", "b"), noted("b", "a"))
differs("a member of a group", raising(lambda: ExceptionGroup("g", [ValueError("a")])),
        raising(lambda: ExceptionGroup("g", [TypeError("a")])))  # fmt: skip
differs("order of a group", raising(lambda: ExceptionGroup("g", [ValueError(), TypeError()])),
        raising(lambda: ExceptionGroup("g", [TypeError(), ValueError()])))  # fmt: skip
differs("exit code", raising(lambda: SystemExit(1)), raising(lambda: SystemExit(2)))
differs("exit code 0 or none", raising(lambda: SystemExit()), raising(lambda: SystemExit(0)))
differs("a base exception or an exception", raising(lambda: Stop("x")), raising(lambda: Exception("x")))
differs("file name of an OS error", raising(lambda: FileNotFoundError(2, "no", "a")),
        raising(lambda: FileNotFoundError(2, "no", "b")))  # fmt: skip
differs("errno", raising(lambda: OSError(1, "no")), raising(lambda: OSError("[Errno 1] no")))
differs("name of a missing module", raising(lambda: ImportError("no", name="a")),
        raising(lambda: ImportError("no", name="b")))  # fmt: skip
differs("value of StopIteration", raising(lambda: StopIteration(1)), raising(lambda: StopIteration(2)))
differs("argument changed before raising", raising(lambda: ValueError("no")), changes_then_raises, a)
differs("said before raising", raising(lambda: ValueError("no")), speaks_then_raises)
