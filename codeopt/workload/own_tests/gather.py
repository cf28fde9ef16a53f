"""Finding, by running them, the tests that call the wanted functions: the nearest first, few at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from codeopt.sandbox import Sandbox
from codeopt.workload.own_tests.batch import PASSED, BatchEnd
from codeopt.workload.own_tests.discover import OwnTest
from codeopt.workload.own_tests.find import OwnTests
from codeopt.workload.own_tests.record import RecordedBatch, RecordingBatch, record_batch
from codeopt.workload.own_tests.run_apart import Ends, run_apart
from codeopt.workload.trace.file_format import BrokenTrace, unpack
from codeopt.workload.trace.plan import Plan
from codeopt.workload.wanted import Wanted

ROUNDS = 4
"""Tests of each function that are run until one calls it."""

_MOST_TOGETHER = 12
_CASES = 16


@dataclass
class Gathered:
    """What running tests left: the recorder's files in `folder`, by name the test that each came from;
    how the tests ended; and which tests were run for which function."""

    folder: Path
    sources: dict[str, str] = field(default_factory=dict)
    ends: Ends = field(default_factory=Ends)
    tried: dict[Wanted, list[OwnTest]] = field(default_factory=dict)
    _processes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, answer: BatchEnd) -> None:
        """Take over the recorder's files of one process."""
        if not isinstance(answer, RecordedBatch):
            return
        with self._lock:
            number = self._processes
            self._processes += 1
        sources = dict(answer.sources)
        for name, data in answer.files:
            # Processes in the sandbox all have the same few numbers.
            kept = f"{number:05}.{name}"
            (self.folder / kept).write_bytes(data)
            if name in sources:
                self.sources[kept] = sources[name]

    def made_by(self) -> dict[int, str]:
        """The test whose call of a planned function came first, by the function's number in the plan."""
        found: dict[int, str] = {}
        for name in sorted(self.sources):
            with contextlib.suppress(BrokenTrace, KeyError):
                data, _ = unpack((self.folder / name).read_bytes(), name)
                found.setdefault(data["number"], self.sources[name])
        return found

    def said_of(self, wanted: Wanted) -> str:
        """Why none of the tests that were run for a function gave a call of it, in one clause."""
        tried = self.tried.get(wanted, [])
        if not tried:
            return "the time for running tests was spent"
        for test in tried:
            lost = self.ends.lost.get(test)
            found = [e for e in self.ends.ends.values() if (e.path, e.qualname) == (test.path, test.qualname)]
            bad = next((end for end in found if end.outcome != PASSED), None)
            if lost is not None:
                return f"the test {test.short_id} cannot be run: {lost}"
            if bad is not None and not any(end.outcome == PASSED for end in found):
                return f"the test {bad.name} {_WORDS.get(bad.outcome, bad.outcome)}: {bad.message}"
        names = ", ".join(test.short_id for test in tried)
        return f"no call of it was seen in {names}"


_WORDS = {"failed": "fails", "skipped": "is skipped", "too long": "takes too long"}


@dataclass(frozen=True, slots=True)
class Runner:
    """How tests are run: in which sandbox, from which import roots, each for how many seconds, with how
    many calls kept of a function, and until when."""

    sandbox: Sandbox
    roots: tuple[str, ...]
    seconds: float
    calls: int
    is_late: Callable[[], bool]


def gather_calls(
    plan: Plan,
    own: OwnTests,
    runner: Runner,
    folder: Path,
    before: Mapping[Wanted, Sequence[OwnTest]] | None = None,
) -> Gathered:
    """Run the tests that may reach the planned functions, in rounds, until each has been called.

    `before` are tests that were run already and gave no call that can be used.
    """
    found = Gathered(folder)
    wanted = [planned.wanted for planned in plan.functions]
    candidates = {one: _candidates(own, one, (before or {}).get(one, ())) for one in wanted}
    called: set[int] = set()
    ran: set[OwnTest] = set()
    for turn in range(ROUNDS):
        chosen: dict[OwnTest, None] = {}
        for number, one in enumerate(wanted):
            if number not in called and turn < len(candidates[one]):
                test = candidates[one][turn]
                found.tried.setdefault(one, []).append(test)
                if test not in ran:
                    chosen[test] = None
        ran.update(chosen)
        with ThreadPoolExecutor(runner.sandbox.jobs) as pool:
            parts = list(_parts(list(chosen)))
            for ends in pool.map(lambda tests: _record(plan, own, runner, tests, found), parts):
                found.ends.ends |= ends.ends
                found.ends.lost |= ends.lost
        called = set(found.made_by())
        if runner.is_late():
            break
    return found


def _candidates(own: OwnTests, wanted: Wanted, before: Sequence[OwnTest]) -> list[OwnTest]:
    nearest = own.nearest(wanted, ROUNDS + len(before))
    return [test for test in nearest if test not in before][:ROUNDS]


def _parts(tests: Sequence[OwnTest]) -> Iterator[list[OwnTest]]:
    """Tests of one file together, for its imports and fixtures cost the most."""
    by_file: dict[Path, list[OwnTest]] = {}
    for test in tests:
        by_file.setdefault(test.path, []).append(test)
    for together in by_file.values():
        for begin in range(0, len(together), _MOST_TOGETHER):
            yield together[begin : begin + _MOST_TOGETHER]


def _record(plan: Plan, own: OwnTests, runner: Runner, tests: Sequence[OwnTest], found: Gathered) -> Ends:
    if runner.is_late():
        return Ends()
    batch = RecordingBatch(
        tuple(tests), own.settings, runner.roots, runner.seconds, _CASES, plan=plan, calls=runner.calls
    )

    return run_apart(runner.sandbox, batch, record_batch, found.keep)
