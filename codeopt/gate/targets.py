"""The workloads that the project declares, and which of the changed functions their calls run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from codeopt.config import Config
from codeopt.errors import UsageError
from codeopt.sandbox import Completed, Sandbox, describe_end
from codeopt.source import Problem, display_name
from codeopt.target import Target
from codeopt.workload.declared import find_workload_files, libraries, locate, read_declarations
from codeopt.workload.preload import BASE_MODULES, preload
from codeopt.workload.reach import Reach, trace_reach
from codeopt.workload.wanted import Wanted

SandboxFor = Callable[[tuple[str, ...]], Sandbox]
"""The sandbox whose zygote holds these modules."""


def workload_files(config: Config) -> list[Path]:
    """The workload files that were named. Raises UsageError for one that is not there."""
    files = [Path(file) for file in config.workloads]
    for file in files:
        if not file.is_file():
            raise UsageError(f"{file}: no such workload file")
    return [file.resolve() for file in files]


def declared_targets(
    config: Config, changed: Sequence[Path], roots: Sequence[Path], sandbox_for: SandboxFor
) -> Iterator[Target | Problem]:
    """Every target that the named workload files declare, else those at the roots and beside the changed
    files; targets that need the same libraries stand together."""
    found: list[Target] = []
    for file in workload_files(config) or find_workload_files(changed, roots):
        end = sandbox_for(BASE_MODULES).call(read_declarations, file)
        if not isinstance(end, Completed):
            yield Problem(display_name(file), 1, describe_end(end))
            continue
        for index, declaration in enumerate(end.value):
            located = locate(file, index, declaration, roots)
            if isinstance(located, Problem):
                yield located
            else:
                found.append(located)
    yield from sorted(found, key=lambda t: (libraries(t), str(t.path), t.qualname))


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
