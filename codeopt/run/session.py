"""A command in the sandbox: its reference runs, controls and baseline, and trying variants of the files.

Method. Every run works in a private copy of the project. The search forks its runs from a process
that has imported the libraries already, which leaves the seconds of the command itself. Before
anything is suggested, original and winner also run as interpreters of their own: there the peak is
that of the whole process, all that Python and its libraries allocate from the first import to the
end of the main module, with no call to warm up. Only those peaks are reported.

The original is run twice with each seed: what is not the same then (timings, temporary names) is
left out, and the verdict says so. `floor_bytes` is 0, for a process leaves no memory behind.
"""

from __future__ import annotations

import ast
import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from codeopt.candidate import digest
from codeopt.config import Config
from codeopt.edit import Trust
from codeopt.equivalence.faults import plant, plant_near
from codeopt.equivalence.verdict import Crashed, Differs, Same, TimedOut, Unproven, Verdict
from codeopt.measure.peak import PeakSample
from codeopt.run.command import RunTarget
from codeopt.run.jobs import Judged, Ran, judge_job, run_job, unstable_job
from codeopt.run.order import MEASURED, PLAIN, TRACED, Order
from codeopt.sandbox import Completed, Expired, JobEnd, Sandbox, describe_end
from codeopt.search.controls import with_controls
from codeopt.search.jobs import FaultCount
from codeopt.search.session import Baseline, TargetFailure, Texts, coverage_of, fastest
from codeopt.source import SourceFile
from codeopt.suggestion import SiteReport
from codeopt.workload.coverage import Coverage
from codeopt.workload.reach import Reach

_FAULTS = 6
_MOST_FAULTY_FILES = 3
_LONGER = 5
"""Times `timeout` that a whole run of the original may take, under the profiler or the tracer too."""

_GRACE, _SLOWER = 10.0, 4.0
"""Seconds, and times the original's, that a candidate may take."""

_TIMING_ROUNDS = 2
_numbers = itertools.count()


def held_modules(modules: Iterable[str], root: Path, sources: Mapping[str, SourceFile]) -> tuple[str, ...]:
    """Those of the modules that are none of the project's, and the jobs of whole runs."""
    root = root.resolve()
    own: set[str] = set()
    for source in sources.values():
        path = source.path.resolve()
        parts = path.relative_to(root).parts if path.is_relative_to(root) else path.parts
        own.update(part.removesuffix(".py") for part in parts)
    return (*(m for m in modules if m.partition(".")[0] not in own), "codeopt.run.jobs")


@dataclass(frozen=True, slots=True)
class _Recorded:
    """Runs of the original of one kind: what they left by seed, what of it is not the same each time,
    the lowest peak, by how much peaks differ, and the seconds the longest took."""

    fresh: bool
    left: dict[int, Path]
    unstable: tuple[str, ...]
    sample: PeakSample
    noise: int
    seconds: float


