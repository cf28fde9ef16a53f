"""What the gate says of one workload of changed code."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from codeopt.source import Problem


class Verdict(StrEnum):
    """How a peak now compares to what it was; only `GREW` fails the gate."""

    GREW = "grew"
    SAME = "same"
    FELL = "fell"
    NEW = "new"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its figures.

    Bytes of the peak above the level at the start of the call: the largest measured of the code as it was
    and the smallest as it is for a peak that grew, else the medians; None where nothing could be measured.
    `noise_bytes` is how much they may differ without saying anything. `reason` is empty or one clause.
    """

    verdict: Verdict
    before_bytes: int | None = None
    after_bytes: int | None = None
    noise_bytes: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GateEntry:
    """What came of one target, or of a changed function that nothing runs.

    `path` is the name of its file in reports and `line` (from 1) where the function begins, in a notebook
    counted in the source of `cell`. `changed` names the changed functions that the call runs, `origin` and
    `ref` the workload; both are empty where there is none.
    """

    path: str
    function: str
    line: int
    judgement: Judgement
    changed: tuple[str, ...] = ()
    origin: str = ""
    ref: str = ""
    cell: int | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict of its judgement."""
        return self.judgement.verdict


@dataclass
class GateOutcome:
    """Everything a run of the gate found; `interrupted` if it was cut short.

    `baseline` is the revision or file that was compared with; `files` and `functions` count those that
    changed; `seconds` are of wall time.
    """

    baseline: str
    environment: dict[str, object]
    entries: list[GateEntry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    files: int = 0
    functions: int = 0
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def grew(self) -> list[GateEntry]:
        """The entries that fail the gate."""
        return [entry for entry in self.entries if entry.verdict is Verdict.GREW]
