"""What a run of `suggest` says while it goes on; reports are built from these alone."""

from __future__ import annotations

from dataclasses import dataclass

from codeopt.source import Problem
from codeopt.suggestion import Rejection, Stats, Suggestion, UnprovenSite
from codeopt.target import Target


@dataclass(frozen=True, slots=True)
class ProblemFound:
    """Something could not be used; the rest goes on."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class TargetStarted:
    """Target `number` of `total` begins, with `sites` places to try."""

    target: Target
    number: int
    total: int
    sites: int


@dataclass(frozen=True, slots=True)
class TargetProgress:
    """Evaluations so far, and the peaks (bytes) of the original and of the best variant."""

    target: Target
    evaluations: int
    baseline_bytes: int
    best_bytes: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over; always the last event unless it was interrupted."""

    stats: Stats


Event = ProblemFound | TargetStarted | TargetProgress | Suggestion | Rejection | UnprovenSite | Finished
