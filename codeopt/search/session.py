"""One target in the sandbox: its reference, controls and baseline, and trying variants of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from codeopt.config import Config
from codeopt.equivalence.verdict import Crashed, Differs, Same, TimedOut, Unproven, Verdict
from codeopt.measure.clock import measure_seconds
from codeopt.measure.peak import PeakSample, measure_peak
from codeopt.sandbox import Completed, Expired, JobEnd, Sandbox, describe_end
from codeopt.search.controls import with_controls
from codeopt.search.jobs import (
    FaultCount,
    Proof,
    Recorded,
    faults_job,
    near_faults_job,
    prove_job,
    reference_job,
    self_check_job,
    shrink_job,
)
from codeopt.source import SourceFile
from codeopt.suggestion import SiteReport
from codeopt.target import Target
from codeopt.workload.coverage import NOTHING, Coverage, covered
from codeopt.workload.reach import Reach, trace_reach

Texts = Mapping[str, str]
T = TypeVar("T")
_FAULTS = 9
_TIMING_ROUNDS = 3
_reference_numbers = itertools.count()


class TargetFailure(Exception):
    """The original itself cannot be run, so nothing about it can be proven."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The original, measured and recorded; `unstable` names what it does differently each time."""

    sample: PeakSample
    cases: int
    unstable: tuple[str, ...]
    faults: FaultCount


class Subject(Protocol):
    """What a search works on: an original that runs in the sandbox, and variants of its files."""

    @property
    def target(self) -> Target:
        """What the original is, for reports."""

    def reach(self, texts: Texts) -> Reach:
        """Lines that run with these texts. Raises TargetFailure."""

    def baseline(self, reach: Reach) -> Baseline:
        """Measure and record the original, whose lines in `reach` run. Raises TargetFailure."""

    def trial(self, batch: Sequence[Texts]) -> list[tuple[Verdict, PeakSample | None]]:
        """Prove variants, and measure those that are the same."""

    def shrink(self, texts: Texts, differs: Differs) -> Differs:
        """The smallest counterexample that is known."""

    def controlled(self, texts: Texts, verdict: Same, baseline: Baseline) -> Same | Unproven:
        """The verdict on a winner with its controls."""

    def coverage(self, sites: Sequence[SiteReport]) -> Coverage:
        """How much of the lines that some sites stand on the original ran."""

    def named(self, sites: Sequence[SiteReport]) -> str:
        """The function, or functions, that a suggestion of these sites is about."""

    def seconds(self, variants: Sequence[Texts], main: int) -> list[float]:
        """Seconds that each variant takes, the first `main` timed with more care."""

    def reported(self, variants: Sequence[Texts], samples: Sequence[PeakSample]) -> list[PeakSample]:
        """The figures to report of variants that the search has measured."""


