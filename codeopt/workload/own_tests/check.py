"""An extra check of a winner: the project's own tests that reach the target must still pass with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from codeopt.sandbox import Sandbox
from codeopt.target import Target
from codeopt.workload.own_tests.batch import FAILED, PASSED, SKIPPED, TOO_LONG, Batch, BatchEnd
from codeopt.workload.own_tests.find import OwnTests
from codeopt.workload.own_tests.reach_batch import ReachedEnd, ReachingBatch, reach_batch
from codeopt.workload.own_tests.run_apart import Ends, run_apart
from codeopt.workload.wanted import Wanted

_SECONDS = 20.0
_CASES = 4
_MOST = 6


@dataclass(frozen=True, slots=True)
class TestCheck:
    """Names of the tests that pass with the winner as they do without it, and of those that only fail with
    it, each with what it said. `left_out` are tests that say nothing, each with why."""

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    # pytest takes classes of this name for tests.
    __test__ = False


def check_tests(
    sandbox: Sandbox,
    own: OwnTests,
    target: Target,
    overlay: Mapping[str, str],
    seconds: float = _SECONDS,
    most: int = _MOST,
) -> TestCheck:
    """Run the nearest tests that call a target on the original twice, and with an overlay (absolute file
    name to text) in its place.

    `seconds` bounds one test, `most` says how many are run. What does not pass on the original both
    times, or does not call the target, is left out; what fails with the overlay must fail again to count.
    """
    tests = own.nearest(Wanted(target.path, target.qualname, frozenset()), most)
    if not tests:
        return TestCheck()
    batch = Batch(tuple(tests), own.settings, (str(target.root),), seconds, _CASES)
    reached: set[str] = set()

    def note(answer: BatchEnd) -> None:
        if isinstance(answer, ReachedEnd):
            reached.update(answer.reached)

    reaching = ReachingBatch(
        batch.tests, batch.settings, batch.roots, seconds, _CASES, {}, str(target.path), target.qualname
    )
    first = run_apart(sandbox, reaching, reach_batch, note)
    second = run_apart(sandbox, replace(batch, tests=tuple(t for t in tests if t not in first.lost)))
    stable, left_out = _stable(first, second, reached, target.qualname)
    if not stable:
        return TestCheck(left_out=left_out)
    ran = {(end.path, end.qualname) for name, end in first.ends.items() if name in stable}
    sound = tuple(test for test in tests if (test.path, test.qualname) in ran)
    changed = replace(batch, tests=sound, overlay=dict(overlay))
    after = run_apart(sandbox, changed)
    if after.ends and not after.imported:
        return TestCheck(left_out=(*left_out, *(f"{name}: does not import the file" for name in stable)))
    failed = _failures(stable, first, after)
    if failed:
        again = _failures(stable, first, run_apart(sandbox, changed))
        failed = {name: said for name, said in failed.items() if name in again}
    passed = tuple(name for name in stable if name not in failed)
    return TestCheck(passed, tuple(f"{name}: {said}" for name, said in failed.items()), left_out)


def _stable(
    first: Ends, second: Ends, reached: Collection[str], qualname: str
) -> tuple[list[str], tuple[str, ...]]:
    """Names of the tests that pass twice on the original and call the target, and the others with why
    they are left out."""
    stable: list[str] = []
    left_out = [f"{test.short_id}: {reason}" for test, reason in first.lost.items()]
    for name, end in first.ends.items():
        again = second.ends.get(name)
        outcome = again.outcome if again is not None else ""
        if end.outcome == PASSED and outcome == PASSED and name in reached:
            stable.append(name)
        elif end.outcome == PASSED and outcome == PASSED:
            left_out.append(f"{name}: does not call {qualname}")
        elif PASSED in (end.outcome, outcome):
            left_out.append(f"{name}: flaky, passes on the original only sometimes")
        else:
            left_out.append(f"{name}: {_WORDS[end.outcome]} on the original: {end.message}")
    return stable, tuple(left_out)


_WORDS = {FAILED: "fails", SKIPPED: "is skipped", TOO_LONG: "takes too long"}


def _failures(stable: Sequence[str], before: Ends, after: Ends) -> dict[str, str]:
    """What the stable tests said that did not pass, by name."""
    lost = {(test.path, test.qualname): reason for test, reason in after.lost.items()}
    found: dict[str, str] = {}
    for name in stable:
        end, place = after.ends.get(name), (before.ends[name].path, before.ends[name].qualname)
        if end is None:
            found[name] = lost.get(place, "is not collected any more")
        elif end.outcome != PASSED:
            found[name] = end.message
    return found
