"""The one door through which a candidate is tried, and what trying it gave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from codeopt.candidate import Candidate, digest, render
from codeopt.edit import conflict
from codeopt.equivalence.verdict import Crashed, Same, Verdict
from codeopt.measure.peak import PeakSample
from codeopt.source import SourceFile

Texts = Mapping[str, str]
Trial = Callable[[Sequence[Texts]], Sequence[tuple[Verdict, PeakSample | None]]]
"""Proves and measures several variants (by file name, the files they change), all at once."""


@dataclass(frozen=True)
class Evaluation:
    """A candidate with its texts, verdict and peak; `peak` is None where it could not be measured."""

    candidate: Candidate
    texts: Texts
    verdict: Verdict
    sample: PeakSample | None
    objective: str = "peak"

    @property
    def score(self) -> float:
        """What the search lowers: bytes, seconds of the body, or their product."""
        seconds = self.sample.body_seconds if self.sample else 1.0
        return {"peak": self.peak, "time": seconds, "both": self.peak * seconds}[self.objective]

    @property
    def proven(self) -> bool:
        """Proven the same at an accepted level, and measured."""
        return isinstance(self.verdict, Same) and self.sample is not None

    @property
    def peak(self) -> int:
        """Peak bytes; a huge number where there is no measurement."""
        return self.sample.peak_bytes if self.sample else 1 << 62

    @property
    def order(self) -> tuple[float, int, int, list[str]]:
        """Sort key: lowest score, then the stronger proof, then the smaller change, then a fixed order."""
        level = self.verdict.level.rank if isinstance(self.verdict, Same) else 9
        edits = [edit for site in self.candidate.sites for edit in site.edits]
        change = sum(edit.end - edit.start + len(edit.text) for edit in edits)
        return (self.score, level, change, sorted(self.candidate.ids))


class Archive:
    """Remembers every evaluation of one round by the texts it results in.

    `budget` counts real evaluations; what was tried before, or cannot be rendered, is free.
    """

    def __init__(
        self, sources: Mapping[str, SourceFile], trial: Trial, budget: int, objective: str = "peak"
    ) -> None:
        self._objective = objective
        self._sources = sources
        self._trial = trial
        self.budget = budget
        self.evaluations: list[Evaluation] = []
        self._by_text: dict[str, Evaluation] = {}

    @property
    def spent(self) -> int:
        """Evaluations made."""
        return len(self.evaluations)

    def consider(self, candidates: Iterable[Candidate]) -> list[Evaluation | None]:
        """Try candidates, in order; None for one refused by conflict or for want of budget."""
        answers: list[tuple[Candidate, str] | Evaluation | None] = []
        fresh: dict[str, tuple[Candidate, Texts]] = {}
        for candidate in candidates:
            sites = sorted(candidate.sites, key=lambda s: s.id)
            if any(conflict(a, b) for i, a in enumerate(sites) for b in sites[:i]):
                answers.append(None)
                continue
            try:
                texts = render(self._sources, sites)
            except ValueError as error:
                answers.append(Evaluation(candidate, {}, Crashed(str(error)), None))
                continue
            key = digest(texts)
            if key not in self._by_text and key not in fresh:
                if self.spent + len(fresh) >= self.budget:
                    answers.append(None)
                    continue
                fresh[key] = (candidate, texts)
            answers.append((candidate, key))
        self._try(fresh)
        return [self._known(*a) if isinstance(a, tuple) else a for a in answers]

    def _known(self, candidate: Candidate, key: str) -> Evaluation:
        """What was seen of a text, as that of this candidate: another one may give the same text."""
        evaluation = self._by_text[key]
        return evaluation if evaluation.candidate == candidate else replace(evaluation, candidate=candidate)

    def _try(self, fresh: Mapping[str, tuple[Candidate, Texts]]) -> None:
        results = self._trial([texts for _, texts in fresh.values()]) if fresh else []
        for (key, (candidate, texts)), (verdict, sample) in zip(fresh.items(), results, strict=True):
            evaluation = Evaluation(candidate, texts, verdict, sample, self._objective)
            self._by_text[key] = evaluation
            self.evaluations.append(evaluation)

    def best(self) -> Evaluation | None:
        """The proven evaluation that comes first in `order`."""
        return min((e for e in self.evaluations if e.proven), key=lambda e: e.order, default=None)