class Session:
    """Runs jobs about one target; texts are given by file name and mapped to the files on disk."""

    def __init__(
        self,
        sandbox: Sandbox,
        target: Target,
        sources: Mapping[str, SourceFile],
        config: Config,
    ) -> None:
        self._sandbox = sandbox
        self.target = target
        self._files = {name: str(source.path.resolve()) for name, source in sources.items()}
        self._sources = sources
        self._watched = frozenset(self._files.values())
        self._config = config
        self._reference = sandbox.folder / f"reference{next(_reference_numbers)}"
        self._unstable: tuple[str, ...] = ()
        self._reach = Reach({})
        self._proof_limits = sandbox.limits

    def reach(self, texts: Texts) -> Reach:
        """Lines that the workload runs. Raises TargetFailure."""
        job = self._sandbox.submit(
            trace_reach, self.target, self._overlay(texts), self._watched, self._config.seed
        )
        return _value(job.result(), Reach)

    def coverage(self, sites: Sequence[SiteReport]) -> Coverage:
        """How much of the lines that some sites stand on the original ran."""
        return coverage_of(self._sources, self._reach, sites)

    def baseline(self, reach: Reach) -> Baseline:
        """Measure and record the original, check it against itself, plant faults on the lines that
        ran. Raises TargetFailure."""
        self._reach = reach
        lines = reach.lines.get(str(self.target.path), frozenset())
        peak = self._submit_peak({})
        cases = self._record()
        sample = _value(peak.result(), PeakSample)
        planted = self._sandbox.submit(
            faults_job, self.target, self._reference, self._unstable, lines, self._config.seed, _FAULTS
        )  # fmt: skip
        faults = _faults(planted.result())
        return Baseline(sample, cases, self._unstable, faults)

    def replay(self, texts: Texts, case: str) -> Verdict:
        """The verdict on one case, named as a counterexample names it. Raises TargetFailure."""
        self._record(case)
        return _verdict(self._submit_proof(texts).result())

    def _record(self, only: str = "") -> int:
        """Record the original's outcomes, and what of them is stable; the number of cases."""
        recorded = self._sandbox.submit(
            reference_job, self.target, self._config.cases, self._config.seed, only
        )
        reference = _value(recorded.result(), Recorded)
        self._reference.write_bytes(reference.data)
        # A candidate may be slower than the original, but not without end.
        seconds = min(self._config.timeout, 5.0 + 10 * reference.seconds)
        self._proof_limits = replace(self._sandbox.limits, seconds=seconds)
        checked = self._sandbox.submit(self_check_job, self.target, self._reference)
        self._unstable = _value(checked.result(), tuple)
        return reference.cases

    def trial(self, batch: Sequence[Texts]) -> list[tuple[Verdict, PeakSample | None]]:
        """Prove every variant, then measure those that are the same."""
        proofs = [self._submit_proof(texts) for texts in batch]
        verdicts: list[Verdict] = []
        peaks: list[Future[JobEnd] | None] = []
        for texts, proof in zip(batch, proofs, strict=True):
            verdict = _verdict(proof.result())
            verdicts.append(verdict)
            peaks.append(self._submit_peak(texts) if isinstance(verdict, Same) else None)
        samples = [_sample(peak.result()) if peak else None for peak in peaks]
        return list(zip(verdicts, samples, strict=True))

    def shrink(self, texts: Texts, differs: Differs) -> Differs:
        """The smallest counterexample, or the one at hand if shrinking fails."""
        job = self._sandbox.submit(
            shrink_job, self.target, self._overlay(texts), self._reference, differs, self._unstable,
            self._config.allow
        )  # fmt: skip
        end = job.result()
        return end.value if isinstance(end, Completed) and isinstance(end.value, Differs) else differs

    def controlled(self, texts: Texts, verdict: Same, baseline: Baseline) -> Same | Unproven:
        """The verdict with its controls: faults in the original, and near what the variant changes."""
        job = self._sandbox.submit(
            near_faults_job, self.target, self._overlay(texts), self._reach.lines, self._reference,
            self._unstable, verdict.level, self._config.seed, _FAULTS
        )  # fmt: skip
        near = _faults(job.result())
        return with_controls(verdict, baseline.unstable, [baseline.faults, near])

    def seconds(self, variants: Sequence[Texts], main: int) -> list[float]:
        """Seconds of one call of each variant, the fastest kept; runs go one at a time.

        The first `main` variants are run in turns several times, the others once. Infinity
        for a variant that cannot be timed.
        """

        def once(texts: Texts) -> float:
            overlay = self._overlay(texts)
            end = self._sandbox.call(measure_seconds, self.target, overlay, 1.0, self._config.seed)
            return float(end.value) if isinstance(end, Completed) else float("inf")

        return fastest(variants, main, _TIMING_ROUNDS, once)

    def named(self, sites: Sequence[SiteReport]) -> str:
        """The target itself."""
        return self.target.qualname

    def reported(self, variants: Sequence[Texts], samples: Sequence[PeakSample]) -> list[PeakSample]:
        """The same figures as the search's."""
        return list(samples)

    def _overlay(self, texts: Texts) -> dict[str, str]:
        return {self._files[name]: text for name, text in texts.items()}

    def _submit_peak(self, texts: Texts) -> Future[JobEnd]:
        return self._sandbox.submit(
            measure_peak, self.target, self._overlay(texts), 1.0, self._config.seed, self._watched
        )  # fmt: skip

    def _submit_proof(self, texts: Texts) -> Future[JobEnd]:
        return self._sandbox.submit(
            prove_job, self.target, self._overlay(texts), self._reference, self._unstable,
            self._config.allow, limits=self._proof_limits,
        )  # fmt: skip


def coverage_of(sources: Mapping[str, SourceFile], reach: Reach, sites: Sequence[SiteReport]) -> Coverage:
    """How much of the lines that some sites stand on ran, summed over their files."""
    total = NOTHING
    for name in sorted({site.path for site in sites}):
        file = str(sources[name].path.resolve())
        touched = {n for s in sites if s.path == name for n in range(s.line, s.end_line + 1)}
        lines = reach.lines.get(file, frozenset())
        total += covered(sources[name].text, touched, lines, reach.arcs.get(file, frozenset()))
    return total


def fastest(variants: Sequence[Texts], main: int, rounds: int, once: Callable[[Texts], float]) -> list[float]:
    """The least seconds of each variant: the first `main` in turns, so often as `rounds` says, the others
    once."""
    best = [float("inf")] * len(variants)
    turns = [i for _ in range(rounds) for i in range(main)]
    for index in (*turns, *range(main, len(variants))):
        best[index] = min(best[index], once(variants[index]))
    return best


def _value(end: JobEnd, kind: type[T]) -> T:
    if isinstance(end, Completed) and isinstance(end.value, kind):
        return end.value
    raise TargetFailure(describe_end(end))


def _verdict(end: JobEnd) -> Verdict:
    match end:
        case Completed(Proof(verdict)):
            return verdict
        case Expired(seconds):
            return TimedOut(seconds)
        case Completed():
            return Unproven("the proof gave no verdict")
        case _:
            return Crashed(describe_end(end))


def _faults(end: JobEnd) -> FaultCount:
    if isinstance(end, Completed) and isinstance(end.value, FaultCount):
        return end.value
    return FaultCount(0, 0, (describe_end(end),))


def _sample(end: JobEnd) -> PeakSample | None:
    return end.value if isinstance(end, Completed) and isinstance(end.value, PeakSample) else None
