"""What is said during a call: standard output and error, warnings, log records, and their order."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.battery.pair import Family

FAMILY = Family("output")
exact, close, differs = FAMILY.exact, FAMILY.close, FAMILY.differs
PAIRS = FAMILY.pairs

write = sys.stdout.write


def says(*words: str) -> Callable[[], Any]:
    """A function that says words: to standard error those with `!`, warned those with `?`, logged
    those with `#`, all others to standard output."""

    def run() -> int:
        for word in words:
            if word.endswith("!"):
                sys.stderr.write(word)
            elif word.endswith("?"):
                warnings.warn(word, stacklevel=1)
            elif word.endswith("#"):
                logging.getLogger("q").warning(word)
            else:
                sys.stdout.write(word)
        return 1

    return run


def warns(category: type[Warning], text: str = "x", times: int = 1) -> Callable[[], Any]:
    def run() -> int:
        for _ in range(times):
            warnings.warn(text, category, stacklevel=1)
        return 1

    return run


def divides(times: int) -> Callable[[], Any]:
    def run() -> Any:
        found = [np.zeros(1) / 0 for _ in range(times)]
        return len(found[:1])

    return run


def logs(level: int, name: str = "q", text: str = "a %d") -> Callable[[], Any]:
    return lambda: logging.getLogger(name).log(level, text, 1)


def logs_error(error: type[Exception]) -> Callable[[], Any]:
    def run() -> None:
        try:
            raise error("x")
        except Exception:
            logging.getLogger("q").exception("failed")

    return run


def bytes_out(data: bytes) -> Callable[[], Any]:
    return lambda: sys.stdout.buffer.write(data)


def muted() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("x", stacklevel=1)
    return 1


exact("in one piece or several", says("ab"), says("a", "b"))
exact("bytes that are text", bytes_out(b"abc"), lambda: sys.stdout.write("abc"))
exact("a warning of numpy repeated", divides(1), divides(3), why="Nobody sees a repetition.")
exact("a muted warning", lambda: 1, muted)
exact("a log record formatted early", logs(30), lambda: logging.getLogger("q").warning("a 1"))
exact("a record that no logger lets through", logs(logging.DEBUG), lambda: None)
exact(
    "much output",
    lambda: sys.stdout.write("line\n" * 50_000) * 0,
    lambda: sys.stdout.write("line\n" * 50_000) * 0,
)
exact("in turns", says("a", "b!", "c"), says("a", "b!", "c"))
close("a floating-point warning of another ufunc", lambda: float(np.divide(np.zeros(1), 0)[0] > 0),
      lambda: float(np.true_divide(np.ones(1), 0)[0] < 0),
      why="Which ufunc met the value depends on how an expression is split.")  # fmt: skip
differs("printed", says("a"), says("b"))
differs("printed or not", says("a"), says())
differs("an empty line", says("a"), says("a\n"))
differs("printed to the other stream", says("a!"), lambda: sys.stdout.write("a!"))
differs("the end of much output", lambda: sys.stdout.write("line\n" * 50_000 + "a") * 0,
        lambda: sys.stdout.write("line\n" * 50_000 + "b") * 0)  # fmt: skip
differs("order of streams", says("a", "b!"), says("b!", "a"), why="Both go to one terminal.")
differs("in turns or one after another", says("a", "b!", "a", "b!"), says("a", "a", "b!", "b!"))
differs("a warning before or after", says("a", "b?"), says("b?", "a"))
differs("a log record before or after", says("a", "b#"), says("b#", "a"))
differs("bytes that are no text", bytes_out(b"\xff"), bytes_out(b"\xfe"))
differs("warned", warns(UserWarning), lambda: 1)
differs("text of a warning", warns(UserWarning), warns(UserWarning, "y"))
differs("category of a warning", warns(UserWarning), warns(FutureWarning))
differs("warned twice", warns(UserWarning), warns(UserWarning, times=2),
        why="With `-W always`, or a recorder of warnings, one counts them.")  # fmt: skip
close("a floating-point warning or none", divides(1), lambda: 1,
      why="The contract: they follow how floats are computed, and count as rounding does.")  # fmt: skip
close("kind of a floating-point warning", lambda: float(np.divide(np.zeros(1), 0)[0]) * 0 == 0,
      lambda: float(np.divide(np.ones(1), 0)[0]) * 0 == 0)  # fmt: skip
differs("level of a record", logs(30), logs(40))
differs("name of a logger", logs(30), logs(30, "p"))
differs("arguments of a record", logs(30), logs(30, text="b %d"))
differs("the exception of a record", logs_error(ValueError), logs_error(TypeError))
