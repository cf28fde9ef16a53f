"""Which recorded calls run again in the sandbox, and which of their lengths may become smaller."""

from __future__ import annotations

import contextlib
import sys
import time
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from codeopt.sandbox.world import resolve
from codeopt.target import Target
from codeopt.workload.invoke import prepare, quiet
from codeopt.workload.lines import LineTracer
from codeopt.workload.trace.file_format import BrokenTrace
from codeopt.workload.trace.replay import read_trace, replay
from codeopt.workload.trace.sizes import shrinkable

_SMALL = (0.05, 0.3)
_MOST_ITEMS = 10_000
_SECONDS = 20.0
"""Seconds after which no more is tried: what is not known to shrink stays."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Calls that return when replayed, by their numbers; lengths that must stay; why others do not run;
    and for each of the calls how many of the lines in question it runs."""

    calls: tuple[int, ...]
    fixed: tuple[int, ...]
    failures: tuple[str, ...]
    hits: tuple[int, ...] = ()


def confirm(target: Target, file: str, lines: frozenset[int] = frozenset()) -> Confirmed:
    """Job: replay every call of a trace; `lines` of the target's file are those in question.

    Raises WorkloadError where the target cannot be imported, and BrokenTrace for a file that cannot be
    used.
    """
    trial = _Trial(resolve(target), file, (str(target.root), target.module))
    recorded = read_trace(file)[0]["calls"]
    deadline = time.monotonic() + _SECONDS
    failures = {number: trial.failure(number, 1.0, ()) for number in range(len(recorded))}
    usable = [number for number, failure in failures.items() if not failure]
    fixed: set[int] = set()
    for number in usable:
        lengths = shrinkable(recorded[number])
        fixed |= set(lengths) - trial.shrinking(number, lengths, deadline)
    reasons = dict.fromkeys(failure for failure in failures.values() if failure)
    hits = tuple(trial.hits(number, str(target.path), lines) for number in usable)
    return Confirmed(tuple(usable), tuple(sorted(fixed)), tuple(reasons), hits)


@dataclass(frozen=True)
class _Trial:
    """Runs a function on the recorded calls of a file."""

    function: Callable[..., Any]
    file: str
    home: tuple[str, str]

    def failure(self, number: int, scale: float, fixed: Iterable[int]) -> str:
        """Why a replayed call does not return, empty if it does."""
        try:
            call = replay(self.file, self.home, (number,), scale, 0, tuple(fixed))
            with quiet():
                _finish(prepare(self.function, call)())
        except Exception as error:  # noqa: BLE001 - the user's code may raise anything
            return f"{error}" if isinstance(error, BrokenTrace) else f"{type(error).__name__}: {error}"[:300]
        return ""

    def hits(self, number: int, path: str, lines: frozenset[int]) -> int:
        """How many of some lines of a file a replayed call runs."""
        tracer = LineTracer(path.__eq__)
        call = replay(self.file, self.home, (number,), 1.0, 0)
        with quiet(), contextlib.suppress(Exception):
            step = prepare(self.function, call)
            sys.settrace(tracer.enter)
            try:
                _finish(step())
            finally:
                sys.settrace(None)
        return len(tracer.lines.get(path, set()) & lines)

    def shrinking(self, number: int, lengths: list[int], deadline: float) -> set[int]:
        """The lengths that may become smaller: all together, else those that may alone and then together."""
        if self._shrinks(number, ()):
            return set(lengths)
        alone: list[int] = []
        for length in lengths:
            if time.monotonic() > deadline:
                break
            if self._shrinks(number, [n for n in lengths if n != length]):
                alone.append(length)
        while len(alone) > 1 and not self._shrinks(number, [n for n in lengths if n not in alone]):
            alone.pop()
        return set(alone)

    def _shrinks(self, number: int, fixed: Iterable[int]) -> bool:
        return not any(self.failure(number, scale, fixed) for scale in _SMALL)


def _finish(result: Any) -> None:
    """Draw what a generator gives, for its body runs only then."""
    if isinstance(result, types.GeneratorType):
        for _ in zip(range(_MOST_ITEMS), result, strict=False):
            pass
