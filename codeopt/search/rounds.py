"""Rounds of search on one target, each on the winner of the last, until no rule finds anything."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from codeopt.candidate import Candidate
from codeopt.config import Config
from codeopt.edit import Site, Trust
from codeopt.equivalence.verdict import Differs, Same, Verdict
from codeopt.measure.peak import HotLine, PeakSample
from codeopt.search.archive import Archive, Evaluation
from codeopt.search.session import Subject
from codeopt.search.strategy import propose, propose_again
from codeopt.source import SourceFile
from codeopt.suggestion import SiteReport, original_lines
from codeopt.workload.reach import Reach

Finder = Callable[[SourceFile], Sequence[Site]]
_MOST_ROUNDS = 8
_MOST_SHRUNK = 8
_LEAST_EDIT_PERCENT = 1.0
_LEAST_EDIT_BYTES = 64 << 10


@dataclass(frozen=True)
class Proven:
    """A proven variant of the whole target: all its texts, its level, figures and sites."""

    texts: Mapping[str, str]
    verdict: Same
    sample: PeakSample
    sites: tuple[str, ...]


@dataclass
class Progress:
    """What the rounds have found so far; complete after every round, so an interrupt loses one."""

    texts: dict[str, str] = field(default_factory=dict)
    winner: Proven | None = None
    kept: list[SiteReport] = field(default_factory=list)
    claims: list[Trust] = field(default_factory=list)
    proven: list[Proven] = field(default_factory=list)
    refused: list[tuple[Site, Evaluation]] = field(default_factory=list)
    overclaims: list[tuple[Site, Same]] = field(default_factory=list)
    evaluations: int = 0
    rounds: int = 0


@dataclass(frozen=True)
class Search:
    """Everything the rounds of one target need; `expired` says that the run's time is up."""

    session: Subject
    sources: Mapping[str, SourceFile]
    find: Finder
    config: Config
    expired: Callable[[], bool]

    def run(
        self, baseline: PeakSample, reach: Reach, sites: Sequence[Site]
    ) -> Generator[Progress, None, Progress]:
        """Search until a round saves less than the least saving, or budget or time is spent.

        Yields the progress after every batch and returns it at the end.
        """
        progress = Progress()
        peak, hot = baseline.peak_bytes, baseline.hot
        while sites and progress.rounds < _MOST_ROUNDS and not self.expired():
            archive = self._archive(progress)
            yield from self._drive(archive, sites, hot, peak, progress)
            best = archive.best()
            progress.rounds += 1
            if best is None or not self._worthwhile(peak, best.peak):
                break
            best, saved = self._minimise(archive, best, peak)
            if not self._worthwhile(peak, best.peak):
                break
            self._accept(progress, best, saved)
            assert best.sample is not None
            peak, hot = best.peak, best.sample.hot
            reach = self.session.reach(progress.texts)
            refused = {_content(site) for site, _ in progress.refused}
            sites = [s for s in self.reachable(progress.texts, reach) if _content(s) not in refused]
        return progress

    def reachable(self, texts: Mapping[str, str], reach: Reach) -> list[Site]:
        """Sites of the files as `texts` leave them, on lines that the workload runs."""
        sites: list[Site] = []
        for name, source in self.sources.items():
            file = str(source.path.resolve())
            if file not in reach.lines:
                continue
            found = self.find(replace(source, text=texts.get(name, source.text)))
            sites += [s for s in found if s.edits and reach.covers(file, s.span.line, s.span.end_line)]
        return sites

    def _archive(self, progress: Progress) -> Archive:
        texts = dict(progress.texts)
        current = {
            name: replace(source, text=texts.get(name, source.text)) for name, source in self.sources.items()
        }
        budget = max(1, self.config.budget - progress.evaluations)

        def trial(batch: Sequence[Mapping[str, str]]) -> list[tuple[Verdict, PeakSample | None]]:
            progress.evaluations += len(batch)
            return self.session.trial([{**texts, **changed} for changed in batch])

        return Archive(current, trial, budget, self.config.objective)

    def _drive(
        self,
        archive: Archive,
        sites: Sequence[Site],
        hot: Sequence[HotLine],
        peak: int,
        progress: Progress,
    ) -> Iterator[Progress]:
        # Where time is lowered, anything proven may be faster: only a peak can be too high to bother.
        score = peak * 0.999 if self.config.objective == "peak" else float("inf")
        order = propose_again if progress.rounds else propose
        strategy = order(sites, self._heat(sites, hot), self.config.seed + progress.rounds, score)
        batch = next(strategy)
        while True:
            answers = archive.consider(batch)
            self._note(answers, progress)
            yield progress
            if self.expired():
                return
            try:
                batch = strategy.send(answers)
            except StopIteration:
                return

    def _note(self, answers: Sequence[Evaluation | None], progress: Progress) -> None:
        for evaluation in answers:
            if evaluation is None:
                continue
            sites = evaluation.candidate.sites
            alone = next(iter(sites)) if len(sites) == 1 else None
            if isinstance(evaluation.verdict, Same) and evaluation.sample:
                texts = {**progress.texts, **evaluation.texts}
                kept = tuple(s.rule for s in progress.kept) + tuple(sorted(s.rule for s in sites))
                progress.proven.append(Proven(texts, evaluation.verdict, evaluation.sample, kept))
                if alone and progress.winner is None and _overclaims(alone, evaluation.verdict):
                    progress.overclaims.append((alone, evaluation.verdict))
            elif alone and progress.rounds == 0:
                progress.refused.append((alone, self._explained(evaluation, progress)))

    def _explained(self, evaluation: Evaluation, progress: Progress) -> Evaluation:
        verdict = evaluation.verdict
        if not isinstance(verdict, Differs) or len(progress.refused) >= _MOST_SHRUNK:
            return evaluation
        return replace(
            evaluation, verdict=self.session.shrink({**progress.texts, **evaluation.texts}, verdict)
        )

    def _heat(self, sites: Sequence[Site], hot: Sequence[HotLine]) -> dict[str, int]:
        heat = {}
        for site in sites:
            file = str(self.sources[site.path].path.resolve())
            lines = range(site.span.line, site.span.end_line + 1)
            heat[site.id] = max((h.bytes for h in hot if h.file == file and h.line in lines), default=0)
        return heat

    def _worthwhile(self, before: int, after: int) -> bool:
        saved = before - after
        return saved >= _LEAST_EDIT_BYTES and saved >= before * self.config.min_saving / 100

    def _minimise(
        self, archive: Archive, best: Evaluation, before: int
    ) -> tuple[Evaluation, dict[Site, int]]:
        """Take out edits that bring less than 1 %; what stays has the bytes the peak rises without it."""
        least = max(_LEAST_EDIT_BYTES, int(before * _LEAST_EDIT_PERCENT / 100))
        while True:
            sites = sorted(best.candidate.sites, key=lambda s: s.id)
            if len(sites) == 1:
                return best, {sites[0]: before - best.peak}
            archive.budget += len(sites)
            without = archive.consider(Candidate(best.candidate.sites - {site}) for site in sites)
            gains = {s: e.peak - best.peak for s, e in zip(sites, without, strict=True) if e and e.proven}
            idle = [s for s in sites if gains.get(s, least) < least]
            if not idle:
                return best, {s: gains.get(s, before - best.peak) for s in sites}
            together = self._without(archive, best, idle, least)
            if together is not None:
                best = together
                continue
            drop = min(idle, key=lambda s: (gains[s], s.trust.rank == 0, s.id))
            smaller = without[sites.index(drop)]
            assert smaller is not None
            best = smaller

    def _without(
        self, archive: Archive, best: Evaluation, idle: Sequence[Site], least: int
    ) -> Evaluation | None:
        """The candidate without all idle sites at once, where none of them stood in for another."""
        rest = best.candidate.sites - set(idle)
        if len(idle) < 2 or not rest:
            return None
        archive.budget += 1
        smaller = archive.consider([Candidate(rest)])[0]
        if smaller is None or not smaller.proven or smaller.peak - best.peak >= least:
            return None
        return smaller

    def _accept(self, progress: Progress, best: Evaluation, saved: Mapping[Site, int]) -> None:
        for site in sorted(best.candidate.sites, key=lambda s: (s.path, s.span)):
            source = self.sources[site.path]
            before = progress.texts.get(site.path, source.text)
            lines = (site.span.line, site.span.end_line)
            if before != source.text:
                lines = original_lines(source.text, before, *lines)
            progress.claims.append(site.trust)
            progress.kept.append(SiteReport(site.rule, site.path, *lines, saved[site]))
        progress.texts = {**progress.texts, **best.texts}
        assert isinstance(best.verdict, Same)
        assert best.sample is not None
        rules = tuple(report.rule for report in progress.kept)
        progress.winner = Proven(progress.texts, best.verdict, best.sample, rules)


def _content(site: Site) -> tuple[str, str, str, tuple[str, ...]]:
    """What a site does, wherever it now stands: one that was refused is not tried again."""
    return (site.rule, site.path, site.function, tuple(edit.text for edit in site.edits))


def _overclaims(site: Site, verdict: Same) -> bool:
    """Whether a site alone, on the original, showed less than its rule claims.

    An uncertain site claims nothing before it is run, and a caveat lies outside of what the
    workload covers: neither is a defect of the rule.
    """
    return site.certain and not verdict.level.within(site.trust) and not verdict.caveats
