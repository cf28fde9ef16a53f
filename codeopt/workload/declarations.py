"""The targets that workload files declare: those named in the configuration, else those that stand nearby."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from codeopt.config import Config
from codeopt.errors import UsageError
from codeopt.sandbox import Completed, Sandbox, describe_end
from codeopt.source import Problem, problem_at
from codeopt.target import Target
from codeopt.workload.declared import find_workload_files, libraries, locate, read_declarations
from codeopt.workload.preload import BASE_MODULES

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
    config: Config, files: Sequence[Path], roots: Sequence[Path], sandbox_for: SandboxFor
) -> Iterator[Target | Problem]:
    """Every target that the named workload files declare, else those at the roots and beside the
    files; targets that need the same libraries stand together."""
    found: list[Target] = []
    for file in workload_files(config) or find_workload_files(files, roots):
        end = sandbox_for(BASE_MODULES).call(read_declarations, file)
        if not isinstance(end, Completed):
            yield problem_at(file, 1, describe_end(end))
            continue
        for index, declaration in enumerate(end.value):
            located = locate(file, index, declaration, roots)
            if isinstance(located, Problem):
                yield located
            else:
                found.append(located)
    yield from sorted(found, key=lambda t: (libraries(t), str(t.path), t.qualname))
