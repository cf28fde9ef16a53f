"""The origins of workloads for code that declares none, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from codeopt.sandbox import Sandbox
from codeopt.target import Target
from codeopt.workload.guess.targets import guessed_targets
from codeopt.workload.own_tests.find import OwnTests
from codeopt.workload.own_tests.targets import own_test_targets
from codeopt.workload.preload import preload, preload_files
from codeopt.workload.trace.targets import traced_targets
from codeopt.workload.wanted import Unserved, Wanted

FOLDER = ".codeopt/workloads"

Provider = Callable[[Sequence[Wanted]], Iterator[Target | Unserved]]
"""Yields a target for each wanted function that it can call, and says why for others."""


def providers(
    origins: Sequence[str],
    root: Path,
    seed: int,
    sandbox_for: Callable[[tuple[str, ...]], Sandbox],
    own_tests: Callable[[], OwnTests],
    is_late: Callable[[], bool],
) -> list[Provider]:
    """Those of the origins that are asked for; `sandbox_for` gives one whose zygote holds some modules."""

    def traced(wanted: Sequence[Wanted]) -> Iterator[Target | Unserved]:
        return traced_targets(wanted, root, lambda target: sandbox_for(preload(target)))

    def tests(wanted: Sequence[Wanted]) -> Iterator[Target | Unserved]:
        return own_test_targets(wanted, sandbox_for, root, is_late, own_tests())

    def guessed(wanted: Sequence[Wanted]) -> Iterator[Target | Unserved]:
        held = root / FOLDER
        return guessed_targets(wanted, lambda paths: sandbox_for(preload_files(paths)), root, held, seed)

    known: dict[str, Provider] = {"traced": traced, "tests": tests, "guessed": guessed}
    return [provide for name, provide in known.items() if name in origins]
