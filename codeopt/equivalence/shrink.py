"""Finding the simplest call on which a candidate still differs, with both worlds in one process.

First the case is shrunk by Hypothesis: scale, seed, perturbations. Then the values that its
builder gives are simplified (see `simplify`), and the perturbations done again on top, so that an
odd layout survives. What is left is written as source.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from codeopt.edit import Trust
from codeopt.equivalence.cases import LADDER, QUIET, Case, altered, run
from codeopt.equivalence.compare import Comparison, compare
from codeopt.equivalence.judge import explain, judge
from codeopt.equivalence.leaves import size_of
from codeopt.equivalence.observe import untouched_by
from codeopt.equivalence.perturb import AMBIENT_SOURCE
from codeopt.equivalence.reference import Reference, judge_of
from codeopt.equivalence.simplify import simplify
from codeopt.equivalence.spell_call import spell_difference
from codeopt.equivalence.verdict import Differs
from codeopt.sandbox.world import World
from codeopt.workload.call import Call

TRIES = settings(QUIET, max_examples=60, phases=[Phase.generate, Phase.shrink])

SECONDS = 2.0
"""Time that simplifying the values of one counterexample may take."""

MOST_BYTES = 1 << 20
"""Arguments larger than this are told by their case only."""


def simplest(
    versions: Callable[[], tuple[World, World]],
    reference: Reference,
    differs: Differs,
    unstable: tuple[str, ...],
    limit: Trust,
) -> Differs:
    """The smallest scale, simplest seed, fewest perturbations and plainest values that differ.

    `versions` loads the original and the candidate.
    """
    original, candidate = versions()
    pair = _Pair(original, candidate, unstable, limit)
    case = reference.cases[differs.index]
    if not reference.strategy:
        found = _find(
            _near(case), lambda near: pair.differs(near, lambda: original.build(near.scale, near.seed))
        )
        if found is None:
            return differs
        return _told(versions, pair, found, lambda: original.build(found.scale, found.seed), differs.index)
    drawn = _find(original.declared.strategy, lambda call: pair.differs(case, lambda: copy.deepcopy(call)))
    return (
        differs if drawn is None else _told(versions, pair, case, lambda: copy.deepcopy(drawn), differs.index)
    )


def _told(
    versions: Callable[[], tuple[World, World]], pair: _Pair, case: Case, make: Callable[[], Call], index: int
) -> Differs:
    """The difference on this case, as plain as it gets; `make` gives the call before it is perturbed."""
    call = make()
    if size_of(call) <= MOST_BYTES and _can_be_copied(call):
        # Plainer values may hide the difference and bring another, as a warning about few rows.
        part = _part(pair.compare(case, make))
        call = simplify(
            call,
            lambda tried: _part(pair.compare(case, lambda: copy.deepcopy(tried))) == part,
            time.perf_counter() + SECONDS,
        )
        make = lambda: copy.deepcopy(call)  # noqa: E731
    differences = pair.compare(case, make).differences
    around = [AMBIENT_SOURCE[p.kind] for p in case.perturbations if p.kind in AMBIENT_SOURCE]
    literal = spell_difference(versions, lambda: altered(make(), case), case.seed, differences, around)
    text = explain(pair.original, case, differences, altered(make(), case))
    return Differs(text, str(case), index, literal)


def _part(found: Comparison) -> str:
    """Which part of the outcome differs first: `result`, `args`, `warnings`; empty if none does."""
    return re.split(r"\W", found.differences[0].path, maxsplit=1)[0] if found.differences else ""


def _can_be_copied(call: Call) -> bool:
    try:
        copy.deepcopy(call)
    except (TypeError, RuntimeError, ValueError):
        # A generator, a lock, a tensor that is no leaf.
        return False
    return True


def _near(case: Case) -> st.SearchStrategy[Case]:
    scales = [s for s in LADDER if s < case.scale] + [case.scale]
    kept = st.lists(st.sampled_from(case.perturbations), unique=True) if case.perturbations else st.just([])
    return st.builds(
        lambda scale, seed, found: Case(scale, seed, tuple(p for p in case.perturbations if p in found)),
        st.sampled_from(scales),
        st.sampled_from([0, 1, case.seed]),
        kept,
    )


def _find(strategy: st.SearchStrategy[Any], condition: Any) -> Any:
    try:
        return hypothesis.find(strategy, condition, settings=TRIES, random=None, database_key=None)
    except NoSuchExample:
        return None


class _Pair:
    """Both versions in one process, held against each other on one call at a time."""

    def __init__(self, original: World, candidate: World, unstable: tuple[str, ...], limit: Trust) -> None:
        self.original = original
        self.candidate = candidate
        self.unstable = unstable
        self.limit = limit

    def compare(self, case: Case, make: Callable[[], Call]) -> Comparison:
        """What differs on the call that `make` gives anew each time, perturbed as the case says.
        Each world gets its own, for the target may change its arguments."""

        def fresh() -> Call:
            return altered(make(), case)

        first = run(self.original, case, fresh())
        first = first._replace(untouched=untouched_by(first, fresh()))
        second = run(self.candidate, case, fresh())
        high = None
        if first.narrow != "" and first.tree != second.tree:
            high = judge_of(self.original, case, fresh())
        found = compare(first, second, high, self.unstable)
        level, _ = judge(case, first, found, self.limit)
        return found if level is None else Comparison(level, (), found.max_error)

    def differs(self, case: Case, make: Callable[[], Call]) -> bool:
        """Whether a refusal would follow from that call."""
        return bool(self.compare(case, make).differences)
