"""A command in the sandbox: its reference runs, controls and baseline, and trying variants of the files.

Method. Every run is a fresh interpreter in a private copy of the project, so the peak is that of the
whole process: all that Python and its libraries allocate from the first import to the end of the
main module, with no call to warm up. The original is run several times with each seed: what is not
the same then (timings, temporary names) is left out, and the verdict says so. `floor_bytes` is 0,
for a process leaves no memory behind.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from codeopt.config import Config
from codeopt.edit import Trust
from codeopt.equivalence.faults import plant, plant_near
from codeopt.equivalence.verdict import Crashed, Differs, Same, TimedOut, Unproven, Verdict
from codeopt.measure.peak import PeakSample
from codeopt.run.command import Command, run_target
from codeopt.run.jobs import Judged, Ran, judge_job, run_job, unstable_job
from codeopt.run.order import MEASURED, PLAIN, TRACED, Order
from codeopt.sandbox import Completed, Expired, JobEnd, Sandbox
from codeopt.search.controls import with_controls
from codeopt.search.jobs import FaultCount
from codeopt.search.session import Baseline, TargetFailure, Texts, coverage_of, describe_end
from codeopt.source import SourceFile
from codeopt.suggestion import SiteReport
from codeopt.workload.coverage import Coverage
from codeopt.workload.reach import Reach

_SEEDS = 3
_FAULTS = 6
_MOST_FAULTY_FILES = 3
_LONGER = 5
"""Times `timeout` that a whole run of the original may take, under the profiler or the tracer too."""

_GRACE, _SLOWER = 10.0, 4.0
"""Seconds, and times the original's, that a candidate may take."""

_TIMING_ROUNDS = 2
_numbers = itertools.count()


def held_modules(sources: Mapping[str, SourceFile]) -> tuple[str, ...]:
    """What a zygote for whole runs holds: what its jobs need to read the files that runs leave."""
    texts = [source.text for source in sources.values()]
    found = [name for name in ("torch", "pandas") if any(f"import {name}" in text for text in texts)]
    return ("numpy", "memray", "memray.reporters.module_tools", "codeopt.run.jobs", *found)


