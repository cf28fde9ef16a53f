"""Which lines of the project a workload runs: a rewrite of any other line cannot be proven by it."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass, field

from codeopt.sandbox.world import Overlay, load_world
from codeopt.target import Target
from codeopt.workload.interpreted import interpret_all
from codeopt.workload.invoke import prepare, quiet
from codeopt.workload.lines import LineTracer

_SCALES = (0.02, 0.2, 1.0)
_SECONDS = 1.0
"""Larger scales are left out once a call takes longer than this under the tracer."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Lines run, by absolute file name, and steps from one line to the next in a function; a step out of
    the function ends at 0."""

    lines: dict[str, frozenset[int]]
    arcs: dict[str, frozenset[tuple[int, int]]] = field(default_factory=dict)

    def covers(self, file: str, first: int, last: int) -> bool:
        """Whether any of the lines `first..last` ran."""
        return not self.lines.get(file, frozenset()).isdisjoint(range(first, last + 1))


def trace_reach(target: Target, overlay: Overlay, files: frozenset[str], seed: int) -> Reach:
    """Job: run the target under a line tracer that looks only at these files.

    A call that raises counts up to where it raised. Raises WorkloadError if the target or
    its builder cannot be used.
    """
    interpret_all()
    world = load_world(target, overlay)
    tracer = LineTracer(files.__contains__)
    with world.active(), quiet():
        for scale in _SCALES:
            begin = time.perf_counter()
            step = prepare(world.callable, world.build(scale, seed))
            sys.settrace(tracer.enter)
            try:
                with contextlib.suppress(Exception):
                    step()
            finally:
                sys.settrace(None)
            tracer.forget()
            if time.perf_counter() - begin > _SECONDS:
                break
    return Reach(
        {file: frozenset(found) for file, found in tracer.lines.items()},
        {file: frozenset(found) for file, found in tracer.arcs.items()},
    )
