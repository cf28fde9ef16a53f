"""What a sandbox child is asked to run of the project's tests, and what it answers: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from codeopt.workload.own_tests.discover import OwnTest
from codeopt.workload.own_tests.settings import PytestSettings

PASSED, FAILED, SKIPPED, TOO_LONG = "passed", "failed", "skipped", "too long"


@dataclass(frozen=True, slots=True)
class Batch:
    """Tests to run in one process, each for about `seconds` with at most `cases` sets of parameters.

    `roots` are the folders that the project is imported from; `overlay` maps absolute file names to the
    texts that take their places.
    """

    tests: tuple[OwnTest, ...]
    settings: PytestSettings
    roots: tuple[str, ...]
    seconds: float
    cases: int
    overlay: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TestEnd:
    """How one test ended with one set of parameters; `message` says why it did not pass."""

    path: Path
    qualname: str
    case: str
    outcome: str
    message: str
    seconds: float

    # pytest takes classes of this name for tests.
    __test__ = False

    @property
    def name(self) -> str:
        """As pytest names it, the file without its folders."""
        return f"{self.path.name}::{self.qualname.replace('.', '::')}{self.case}"


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """The ends of all tests that were run; `problem` says why others could not be.

    `imported`: a text of the overlay was imported, so the tests say something about it.
    """

    ends: tuple[TestEnd, ...]
    problem: str = ""
    imported: bool = False
