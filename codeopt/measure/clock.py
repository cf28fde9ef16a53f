"""Seconds of one call, measured without a memory profiler (it slows a body 1.4 to 5 times)."""

from __future__ import annotations

import gc
import time

from codeopt.sandbox.world import Overlay, load_world
from codeopt.target import Target
from codeopt.workload.invoke import prepare, quiet

_ENOUGH_SECONDS = 0.2
_MOST_CALLS = 7


def measure_seconds(target: Target, overlay: Overlay, scale: float, seed: int) -> float:
    """The fastest of up to seven calls after a warm-up; the parent interleaves such runs.

    Raises whatever the target raises: a call that fails has no time.
    """
    world = load_world(target, overlay)
    best = float("inf")
    spent = 0.0
    with world.active(), quiet():
        prepare(world.callable, world.build(scale, seed))()
        for _ in range(_MOST_CALLS):
            step = prepare(world.callable, world.build(scale, seed))
            gc.collect()
            begin = time.perf_counter()
            result = step()
            seconds = time.perf_counter() - begin
            del result, step
            best = min(best, seconds)
            spent += seconds
            if spent > _ENOUGH_SECONDS:
                break
    return best
