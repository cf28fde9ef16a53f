"""How large a workload must be until its peak stands out, within limits of time and memory."""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeopt.workload.alarm import answers
from codeopt.workload.guess.worker import load_builder
from codeopt.workload.invoke import prepare, quiet

ENOUGH = 32 << 20
MOST = 512 << 20
SLOWEST = 2.0
_AIM = 1.25
_STEPS = 7
_MOST_ROWS = 1 << 22
_SLOWEST_WHOLE = 2.5
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call took at so many rows, in bytes and seconds of CPU; `whole` with its arguments."""

    rows: int
    peak: int
    seconds: float
    whole: float


def scaled_rows(function: Callable[..., Any], text: Callable[[int], str], seed: int, start: int = 12) -> int:
    """Rows at which the call's peak reaches ENOUGH bytes, or the most within the limits.

    `text` gives the workload for a number of rows. Each size is tried in a process of its own.
    """
    cost = _cost(function, text(start), seed, start)
    best = start
    slope = 1.0
    for _ in range(_STEPS):
        if cost is None:
            return best
        best = cost.rows
        if cost.peak >= ENOUGH:
            return best
        factor = (ENOUGH * _AIM / max(cost.peak, 4096)) ** (1 / slope)
        by_time = 0.6 * min(SLOWEST / max(cost.seconds, 1e-3), _SLOWEST_WHOLE / max(cost.whole, 1e-3))
        rows = min(int(best * max(2.0, min(factor, by_time, 64.0))), _MOST_ROWS)
        if rows <= best or by_time < 1.2:
            return best
        larger = _cost(function, text(rows), seed, rows)
        if larger is not None and larger.peak > cost.peak > 0:
            slope = _slope(cost, larger)
        elif larger is not None:
            # It does not grow with the rows.
            return best if larger.peak * 1.1 < ENOUGH else rows
        cost = larger
    return best


def recorded_peak(function: Callable[..., Any], text: str) -> int:
    """The peak of the call that the text of a workload makes, in bytes; 0 beyond the limits."""
    cost = _cost(function, text, 0, 0)
    return cost.peak if cost else 0


def _slope(one: Cost, other: Cost) -> float:
    """The power of the rows that the peak grows with, between 0.7 and 3."""
    import math

    return min(3.0, max(0.7, math.log(other.peak / one.peak) / math.log(other.rows / one.rows)))


def _cost(function: Callable[..., Any], text: str, seed: int, rows: int) -> Cost | None:
    """Measure in a forked process; None where it fails or goes beyond the limits."""
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(source)
            os.write(sink, pickle.dumps(_measure(function, text, seed, rows)))
        finally:
            os._exit(0)
    os.close(sink)
    try:
        if not answers(source, pid, _PATIENCE):
            return None
        data = os.read(source, 4096)
        found = pickle.loads(data) if data else None
    finally:
        os.close(source)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if not isinstance(found, Cost) or found.peak > MOST or found.seconds > SLOWEST:
        return None
    return found


def _measure(function: Callable[..., Any], text: str, seed: int, rows: int) -> Cost | None:
    import memray

    used, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(OSError, ValueError):
        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        ceiling = now + 4 * MOST
        resource.setrlimit(resource.RLIMIT_AS, (ceiling if used < 0 else min(used, ceiling), hard))
    profile = os.path.abspath(f"scaled-{os.getpid()}.bin")
    with quiet():
        builder = load_builder(text)
        if rows <= 16:
            # The first call of all fills caches.
            prepare(function, builder(1.0, seed))()
        start = time.process_time()
        step = prepare(function, builder(1.0, seed))
        destination = memray.FileDestination(profile, overwrite=True)
        begin = time.process_time()
        with memray.Tracker(
            destination=destination,
            file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS,
        ):
            step()
        seconds, whole = time.process_time() - begin, time.process_time() - start
    with memray.FileReader(profile) as reader:
        peak = reader.metadata.peak_memory
    os.unlink(profile)
    return Cost(rows, peak, seconds, whole)
