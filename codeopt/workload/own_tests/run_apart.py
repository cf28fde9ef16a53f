"""Running a batch of tests in the sandbox so that one which hangs or kills its process costs only itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from codeopt.sandbox import Completed, Limits, Sandbox, describe_end
from codeopt.workload.own_tests.batch import PASSED, Batch, BatchEnd, TestEnd
from codeopt.workload.own_tests.discover import OwnTest
from codeopt.workload.own_tests.run_batch import run_batch

_START = 30.0
"""Seconds for imports and collection, beside those for each test."""

_MOST_TOGETHER = 240.0
Job = Callable[[Batch], BatchEnd]


@dataclass
class Ends:
    """How tests ended, by their names, and the tests that nothing came of, with why.

    `imported`: a text of the overlay was imported.
    """

    ends: dict[str, TestEnd] = field(default_factory=dict)
    lost: dict[OwnTest, str] = field(default_factory=dict)
    imported: bool = False


def run_apart(
    sandbox: Sandbox, batch: Batch, job: Job = run_batch, keep: Callable[[BatchEnd], None] | None = None
) -> Ends:
    """Run the tests of a batch together and, where that gives no answer, each by itself.

    `job` is what the child calls; `keep` is handed each of its answers.
    """
    found = Ends()
    waiting = [batch] if batch.tests else []
    while waiting:
        part = waiting.pop()
        end = sandbox.call(job, part, limits=_limits(sandbox, part))
        if isinstance(end, Completed) and isinstance(end.value, BatchEnd):
            _take(found, part, end.value)
            if keep is not None:
                keep(end.value)
        elif len(part.tests) > 1:
            waiting += [replace(part, tests=(test,)) for test in reversed(part.tests)]
        else:
            found.lost[part.tests[0]] = describe_end(end)
    return found


def _limits(sandbox: Sandbox, batch: Batch) -> Limits:
    seconds = min(_MOST_TOGETHER, _START + batch.seconds * len(batch.tests))
    return replace(sandbox.limits, seconds=seconds)


def _take(found: Ends, batch: Batch, answer: BatchEnd) -> None:
    found.imported |= answer.imported
    ran = set()
    for end in answer.ends:
        ran.add((end.path, end.qualname))
        known = found.ends.get(end.name)
        # A test that failed may end a second time, when it is taken down.
        if known is None or known.outcome == PASSED:
            found.ends[end.name] = end
    for test in batch.tests:
        if (test.path, test.qualname) not in ran:
            found.lost[test] = answer.problem or "pytest collects no such test"
