"""Running tests in a sandbox child with the calls of wanted functions recorded."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from codeopt.workload.own_tests.batch import PASSED, Batch, BatchEnd
from codeopt.workload.own_tests.discover import OwnTest
from codeopt.workload.own_tests.run_batch import run_batch
from codeopt.workload.trace.part import PART, REFUSED
from codeopt.workload.trace.plan import Plan, write_plan
from codeopt.workload.trace.start import begin

_MOST_BYTES = 256 << 20
"""Bytes of recorded calls that one batch may hand back."""


@dataclass(frozen=True, slots=True)
class RecordedBatch(BatchEnd):
    """How the tests ended, the files that the recorder left by their names, and the test that each came
    from."""

    files: tuple[tuple[str, bytes], ...] = ()
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingBatch(Batch):
    """Tests to run with at most `calls` calls recorded of each planned function."""

    plan: Plan = field(default_factory=lambda: Plan((), ()))
    calls: int = 4


def record_batch(batch: Batch) -> RecordedBatch:
    """Job: run the tests of a RecordingBatch, and hand back the calls that those made which passed."""
    assert isinstance(batch, RecordingBatch)
    folder = Path(tempfile.mkdtemp(prefix="calls"))
    plan_file = folder / "plan.json"
    write_plan(batch.plan, plan_file, folder, batch.calls)
    begin(str(plan_file))
    made_by: dict[str, tuple[OwnTest, str]] = {}

    @contextlib.contextmanager
    def around(test: OwnTest, case: str) -> Iterator[None]:
        try:
            yield
        finally:
            for file in folder.glob(f"*{PART}"):
                made_by.setdefault(file.name, (test, case))

    answer = run_batch(batch, around)
    passed = {(end.path, end.qualname, end.case): end.name for end in answer.ends if end.outcome == PASSED}
    sources: dict[str, str] = {}
    for name, (test, case) in made_by.items():
        source = passed.get((test.path, test.qualname, case))
        if source is not None:
            sources[name] = source
    refusals = [file.name for file in folder.glob(f"*{REFUSED}")]
    files = tuple(_read(folder, [*sorted(sources), *refusals]))
    return RecordedBatch(answer.ends, answer.problem, False, files, tuple(sources.items()))


def _read(folder: Path, names: list[str]) -> Iterator[tuple[str, bytes]]:
    left = _MOST_BYTES
    for name in names:
        data = (folder / name).read_bytes()
        left -= len(data)
        if left < 0:
            return
        yield name, data
