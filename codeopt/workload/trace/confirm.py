"""Which recorded calls run again in the sandbox, and which of their lengths may become smaller."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from codeopt.sandbox.world import resolve
from codeopt.target import Target
from codeopt.workload.invoke import prepare, quiet
from codeopt.workload.trace.file_format import BrokenTrace
from codeopt.workload.trace.replay import read_trace, replay
from codeopt.workload.trace.sizes import shrinkable

_SMALL = (0.05, 0.3)
_SECONDS = 20.0
"""Seconds after which no more is tried: what is not known to shrink stays."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Calls that return when replayed, by their numbers; lengths that must stay; why others do not run."""

    calls: tuple[int, ...]
    fixed: tuple[int, ...]
    failures: tuple[str, ...]


def confirm(target: Target, file: str) -> Confirmed:
    """Job: replay every call of a trace. Raises WorkloadError where the target cannot be imported, and
    BrokenTrace for a file that cannot be used."""
    function = resolve(target)
    count = len(read_trace(file)[0]["calls"])
    deadline = time.monotonic() + _SECONDS
    failures = {number: _fails(function, file, number, 1.0, ()) for number in range(count)}
    usable = [number for number, failure in failures.items() if not failure]
    fixed: set[int] = set()
    for number in usable:
        lengths = shrinkable(read_trace(file)[0]["calls"][number])
        fixed |= set(lengths) - _shrinking(function, file, number, lengths, deadline)
    reasons = dict.fromkeys(failure for failure in failures.values() if failure)
    return Confirmed(tuple(usable), tuple(sorted(fixed)), tuple(reasons))


def _shrinking(
    function: Callable[..., Any], file: str, number: int, lengths: list[int], deadline: float
) -> set[int]:
    """The lengths that may become smaller: all together, else those that may alone and then together."""
    if _shrinks(function, file, number, ()):
        return set(lengths)
    alone: list[int] = []
    for length in lengths:
        if time.monotonic() > deadline:
            break
        if _shrinks(function, file, number, [n for n in lengths if n != length]):
            alone.append(length)
    while len(alone) > 1 and not _shrinks(function, file, number, [n for n in lengths if n not in alone]):
        alone.pop()
    return set(alone)


def _shrinks(function: Callable[..., Any], file: str, number: int, fixed: Iterable[int]) -> bool:
    return not any(_fails(function, file, number, scale, tuple(fixed)) for scale in _SMALL)


def _fails(function: Callable[..., Any], file: str, number: int, scale: float, fixed: tuple[int, ...]) -> str:
    """Why a replayed call does not return, empty if it does."""
    try:
        call = replay(file, (number,), scale, 0, fixed)
        with quiet():
            prepare(function, call)()
    except Exception as error:  # noqa: BLE001 - the user's code may raise anything
        return f"{error}" if isinstance(error, BrokenTrace) else f"{type(error).__name__}: {error}"[:300]
    return ""