class RunSession:
    """Runs a command with texts in the place of files; texts are given by file name."""

    def __init__(
        self,
        sandbox: Sandbox,
        command: Command,
        root: Path,
        folder: Path,
        sources: Mapping[str, SourceFile],
        config: Config,
    ) -> None:
        self._sandbox = sandbox
        self.target = run_target(command, root)
        self._sources = sources
        self._files = {name: str(source.path.resolve()) for name, source in sources.items()}
        self._config = config
        self._seeds = [config.seed + i for i in range(_SEEDS)]
        watched = frozenset(self._files.values())
        self._order = Order(
            command,
            str(root.resolve()),
            str(folder.resolve()),
            config.seed,
            sandbox.isolation,
            PLAIN,
            watched,
        )
        self._limits = replace(sandbox.limits, seconds=_LONGER * config.timeout)
        self._references: dict[int, Path] = {}
        self._unstable: tuple[str, ...] = ()
        self._reach = Reach({})
        self._noise = 0
        self.note = ""
        self.apart: tuple[str, ...] = ()

    def reach(self, texts: Texts) -> Reach:
        """Lines that the command runs. Raises TargetFailure."""
        ran = _ran(self._run(texts, self._config.seed, TRACED).result())
        return Reach(ran.lines, ran.arcs)

    def baseline(self, reach: Reach) -> Baseline:
        """Run the original twice with each seed, and plant faults on the lines that ran.
        Raises TargetFailure."""
        self._reach = reach
        first, *others = self._seeds
        modes = [(first, MEASURED), (first, MEASURED), *((seed, PLAIN) for seed in others for _ in range(2))]
        jobs = [self._run({}, seed, mode) for seed, mode in modes]
        runs = [_ran(job.result()) for job in jobs]
        samples = [ran.sample for ran in runs if ran.sample is not None]
        if len(samples) < 2:
            raise TargetFailure("the peak of the process could not be measured")
        self._noise = abs(samples[0].peak_bytes - samples[1].peak_bytes)
        files = [self._keep(ran) for ran in runs]
        self._references = dict(zip(self._seeds, files[::2], strict=True))
        pairs = tuple(zip(files[::2], files[1::2], strict=True))
        found = self._sandbox.call(unstable_job, pairs)
        if not isinstance(found, Completed):
            raise TargetFailure(describe_end(found))
        self._unstable = found.value
        self.apart = tuple(dict.fromkeys(name for ran in runs for name in ran.apart))
        self.note = next((ran.note for ran in runs if ran.note), "")
        # A program that sets its own seeds does the same with all of ours: only hashes differ then.
        if len({ran.digest for ran in runs}) == 1:
            self._seeds = self._seeds[:2]
        seconds = min(self._limits.seconds, _GRACE + _SLOWER * max(ran.seconds for ran in runs))
        self._limits = replace(self._limits, seconds=seconds)
        sample = min(samples, key=lambda s: s.peak_bytes)
        return Baseline(
            sample, len(self._seeds), self._unstable, self._count(self._planted(reach), Trust.CLOSE)
        )

    def trial(self, batch: Sequence[Texts]) -> list[tuple[Verdict, PeakSample | None]]:
        """Run every variant with each seed; the first run is measured."""
        return self._judge(batch, self._config.allow, MEASURED)

    def shrink(self, texts: Texts, differs: Differs) -> Differs:
        """The counterexample at hand: a command has no smaller ones."""
        return differs

    def controlled(self, texts: Texts, verdict: Same, baseline: Baseline) -> Same | Unproven:
        """The verdict with its controls: its peak again, and faults near what the variant changes."""
        job = self._run(texts, self._config.seed, MEASURED)
        sample = _ran(job.result()).sample
        saved = baseline.sample.peak_bytes - sample.peak_bytes if sample is not None else 0
        least = max(2 * self._noise, baseline.sample.peak_bytes * self._config.min_saving / 100)
        if saved < least:
            return Unproven(f"measured again it saves {saved} bytes, and runs differ by {self._noise}")
        near = self._count(self._planted_near(texts), verdict.level)
        return with_controls(verdict, baseline.unstable, [baseline.faults, near])

    def coverage(self, sites: Sequence[SiteReport]) -> Coverage:
        """How much of the lines that some sites stand on the original ran."""
        return coverage_of(self._sources, self._reach, sites)

    def seconds(self, variants: Sequence[Texts], main: int) -> list[float]:
        """Seconds of the process of each variant, the fastest kept; runs go one at a time.

        The first `main` variants are run in turns several times, the others once. Infinity
        for a variant that cannot be timed.
        """
        best = [float("inf")] * len(variants)
        turns = [i for _ in range(_TIMING_ROUNDS) for i in range(main)]
        for index in (*turns, *range(main, len(variants))):
            end = self._run(variants[index], self._config.seed, PLAIN).result()
            if isinstance(end, Completed) and isinstance(end.value, Ran):
                best[index] = min(best[index], end.value.seconds)
        return best

    def _planted(self, reach: Reach) -> list[tuple[Texts, str]]:
        """Wrong variants of the files of which most lines ran."""
        lines = {name: reach.lines[file] for name, file in self._files.items() if file in reach.lines}
        chosen = sorted(lines, key=lambda name: (-len(lines[name]), name))[:_MOST_FAULTY_FILES]
        each = -(-_FAULTS // max(1, len(chosen)))
        return [
            ({name: fault.overlay_text}, f"{name}:{fault.line}: {fault.description}")
            for name in chosen
            for fault in plant(self._sources[name].text, lines[name], self._config.seed, each)
        ]

    def _planted_near(self, texts: Texts) -> list[tuple[Texts, str]]:
        changed = [name for name, text in texts.items() if text != self._sources[name].text]
        each = -(-_FAULTS // max(1, len(changed)))
        return [
            ({**texts, name: fault.overlay_text}, f"{name}:{fault.line}: {fault.description}")
            for name in changed
            for fault in plant_near(
                self._sources[name].text,
                texts[name],
                self._reach.lines.get(self._files[name], frozenset()),
                self._config.seed,
                each,
            )
        ]

    def _count(self, faults: Sequence[tuple[Texts, str]], level: Trust) -> FaultCount:
        judged = self._judge([texts for texts, _ in faults], level, PLAIN)
        missed = [what for (_, what), (v, _) in zip(faults, judged, strict=True) if isinstance(v, Same)]
        return FaultCount(len(faults), len(faults) - len(missed), tuple(missed))

    def _judge(
        self, batch: Sequence[Texts], limit: Trust, mode: str
    ) -> list[tuple[Verdict, PeakSample | None]]:
        """Every variant with one seed after the other, until it is seen to differ."""
        verdicts: list[Verdict] = [Same(Trust.EXACT, 0) for _ in batch]
        samples: list[PeakSample | None] = [None for _ in batch]
        for seed in self._seeds:
            going = [i for i, verdict in enumerate(verdicts) if isinstance(verdict, Same)]
            arguments = (self._references[seed], self._unstable, limit)
            jobs = [self._submit(judge_job, batch[i], seed, mode, *arguments) for i in going]
            for i, job in zip(going, jobs, strict=True):
                end = job.result()
                verdicts[i] = _joined(verdicts[i], _verdict(end))
                if mode == MEASURED and isinstance(end, Completed):
                    samples[i] = end.value.sample
            mode = PLAIN
        return list(zip(verdicts, samples, strict=True))

    def _run(self, texts: Texts, seed: int, mode: str) -> Future[JobEnd]:
        return self._submit(run_job, texts, seed, mode)

    def _submit(
        self, job: Callable[..., object], texts: Texts, seed: int, mode: str, *arguments: object
    ) -> Future[JobEnd]:
        changed = {n: t for n, t in texts.items() if t != self._sources[n].text}
        order = replace(
            self._order,
            seed=seed,
            mode=mode,
            texts={self._files[n]: t for n, t in changed.items()},
            data={self._files[n]: self._sources[n].encode(t) for n, t in changed.items()},
        )
        return self._sandbox.submit(job, order, *arguments, limits=self._limits)

    def _keep(self, ran: Ran) -> Path:
        file = self._sandbox.folder / f"run{next(_numbers)}"
        file.write_bytes(ran.data)
        return file


def _ran(end: JobEnd) -> Ran:
    if not isinstance(end, Completed) or not isinstance(end.value, Ran):
        raise TargetFailure(describe_end(end))
    if end.value.failure:
        raise TargetFailure(end.value.failure)
    return end.value


def _verdict(end: JobEnd) -> Verdict:
    match end:
        case Completed(Judged(verdict)):
            return verdict
        case Expired(seconds):
            return TimedOut(seconds)
        case _:
            return Crashed(describe_end(end))


def _joined(before: Verdict, now: Verdict) -> Verdict:
    """The verdict on the seeds so far and one more."""
    if not isinstance(before, Same) or not isinstance(now, Same):
        return now
    return replace(
        now,
        level=max(before.level, now.level, key=lambda level: level.rank),
        cases=before.cases + now.cases,
        max_error=max(before.max_error, now.max_error),
    )
