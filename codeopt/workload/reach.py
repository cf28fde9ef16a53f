"""Which lines of the project a workload runs: a rewrite of any other line cannot be proven by it."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any

from codeopt.sandbox.world import Overlay, load_world
from codeopt.target import Target
from codeopt.workload.invoke import prepare, quiet

_SCALES = (0.02, 0.2)


@dataclass(frozen=True, slots=True)
class Reach:
    """Lines run, by absolute file name, in calls at two small scales."""

    lines: dict[str, frozenset[int]]

    def covers(self, file: str, first: int, last: int) -> bool:
        """Whether any of the lines `first..last` ran."""
        return not self.lines.get(file, frozenset()).isdisjoint(range(first, last + 1))


def trace_reach(target: Target, overlay: Overlay, files: frozenset[str], seed: int) -> Reach:
    """Job: run the target under a line tracer that looks only at these files.

    A call that raises counts up to where it raised. Raises WorkloadError if the target or
    its builder cannot be used.
    """
    world = load_world(target, overlay)
    lines: dict[str, set[int]] = {}

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            lines[frame.f_code.co_filename].add(frame.f_lineno)
        return local

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        if file not in files:
            return None
        lines.setdefault(file, set()).add(frame.f_lineno)
        return local

    with world.active(), quiet():
        for scale in _SCALES:
            step = prepare(world.callable, world.build(scale, seed))
            sys.settrace(enter)
            try:
                with contextlib.suppress(Exception):
                    step()
            finally:
                sys.settrace(None)
    return Reach({file: frozenset(found) for file, found in lines.items()})
