"""From a finished search to what the user is told: the suggestion, the refusals, the front."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from codeopt.candidate import digest
from codeopt.edit import Site, Trust
from codeopt.equivalence.verdict import Crashed, Differs, Same, TimedOut, Unproven
from codeopt.measure.peak import PeakSample
from codeopt.search.archive import Evaluation
from codeopt.search.replay import script_of
from codeopt.search.rounds import Progress, Proven
from codeopt.search.session import Baseline, Subject
from codeopt.source import SourceFile, display_name
from codeopt.suggestion import (
    Figures,
    ParetoPoint,
    Rejection,
    Suggestion,
    UnprovenSite,
    change_of,
)
from codeopt.target import Target

_MOST_TIMED = 5
_CLEARLY_FASTER = 0.9


def rejections(progress: Progress, target: Target, folder: Path) -> Iterator[Rejection | UnprovenSite]:
    """Every single site that was tried and is not the same, or could not be judged.

    `folder` is where the refused texts will be kept.
    """
    for site, evaluation in progress.refused:
        line = site.span.line
        match evaluation.verdict:
            case Differs() as differs:
                yield _differing(site, evaluation, differs, target, folder)
            case Crashed(reason):
                yield Rejection(site.path, site.function, line, (site.rule,), "crashed", reason)
            case TimedOut(seconds):
                reason = f"did not finish within {seconds:g} s"
                yield Rejection(site.path, site.function, line, (site.rule,), "timed out", reason)
            case Unproven(reason):
                yield UnprovenSite(site.path, site.function, line, site.rule, reason)
            case Same():
                reason = "proven the same, but its peak could not be measured"
                yield UnprovenSite(site.path, site.function, line, site.rule, reason)


def _differing(
    site: Site, evaluation: Evaluation, differs: Differs, target: Target, folder: Path
) -> Rejection:
    refused = Rejection(
        site.path, site.function, site.span.line, (site.rule,), "differs", differs.counterexample
    )
    text = evaluation.texts.get(display_name(target.path), "")
    if not text or len(evaluation.texts) > 1:
        return refused
    path = folder / f"{digest(evaluation.texts)[:8]}.py"
    script = script_of(target, str(target.path), str(path), differs)
    return replace(refused, reproduce=script, variant=text, variant_path=str(path))


def conclude(
    session: Subject,
    sources: Mapping[str, SourceFile],
    baseline: Baseline,
    progress: Progress,
) -> Iterator[Suggestion | UnprovenSite]:
    """The suggestion that the winner makes, if there is one and its inputs can tell wrong from right."""
    winner = progress.winner
    if winner is None:
        return
    verdict = session.controlled(winner.texts, winner.verdict, baseline)
    if isinstance(verdict, Unproven):
        for kept in progress.kept:
            yield UnprovenSite(kept.path, session.named([kept]), kept.line, kept.rule, verdict.reason)
        return
    front = _front([*progress.proven, winner])
    variants = [{}, *(proven.texts for proven in front)]
    measured = [baseline.sample, *(proven.sample for proven in front)]
    timed = session.seconds(variants, main=2)
    original, best, *others = map(_figures, session.reported(variants, measured), timed)
    changes = tuple(
        change_of(sources[name], text)
        for name, text in sorted(winner.texts.items())
        if text != sources[name].text
    )
    target = session.target
    own = next((c for c in changes if c.path == str(target.path)), changes[0])
    lines = [kept.line for kept in progress.kept if kept.path == own.name]
    coverage = session.coverage(progress.kept)
    for kept in progress.kept:
        for line in coverage.missed:
            if kept.path == own.name and kept.line <= line <= kept.end_line:
                reason = "the rewrite touches this line, and the workload never runs it"
                yield UnprovenSite(own.name, session.named([kept]), line, kept.rule, reason)
    yield Suggestion(
        path=own.name,
        function=session.named([kept for kept in progress.kept if kept.path == own.name]),
        line=min(lines, default=1),
        trust=_promise(progress, verdict),
        sites=tuple(sorted(progress.kept, key=lambda k: (k.path, k.line, k.rule))),
        changes=(own, *(c for c in changes if c is not own)),
        origin=target.origin,
        ref=target.ref,
        scale=1.0,
        baseline=original,
        optimized=best,
        floor_bytes=baseline.sample.floor_bytes,
        verdict=verdict,
        pareto=tuple(_point(p, figures) for p, figures in zip(front, [best, *others], strict=True)),
        coverage=coverage,
    )


def _promise(progress: Progress, verdict: Same) -> Trust:
    """The weaker of what the proof showed and what the rules used claim."""
    return max((verdict.level, *progress.claims), key=lambda level: level.rank)


def _figures(sample: PeakSample, seconds: float) -> Figures:
    return Figures(sample.peak_bytes, seconds, sample.resident_bytes)


def _point(proven: Proven, figures: Figures) -> ParetoPoint:
    verdict = proven.verdict
    return ParetoPoint(proven.sites, figures.peak_bytes, figures.seconds, verdict.level, verdict.max_error)


def _front(proven: Sequence[Proven]) -> list[Proven]:
    """Variants that no other beats in peak, time and error, the last of those given, the winner, first.

    The time here is that of the profiled run, so only a clear difference counts; those that
    stay are timed properly afterwards.
    """
    winner = proven[-1]
    front = [p for p in proven[:-1] if not any(_beats(q, p) for q in proven if q is not p)]
    unique: dict[tuple[int, Trust], Proven] = {(winner.sample.peak_bytes, winner.verdict.level): winner}
    for candidate in sorted(front, key=lambda p: p.sample.peak_bytes):
        unique.setdefault((candidate.sample.peak_bytes, candidate.verdict.level), candidate)
    return list(unique.values())[:_MOST_TIMED]


def _beats(a: Proven, b: Proven) -> bool:
    at_least = (
        a.sample.peak_bytes <= b.sample.peak_bytes
        and a.verdict.level.rank <= b.verdict.level.rank
        and a.sample.body_seconds <= b.sample.body_seconds / _CLEARLY_FASTER
    )
    return at_least and (
        a.sample.peak_bytes < b.sample.peak_bytes
        or a.verdict.level.rank < b.verdict.level.rank
        or a.sample.body_seconds < b.sample.body_seconds * _CLEARLY_FASTER
    )
