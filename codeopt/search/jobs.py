"""Jobs of a target's session: what the sandbox's children run.

A reference holds the original's outcomes on every case. The parent keeps it in a file that
children read and cannot write.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codeopt.edit import Trust
from codeopt.equivalence.faults import plant, plant_near
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


def reference_job(target: Target, cases: int, seed: int, only: str = "") -> Recorded:
    """Record the original's outcomes on as many cases, or on the one that `only` names."""
    begin = time.perf_counter()
    reference = make_reference(target, cases, seed, only)
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


def near_faults_job(
    target: Target,
    overlay: Overlay,
    reached: Mapping[str, frozenset[int]],
    file: Path,
    unstable: tuple[str, ...],
    level: Trust,
    seed: int,
    count: int,
) -> FaultCount:
    """Plant wrong variants of a candidate where it changed the original, and count those that the
    cases tell from the original at the candidate's own level."""
    reference = _load(file)
    each = max(1, count // len(overlay))
    planted = caught = 0
    missed: list[str] = []
    for name, text in overlay.items():
        original = target.original() if name == str(target.path) else Path(name).read_text(encoding="utf-8")
        faults = plant_near(original, text, reached.get(name, frozenset()), seed, each)
        found = count_caught(target, faults, reference, unstable, level, file=name, beside=overlay)
        planted, caught = planted + found[0], caught + found[1]
        missed += found[2]
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