class RunSession:
    """Runs a command with texts in the place of files; texts are given by file name."""

    def __init__(
        self,
        sandbox: Sandbox,
        target: RunTarget,
        folder: Path,
        sources: Mapping[str, SourceFile],
        config: Config,
    ) -> None:
        self._sandbox = sandbox
        self.target = target
        self._sources = sources
        self._files = {name: str(source.path.resolve()) for name, source in sources.items()}
        self._config = config
        self._order = Order(
            target.command,
            str(target.root.resolve()),
            str(folder.resolve()),
            config.seed,
            sandbox.isolation,
            watched=frozenset(self._files.values()),
            fresh=target.command.needs_interpreter,
        )
        self._longest = replace(sandbox.limits, seconds=_LONGER * config.timeout)
        self._reach = Reach({})
        self._first: Path | None = None
        self._searched: _Recorded | None = None
        self._whole: dict[str, PeakSample] = {}
        self.note = ""

    def reach(self, texts: Texts) -> Reach:
        """Lines that the command runs. Raises TargetFailure."""
        ran = _ran(self._run(texts, self._config.seed, TRACED, self._order.fresh).result())
        if self._first is None:
            self.note, self._first = ran.note, self._keep(ran)
            self._order = replace(self._order, kept=self._kept(ran))
        return Reach(ran.lines, ran.arcs)

    def baseline(self, reach: Reach) -> Baseline:
        """Record the original with two seeds, and plant faults on the lines that ran.
        Raises TargetFailure."""
        self._reach = reach
        recorded = self._searched = self._record(0, 1, fresh=self._order.fresh)
        faults = self._count(self._planted(reach), Trust.CLOSE)
        return Baseline(recorded.sample, len(recorded.left), recorded.unstable, faults)

    def trial(self, batch: Sequence[Texts]) -> list[tuple[Verdict, PeakSample | None]]:
        """Run every variant with each seed; the first run is measured."""
        assert self._searched is not None
        return self._judge(self._searched, batch, self._config.allow, MEASURED)

    def shrink(self, texts: Texts, differs: Differs) -> Differs:
        """The counterexample at hand: a command has no smaller ones."""
        return differs

    def controlled(self, texts: Texts, verdict: Same, baseline: Baseline) -> Same | Unproven:
        """The verdict with its controls: interpreters of their own, with other hash seeds, must agree
        and show the saving; faults near what the variant changes must be caught."""
        try:
            whole = self._record(0, 2, fresh=True)
        except TargetFailure as failure:
            return Unproven(f"as a process of its own: {failure}")
        ((again, sample),) = self._judge(whole, [texts], self._config.allow, MEASURED)
        if isinstance(again, Differs):
            return Unproven(f"as a process of its own it differs: {again.counterexample}")
        if not isinstance(again, Same) or sample is None:
            return Unproven("as a process of its own it could not be measured")
        before, after = whole.sample.peak_bytes, sample.peak_bytes
        if before - after < max(2 * whole.noise, before * self._config.min_saving / 100):
            peaks = f"{before / 2**20:.1f} MiB before and {after / 2**20:.1f} MiB after"
            return Unproven(f"it saves too little of the peak of the whole process, {peaks}")
        self._whole = {digest({}): whole.sample, digest(texts): sample}
        near = self._count(self._planted_near(texts), verdict.level)
        unstable = tuple(dict.fromkeys((*baseline.unstable, *whole.unstable)))
        return with_controls(_agreed(verdict, again), unstable, [baseline.faults, near])

    def _kept(self, ran: Ran) -> frozenset[str]:
        """The folders where the command starts, writes, or has code that may change."""
        root = self._order.root + os.sep
        files = [f"{self._order.folder}{os.sep}", *(f"{root}{name}" for name in ran.changed), *ran.lines]
        return frozenset(os.path.dirname(f)[len(root) :] for f in files if f.startswith(root))

    def coverage(self, sites: Sequence[SiteReport]) -> Coverage:
        """How much of the lines that some sites stand on the original ran."""
        return coverage_of(self._sources, self._reach, sites)

    def named(self, sites: Sequence[SiteReport]) -> str:
        """The functions that hold the sites, in their order."""
        found = [function_at(self._sources[site.path].text, site.line) for site in sites]
        return ", ".join(dict.fromkeys(found)) or self.target.qualname

    def reported(self, variants: Sequence[Texts], samples: Sequence[PeakSample]) -> list[PeakSample]:
        """The figures of the variants as processes of their own."""
        found = []
        for texts, sample in zip(variants, samples, strict=True):
            known = self._whole.get(digest(texts))
            if known is None:
                end = self._run(texts, self._config.seed, MEASURED, fresh=True).result()
                known = end.value.sample if isinstance(end, Completed) else None
            # One that cannot be measured so differs by as much as it did in the search.
            rest = sample.peak_bytes - samples[0].peak_bytes
            estimate = self._whole[digest({})].peak_bytes + rest
            found.append(known or replace(sample, peak_bytes=estimate))
        return found

    def seconds(self, variants: Sequence[Texts], main: int) -> list[float]:
        """Seconds of the process of each variant, the fastest kept; runs go one at a time.

        The first `main` variants are run in turns several times, the others once. Infinity
        for a variant that cannot be timed.
        """

        def once(texts: Texts) -> float:
            end = self._run(texts, self._config.seed, PLAIN, fresh=True).result()
            return float(end.value.seconds) if isinstance(end, Completed) else float("inf")

        return fastest(variants, main, _TIMING_ROUNDS, once)

    def _record(self, *seeds: int, fresh: bool) -> _Recorded:
        """Run the original twice with each of the seeds, counted from the configured one; the first is
        measured. Raises TargetFailure."""
        first, *others = (self._config.seed + seed for seed in seeds)
        wanted = [(first, MEASURED), (first, MEASURED), *((s, PLAIN) for s in others for _ in range(2))]
        jobs = [self._run({}, seed, mode, fresh) for seed, mode in wanted]
        runs = [_ran(job.result()) for job in jobs]
        peaks = [ran.sample for ran in runs if ran.sample is not None]
        if len(peaks) < 2:
            raise TargetFailure("the peak of the process could not be measured")
        files = [self._keep(ran) for ran in runs]
        pairs = tuple(zip(files[::2], files[1::2], strict=True))
        unstable = self._unstable(pairs)
        known = self._first if self._order.kept is not None and fresh == self._order.fresh else None
        if known is not None and self._unstable((*pairs, (known, files[0]))) != unstable:
            # It looks into folders that are links now, as `os.walk` does, and misses them.
            self._order = replace(self._order, kept=None)
            return self._record(*seeds, fresh=fresh)
        return _Recorded(
            fresh,
            dict(zip((first, *others), files[::2], strict=True)),
            unstable,
            min(peaks, key=lambda sample: sample.peak_bytes),
            abs(peaks[0].peak_bytes - peaks[1].peak_bytes),
            max(ran.seconds for ran in runs),
        )

    def _unstable(self, pairs: tuple[tuple[Path, Path], ...]) -> tuple[str, ...]:
        found = self._sandbox.call(unstable_job, pairs)
        if not isinstance(found, Completed):
            raise TargetFailure(describe_end(found))
        unstable: tuple[str, ...] = found.value
        return unstable

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
        assert self._searched is not None
        judged = self._judge(self._searched, [texts for texts, _ in faults], level, PLAIN)
        missed = [what for (_, what), (v, _) in zip(faults, judged, strict=True) if isinstance(v, Same)]
        return FaultCount(len(faults), len(faults) - len(missed), tuple(missed))

    def _judge(
        self, recorded: _Recorded, batch: Sequence[Texts], limit: Trust, mode: str
    ) -> list[tuple[Verdict, PeakSample | None]]:
        """Every variant with one seed after the other, until it is seen to differ."""
        verdicts: list[Verdict] = [Same(Trust.EXACT, 0) for _ in batch]
        samples: list[PeakSample | None] = [None for _ in batch]
        # A candidate may be slower than the original, but not without end.
        seconds = min(self._longest.seconds, _GRACE + _SLOWER * recorded.seconds)
        limits = replace(self._longest, seconds=seconds)
        for seed, left in recorded.left.items():
            going = [i for i, verdict in enumerate(verdicts) if isinstance(verdict, Same)]
            asked = left, recorded.unstable, limit
            jobs = [
                self._sandbox.submit(
                    judge_job, self._changed(batch[i], seed, mode, recorded.fresh), *asked, limits=limits
                )
                for i in going
            ]
            for i, job in zip(going, jobs, strict=True):
                end = job.result()
                verdicts[i] = _joined(verdicts[i], _verdict(end))
                if mode == MEASURED and isinstance(end, Completed):
                    samples[i] = end.value.sample
            mode = PLAIN
        return list(zip(verdicts, samples, strict=True))

    def _run(self, texts: Texts, seed: int, mode: str, fresh: bool) -> Future[JobEnd]:
        order = self._changed(texts, seed, mode, fresh)
        return self._sandbox.submit(run_job, order, limits=self._longest)

    def _changed(self, texts: Texts, seed: int, mode: str, fresh: bool) -> Order:
        changed = {n: t for n, t in texts.items() if t != self._sources[n].text}
        return replace(
            self._order,
            seed=seed,
            mode=mode,
            fresh=fresh,
            texts={self._files[n]: t for n, t in changed.items()},
            data={self._files[n]: self._sources[n].encode(t) for n, t in changed.items()},
        )

    def _keep(self, ran: Ran) -> Path:
        file = self._sandbox.folder / f"run{next(_numbers)}"
        file.write_bytes(ran.data)
        return file


def function_at(text: str, line: int) -> str:
    """The qualified name of the innermost function around a line, `<module>` where there is none."""
    names: list[str] = []
    found = "<module>"
    nodes: list[ast.stmt] = ast.parse(text).body
    while nodes:
        node = next((n for n in nodes if n.lineno <= line <= (n.end_lineno or n.lineno)), None)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
            if not isinstance(node, ast.ClassDef):
                found = ".".join(names)
                names.append("<locals>")
        nodes = [inner for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.stmt)] if node else []
    return found


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
    return _agreed(before, now) if isinstance(before, Same) and isinstance(now, Same) else now


def _agreed(before: Same, now: Same) -> Same:
    return replace(
        now,
        level=max(before.level, now.level, key=lambda level: level.rank),
        cases=before.cases + now.cases,
        max_error=max(before.max_error, now.max_error),
    )
