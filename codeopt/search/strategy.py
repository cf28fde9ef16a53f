"""What to try next: screen single sites, then combine those that were proven.

Strategies are generators: they yield batches of candidates and are sent the evaluations.
They do no I/O and draw from a seeded generator. Half-on random genomes fail because nearly
every one of them holds a site that is not equivalent (measured: 0-8 % of the attainable
front on 48 sites, against 89-100 % for the order used here), so only sites that were proven
alone are ever combined. All of them together is mostly the optimum, or becomes it when what
brings nothing is taken out again; climbing and evolving are for sites that exclude one another.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Generator, Mapping, Sequence

from codeopt.candidate import Candidate, compatible
from codeopt.edit import Site
from codeopt.search.archive import Evaluation

Batch = list[Candidate]
Answers = list[Evaluation | None]
Strategy = Generator[Batch, Answers, None]

_ENUMERATE_UP_TO = 12
_POPULATION = 6
_MOST_RIVALS = 12
_STALE_GENERATIONS = 2
_CLEARLY_LESS = 0.998


def propose(sites: Sequence[Site], heat: Mapping[str, int], seed: int, baseline: float) -> Strategy:
    """The whole order of a first round: single sites by heat, then combinations of the proven.

    `heat` maps a site id to the bytes alive at the peak on its lines; `baseline` is the score
    to beat. Where neither a single site nor all of them together lower it, no part is tried:
    what keeps memory alive at the peak is then something that no site touches.
    """
    front = yield from _screen(_by_heat(sites, heat))
    proven = [next(iter(e.candidate.sites)) for e in sorted(front, key=lambda e: e.order)]
    if len(proven) < 2:
        return
    front += [e for e in (yield from _union(proven)) if e and e.proven]
    if min(e.score for e in front) >= baseline:
        return
    few = _combinations(proven) <= _ENUMERATE_UP_TO
    if few:
        every = [Candidate(frozenset(c)) for n in range(2, len(proven) + 1) for c in _subsets(proven, n)]
        front += [e for e in (yield every) if e and e.proven]
    if rivals := _rivals(proven, sites):
        front += yield from _climb(rivals, front)
        if not few:
            yield from _evolve(proven, [e for e in front if e.proven], random.Random(seed))


def propose_again(sites: Sequence[Site], heat: Mapping[str, int], seed: int, baseline: float) -> Strategy:
    """The order of a later round: all sites together, and alone those whose lines are alive at the peak.

    Most of what a later round finds was there before and brought nothing, so one trial of all
    of it mostly ends the search. What that trial leaves open is settled as in a first round.
    """
    ordered = _by_heat(sites, heat)
    together = [_packed(ordered), _packed(_widest(ordered))]
    hot = [site for site in ordered if heat.get(site.id)]
    batch = [Candidate(frozenset(group)) for group in (*together, *([site] for site in hot))]
    answers = yield batch
    proven = [e for e in answers if e and e.proven]
    settled = any(e is not None and e.proven for e in answers[:2])
    if settled and min(e.score for e in proven) >= baseline:
        return
    yield from propose(sites, heat, seed, baseline)


def _screen(sites: Sequence[Site]) -> Generator[Batch, Answers, list[Evaluation]]:
    """Proven single sites: one of each group of alternatives, the next where that one is refused."""
    front: list[Evaluation] = []
    waiting = list(sites)
    while waiting:
        settled = {site.group for e in front for site in e.candidate.sites if site.group}
        now: dict[str, Site] = {}
        for site in waiting:
            if site.group not in settled:
                now.setdefault(site.group or site.id, site)
        waiting = [s for s in waiting if s.group and s.group not in settled and s is not now[s.group]]
        answers = (yield [Candidate(frozenset([site])) for site in now.values()]) if now else []
        front += [e for e in answers if e and e.proven]
    return front


def _rivals(proven: Sequence[Site], sites: Sequence[Site]) -> list[Site]:
    """Proven sites that exclude one another, and the alternatives of proven ones that were not tried."""
    groups = {site.group for site in proven if site.group}
    known = {site.id for site in proven}
    others = [s for s in sites if s.group in groups and s.id not in known]
    return [*(s for s in proven if not compatible(s, proven)), *others]


def _by_heat(sites: Sequence[Site], heat: Mapping[str, int]) -> list[Site]:
    return sorted(sites, key=lambda s: (-heat.get(s.id, 0), s.path, s.span))


def _combinations(sites: Sequence[Site]) -> int:
    """The number of subsets without conflicts, counted only as far as it matters."""
    count = 0
    for size in range(2, len(sites) + 1):
        for _ in _subsets(sites, size):
            count += 1
            if count > _ENUMERATE_UP_TO:
                return count
    return count


def _subsets(sites: Sequence[Site], size: int) -> Generator[tuple[Site, ...], None, None]:
    for chosen in itertools.combinations(sites, size):
        if all(compatible(site, chosen[:i]) for i, site in enumerate(chosen)):
            yield chosen


def _union(proven: Sequence[Site]) -> Generator[Batch, Answers, Answers]:
    """All proven sites together, often the optimum already: where they conflict, once the best first
    and once those that change most, for what saves nothing alone may save most with others."""
    chosen, widest = _packed(proven), _packed(_widest(proven))
    halves = [chosen[: len(chosen) // 2], chosen[len(chosen) // 2 :]] if len(chosen) > 3 else []
    return (yield [Candidate(frozenset(group)) for group in [widest, chosen, *halves]])


def _packed(sites: Sequence[Site]) -> list[Site]:
    """Sites in their order, without those that conflict with one before."""
    chosen: list[Site] = []
    for site in sites:
        if compatible(site, chosen):
            chosen.append(site)
    return chosen


def _widest(sites: Sequence[Site]) -> list[Site]:
    """Sites by how much of the text they replace, the first of equals first."""
    return sorted(sites, key=lambda site: -sum(edit.end - edit.start for edit in site.edits))


def _climb(
    rivals: Sequence[Site], start: Sequence[Evaluation]
) -> Generator[Batch, Answers, list[Evaluation]]:
    """Swap in whichever rival lowers the score of the best set so far most, until none does."""
    found: list[Evaluation] = []
    best = min((e for e in start if e.proven), key=lambda e: e.order)
    while True:
        held = best.candidate.sites
        moves = []
        for site in rivals[:_MOST_RIVALS]:
            if site not in held:
                kept = frozenset(s for s in held if compatible(site, [s]))
                moves.append(Candidate(kept | {site}))
        answers = (yield moves) if moves else []
        better = [e for e in answers if e and e.proven and e.score < best.score * _CLEARLY_LESS]
        found += [e for e in answers if e]
        if not better:
            return found
        best = min(better, key=lambda e: e.order)


def _evolve(proven: Sequence[Site], parents: list[Evaluation], rng: random.Random) -> Strategy:
    """Crossover and mutation over proven sites until a few generations bring nothing."""
    population = sorted(parents, key=lambda e: e.order)[:_POPULATION]
    stale = 0
    while stale < _STALE_GENERATIONS and population:
        best = population[0].score
        children = [_child(proven, population, rng) for _ in range(_POPULATION)]
        answers = yield children
        if all(answer is None for answer in answers):
            return
        pool = {e.candidate.ids: e for e in [*population, *(a for a in answers if a and a.proven)]}
        population = sorted(pool.values(), key=lambda e: e.order)[:_POPULATION]
        stale = 0 if population[0].score < best * _CLEARLY_LESS else stale + 1


def _child(proven: Sequence[Site], population: Sequence[Evaluation], rng: random.Random) -> Candidate:
    mother, father = rng.choice(population), rng.choice(population)
    genes = sorted(mother.candidate.sites | father.candidate.sites, key=lambda s: s.id)
    shared = mother.candidate.sites & father.candidate.sites
    chosen = [site for site in genes if site in shared or rng.random() < 0.5]
    flip = rng.choice(proven)
    chosen = [s for s in chosen if s.id != flip.id] if flip in chosen else [flip, *chosen]
    kept: list[Site] = []
    for site in chosen:
        if compatible(site, kept):
            kept.append(site)
    return Candidate(frozenset(kept or [flip]))
