"""Telling and ending code that runs too long."""

from __future__ import annotations

import contextlib
import select
import signal
import time
from collections.abc import Iterator
from types import FrameType

_AGAIN = 1.0
"""Seconds after which code that swallowed the first alarm gets another."""


_PATIENCE = 5
"""Times its seconds of CPU that a process may take on a busy machine, or asleep."""

_TICK = 0.25


class TimeUp(BaseException):
    """Raised inside code that takes too long; no `Exception`, for tests catch those."""


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise TimeUp in the block once it has run for so long."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU that a process has used. Raises OSError where there is none."""
    # The clock of another process, as clock_getcpuclockid(3) numbers it.
    return time.clock_gettime(~pid << 3 | 2)


def answers(source: int, pid: int, seconds: float) -> bool:
    """Whether a process writes to a pipe before it has used so many more seconds of CPU.

    CPU, for a busy machine must not change what is found; one that sleeps has five times as long.
    """
    until, late = cpu_seconds(pid) + seconds, time.monotonic() + seconds * _PATIENCE
    while not select.select([source], [], [], _TICK)[0]:
        if cpu_seconds(pid) > until or time.monotonic() > late:
            return False
    return True
