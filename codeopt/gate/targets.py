"""Which of the changed functions a call of a declared target runs."""

from __future__ import annotations

from collections.abc import Sequence

from codeopt.sandbox import Completed, describe_end
from codeopt.target import Target
from codeopt.workload.declarations import SandboxFor
from codeopt.workload.preload import preload
from codeopt.workload.reach import Reach, trace_reach
from codeopt.workload.wanted import Wanted


def runs_of(
    target: Target, wanted: Sequence[Wanted], sandbox_for: SandboxFor, seed: int
) -> list[Wanted] | str:
    """The wanted functions that a target is, or that its call runs changed lines of; in words why the call
    cannot be made."""
    own = [one for one in wanted if one.is_called_by(target)]
    if len(own) == len(wanted):
        return own
    files = frozenset(str(one.path) for one in wanted)
    end = sandbox_for(preload(target)).call(trace_reach, target, {}, files, seed)
    if not isinstance(end, Completed) or not isinstance(end.value, Reach):
        return describe_end(end)
    lines = end.value.lines
    return [one for one in wanted if one in own or one.lines & lines.get(str(one.path), frozenset())]
