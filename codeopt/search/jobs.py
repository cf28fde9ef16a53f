"""Jobs of a target's session: what the sandbox's children run.

A reference holds the original's outcomes on every case. The parent keeps it in a file that
children read and cannot write.
"""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass
from pathlib import Path

from codeopt.edit import Trust
from codeopt.equivalence.faults import plant
from codeopt.equivalence.prove import Reference, count_caught, make_reference, prove, self_check, shrink
from codeopt.equivalence.verdict import Differs, Verdict
from codeopt.sandbox.world import Overlay
from codeopt.target import Target


@dataclass(frozen=True, slots=True)
class Recorded:
    """A reference as the parent keeps it: a pickle that only children read, for a process that ran
    the user's code wrote it; cases in it and seconds it took."""

    data: bytes
    cases: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FaultCount:
    """Wrong variants planted in the original, those the cases caught, and the rest in words."""

    planted: int
    caught: int
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A verdict and the seconds spent in the target's own body."""

    verdict: Verdict
    body_seconds: float


def reference_job(target: Target, cases: int, seed: int) -> Recorded:
    """Record the original's outcomes."""
    begin = time.perf_counter()
    reference = make_reference(target, cases, seed)
    data = pickle.dumps(reference, pickle.HIGHEST_PROTOCOL)
    return Recorded(data, len(reference.cases), time.perf_counter() - begin)


def _load(file: Path) -> Reference:
    with file.open("rb") as source:
        reference: Reference = pickle.load(source)
    return reference


def self_check_job(target: Target, file: Path) -> tuple[str, ...]:
    """Paths of what the original does differently when run again."""
    return self_check(target, _load(file))


def faults_job(
    target: Target, file: Path, unstable: tuple[str, ...], lines: frozenset[int], seed: int, count: int
) -> FaultCount:
    """Plant wrong variants on the lines that ran, and count those the cases catch."""
    faults = plant(target.original(), lines, seed, count)
    planted, caught, missed = count_caught(target, faults, _load(file), unstable)
    return FaultCount(planted, caught, tuple(missed))


def prove_job(target: Target, overlay: Overlay, file: Path, unstable: tuple[str, ...], limit: Trust) -> Proof:
    """Compare the candidate with the reference on every case."""
    verdict, seconds = prove(target, overlay, _load(file), unstable, limit)
    return Proof(verdict, seconds)


def shrink_job(
    target: Target, overlay: Overlay, file: Path, differs: Differs, unstable: tuple[str, ...], limit: Trust
) -> Differs:
    """The smallest case on which the candidate still differs."""
    return shrink(target, overlay, _load(file), differs, unstable, limit)
