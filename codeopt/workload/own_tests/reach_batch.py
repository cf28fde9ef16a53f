"""Running tests in a sandbox child and seeing which of them call a target."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from codeopt.workload.own_tests.batch import Batch, BatchEnd
from codeopt.workload.own_tests.discover import OwnTest
from codeopt.workload.own_tests.run_batch import run_batch


@dataclass(frozen=True, slots=True)
class ReachingBatch(Batch):
    """Tests to run, and the function or class in `file` that they should call."""

    file: str = ""
    qualname: str = ""


@dataclass(frozen=True, slots=True)
class ReachedEnd(BatchEnd):
    """How the tests ended, and the names of those that called the target."""

    reached: tuple[str, ...] = ()


def reach_batch(batch: Batch) -> ReachedEnd:
    """Job: run the tests of a ReachingBatch."""
    assert isinstance(batch, ReachingBatch)
    calling: set[tuple[OwnTest, str]] = set()
    inside = f"{batch.qualname}."

    @contextlib.contextmanager
    def around(test: OwnTest, case: str) -> Iterator[None]:
        def enter(frame: FrameType, event: str, argument: Any) -> None:
            code = frame.f_code
            if code.co_filename == batch.file and f"{code.co_qualname}.".startswith(inside):
                calling.add((test, case))

        before = sys.gettrace()
        sys.settrace(enter)
        threading.settrace(enter)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(before)

    answer = run_batch(batch, around)
    called = {(test.path, test.qualname, case) for test, case in calling}
    reached = [end.name for end in answer.ends if (end.path, end.qualname, end.case) in called]
    return ReachedEnd(answer.ends, answer.problem, answer.imported, tuple(reached))
