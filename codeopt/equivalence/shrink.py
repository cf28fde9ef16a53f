"""Finding the simplest case on which a candidate still differs, with both worlds in one process."""

from __future__ import annotations

import copy
from typing import Any

import hypothesis
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from codeopt.edit import Trust
from codeopt.equivalence.cases import LADDER, QUIET, Case, build
from codeopt.equivalence.compare import Comparison, compare
from codeopt.equivalence.judge import explain, judge
from codeopt.equivalence.observe import observe
from codeopt.equivalence.reference import Reference, high_run
from codeopt.equivalence.verdict import Differs
from codeopt.sandbox.world import World
from codeopt.workload.call import Call

TRIES = settings(QUIET, max_examples=60, phases=[Phase.generate, Phase.shrink])


def simplest(
    original: World,
    candidate: World,
    reference: Reference,
    differs: Differs,
    unstable: tuple[str, ...],
    limit: Trust,
) -> Differs:
    """The smallest scale, simplest seed and fewest perturbations that show a difference."""
    pair = _Pair(original, candidate, unstable, limit)
    if reference.strategy:
        found = _find(original.declared.strategy, lambda call: pair.differs_on(call, reference.seed))
        if found is None:
            return differs
        case = reference.cases[differs.index]
        comparison = pair.compare_call(found, reference.seed)
        return Differs(explain(original, case, comparison.differences, found), str(case), differs.index)
    case = reference.cases[differs.index]
    smallest = _find(_near(case), pair.differs)
    if smallest is None:
        return differs
    comparison = pair.compare(smallest)
    return Differs(explain(original, smallest, comparison.differences), str(smallest), differs.index)


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
    def __init__(self, original: World, candidate: World, unstable: tuple[str, ...], limit: Trust) -> None:
        self.original = original
        self.candidate = candidate
        self.unstable = unstable
        self.limit = limit

    def compare(self, case: Case) -> Comparison:
        first = observe(self.original, build(self.original, case), case.seed)
        second = observe(self.candidate, build(self.candidate, case), case.seed)
        high = None
        if first.narrow != "" and first.tree != second.tree:
            high = high_run(self.original, lambda: build(self.original, case), case.seed)
        found = compare(first, second, high, self.unstable)
        level, _ = judge(case, first, found, self.limit)
        return found if level is None else Comparison(level, (), found.max_error)

    def differs(self, case: Case) -> bool:
        return bool(self.compare(case).differences)

    def compare_call(self, call: Call, seed: int) -> Comparison:
        # Drawn once: each world gets a copy, for the target may change its arguments.
        first = observe(self.original, copy.deepcopy(call), seed)
        second = observe(self.candidate, copy.deepcopy(call), seed)
        return compare(first, second, None, self.unstable)

    def differs_on(self, call: Call, seed: int) -> bool:
        found = self.compare_call(call, seed)
        return found.level is None or not found.level.within(self.limit)
