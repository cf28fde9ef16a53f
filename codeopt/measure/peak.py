"""The peak of one call by memray, what was alive at it, and resident memory as a second meter.

Method (memray 1.20, checked on NumPy, torch, pandas and scikit-learn): the first call is
inflated up to 48 times by caches and lazy imports, and after one warm-up call the peak is
byte-identical from call to call. So one call warms, the next is measured. One thing may come
later: OpenBLAS drops the work buffers of 32 MiB that it had before the fork, and maps new ones
when a product next needs them. Products between the two calls see to that.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
import time
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from codeopt.sandbox.world import Overlay, load_world
from codeopt.target import Target
from codeopt.workload.invoke import prepare, quiet

_PROFILE = "codeopt-peak.bin"
_LONGEST = 300
"""Characters of an exception that are kept."""


@dataclass(frozen=True, slots=True)
class HotLine:
    """Bytes alive at the peak that a source line (from 1) had allocated, itself or by what it called."""

    file: str
    line: int
    bytes: int


@dataclass(frozen=True, slots=True)
class PeakSample:
    """One measured call. Bytes above the level at its start; seconds of the target's body, all calls.

    `raised` is empty, or the type and text of the exception that ended the measured call.
    """

    peak_bytes: int
    floor_bytes: int
    resident_bytes: int
    body_seconds: float
    hot: tuple[HotLine, ...] = ()
    raised: str = ""


def measure_peak(
    target: Target, overlay: Overlay, scale: float, seed: int, files: frozenset[str]
) -> PeakSample:
    """Warm up once, then measure one call of `target` built at `scale`.

    `hot` tells only of lines in `files`. A call that raises is measured up to
    the exception. Raises WorkloadError if the target or its builder cannot be used.
    """
    import memray

    # The target may change the working directory.
    profile = os.path.abspath(_PROFILE)
    world = load_world(target, overlay)
    result: object = None
    raised = ""
    with world.active(), quiet():
        body, said = _run(world.callable, world.build(scale, seed))
        _map_work_buffers()
        call = world.build(scale, seed)
        step = prepare(world.callable, call)
        gc.collect()
        trim_heap()
        destination = memray.FileDestination(profile, overwrite=True)
        with watch_resident() as resident:
            tracker = memray.Tracker(
                destination=destination, file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS
            )
            begin = time.perf_counter()
            with tracker:
                try:
                    result = step()
                except Exception as error:  # noqa: BLE001 - the user's code may raise anything
                    # Its text would take memory here; that of the warming call serves.
                    raised = type(error).__name__
            body += time.perf_counter() - begin
    with memray.FileReader(profile) as reader:
        peak = reader.metadata.peak_memory
        floor = sum(r.size for r in reader.get_leaked_allocation_records(merge_threads=True))
        hot = hot_lines(reader, files)
    del result
    os.unlink(profile)
    raised = said if raised and said.startswith(raised) else raised
    return PeakSample(peak, min(floor, peak), resident[0], body, hot, raised)


def _map_work_buffers() -> None:
    import numpy as np

    square = np.ones((256, 256))
    products = [square @ square, square @ square[0]]
    blas = sys.modules.get("scipy.linalg.blas")
    if blas is not None:
        products += [blas.dgemm(1.0, square, square), blas.dgemv(1.0, square, square[0])]


def _run(function: object, call: object) -> tuple[float, str]:
    """Seconds of a call, and the exception that ended it, if one did."""
    step = prepare(function, call)  # type: ignore[arg-type]
    said = ""
    begin = time.perf_counter()
    try:
        step()
    except Exception as error:  # noqa: BLE001 - the user's code may raise anything
        said = _told(error)
    return time.perf_counter() - begin, said


def _told(error: Exception) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:_LONGEST]
    except Exception:  # noqa: BLE001 - its `__str__` is the user's too
        return type(error).__name__


def hot_lines(reader: object, files: Container[str]) -> tuple[HotLine, ...]:
    """What the lines of some files had allocated of what was alive at the peak, most first."""
    total: dict[tuple[str, int], int] = {}
    for record in reader.get_high_watermark_allocation_records(merge_threads=True):  # type: ignore[attr-defined]
        seen: set[tuple[str, int]] = set()
        for _function, file, line in record.stack_trace():
            if file in files and (file, line) not in seen:
                seen.add((file, line))
                total[file, line] = total.get((file, line), 0) + record.size
    lines = (HotLine(file, line, size) for (file, line), size in total.items())
    return tuple(sorted(lines, key=lambda hot: -hot.bytes)[:64])


def trim_heap() -> None:
    """Give freed memory back, so that what a call reuses of it is counted as resident again."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def watch_resident() -> Iterator[list[int]]:
    """Bytes by which the resident set rose above its start, from the kernel's high-water mark."""
    answer = [0]
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        yield answer
        return
    start = _status_bytes("VmRSS")
    try:
        yield answer
    finally:
        answer[0] = max(0, _status_bytes("VmHWM") - start)


def _status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    return 0
