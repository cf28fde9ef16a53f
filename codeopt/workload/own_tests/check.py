"""An extra check of a winner: the project's own tests that reach the target must still pass with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from codeopt.sandbox import Sandbox
from codeopt.workload.own_tests.batch import FAILED, PASSED, SKIPPED, TOO_LONG, Batch
from codeopt.workload.own_tests.discover import OwnTest
from codeopt.workload.own_tests.run_apart import Ends, run_apart
from codeopt.workload.own_tests.settings import PytestSettings

_SECONDS = 20.0
_CASES = 4


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
    tests: Sequence[OwnTest],
    settings: PytestSettings,
    roots: Sequence[str],
    overlay: Mapping[str, str],
    seconds: float = _SECONDS,
) -> TestCheck:
    """Run tests on the original twice and with an overlay (absolute file name to text) in its place.

    `roots` are the folders the project is imported from, `seconds` bounds one test. What does not pass
    on the original both times is left out; what fails with the overlay must fail again to count.
    """
    if not tests:
        return TestCheck()
    batch = Batch(tuple(tests), settings, tuple(roots), seconds, _CASES)
    first = run_apart(sandbox, batch)
    second = run_apart(sandbox, replace(batch, tests=tuple(t for t in tests if t not in first.lost)))
    stable, left_out = _stable(first, second)
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


def _stable(first: Ends, second: Ends) -> tuple[list[str], tuple[str, ...]]:
    """Names of the tests that pass twice on the original, and the others with why they are left out."""
    stable: list[str] = []
    left_out = [f"{test.short_id}: {reason}" for test, reason in first.lost.items()]
    for name, end in first.ends.items():
        again = second.ends.get(name)
        outcome = again.outcome if again is not None else ""
        if end.outcome == PASSED and outcome == PASSED:
            stable.append(name)
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
