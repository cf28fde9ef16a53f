"""The job of `proof_cost.py`: one whole proof in one process, with a clock on its parts."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from codeopt.edit import Trust
from codeopt.equivalence import cases, observe, prove, reference
from codeopt.equivalence.faults import plant, plant_near
from codeopt.equivalence.verdict import Same
from codeopt.sandbox import world
from codeopt.target import Target
from codeopt.workload.reach import trace_reach

FAULTS = 9
PARTS = {
    "observe": "recording",
    "high_run": "recording",
    "untouched_by": "recording",
    "compare": "comparing",
    "load_world": "loading",
    "altered": "building calls",
}


class Clock:
    """Seconds by part; time spent in an inner part is not counted to the outer one."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Count the calls of `owner.name`, wherever it is looked up there, to a part."""
        function: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            return self.count(part, function, *args, **kwargs)

        setattr(owner, name, timed)

    def count(self, part: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call the function; the seconds that no inner part took are this part's."""
        begin = time.perf_counter()
        self._inner.append(0.0)
        try:
            return function(*args, **kwargs)
        finally:
            spent = time.perf_counter() - begin
            self.seconds[part] += spent - self._inner.pop()
            self._inner[-1] += spent


def timed_proof(target: Target, candidate: str) -> tuple[str, dict[str, float], dict[str, float]]:
    """Prove the candidate as `codeopt suggest` does, with its controls.

    Returns the verdict's name, and the seconds by stage and by part of the work.
    """
    parts, stages = Clock(), Clock()
    parts.watch(observe, "_run", "target")
    parts.watch(world.World, "build", "building calls")
    for module in (cases, prove, reference):
        for name, part in PARTS.items():
            if hasattr(module, name):
                parts.watch(module, name, part)
    path = str(target.path)
    overlay = {path: candidate}
    lines = trace_reach(target, {}, frozenset({path}), 0).lines.get(path, frozenset())

    def whole() -> str:
        made = stages.count("reference", prove.make_reference, target, 48, 0)
        unstable = stages.count("self check", prove.self_check, target, made)
        verdict, _ = stages.count("candidate", prove.prove, target, overlay, made, unstable, Trust.CLOSE)
        planted = plant(target.original(), lines, 0, FAULTS)
        stages.count("faults", prove.count_caught, target, planted, made, unstable)
        if isinstance(verdict, Same):
            near = plant_near(target.original(), candidate, lines, 0, FAULTS)
            stages.count(
                "faults near", prove.count_caught, target, near, made, unstable, verdict.level, file=path
            )
        return type(verdict).__name__

    name = parts.count("planting, judging, the rest", whole)
    return name, dict(stages.seconds), dict(parts.seconds)
