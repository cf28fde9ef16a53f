"""What the original did on every case: the yardstick that candidates are held against."""

from __future__ import annotations

import collections
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from codeopt.equivalence.cases import (
    CHEAP,
    FULL,
    LADDER,
    Case,
    Perturbation,
    altered,
    build,
    plan,
    read_case,
    run,
    run_examples,
    singles_of,
)
from codeopt.equivalence.integrity import load_world
from codeopt.equivalence.leaves import leaves_of
from codeopt.equivalence.node import Large, Node
from codeopt.equivalence.observe import Outcome, observe, untouched_by
from codeopt.equivalence.perturb import ambient, widen
from codeopt.errors import WorkloadError
from codeopt.sandbox.world import World
from codeopt.target import Target
from codeopt.workload.call import Call

BODY_SECONDS = 0.5
"""Seconds that all cases may spend in the target's body, apart from the one at full scale:
every candidate pays them again."""

FEWEST = 8
RAISING_SHARE = 8
MOST_REFUSED = 2
"""Scales at which the target itself raises, kept as cases: unlike perturbed ones they bind."""


@dataclass(frozen=True)
class Reference:
    """Cases with the original's outcomes, `high` being those of its float64 runs where they ran.

    `seconds` were spent in the target's body. With `strategy`, calls are drawn from the declared
    strategy by `seed` instead of being built from the cases.
    """

    cases: tuple[Case, ...]
    outcomes: tuple[Outcome, ...]
    high: tuple[Outcome | None, ...]
    seconds: float
    seed: int
    strategy: bool = False
    drawn: int = 0

    @cached_property
    def known(self) -> frozenset[int]:
        """Digests of all large buffers, of which a candidate's recording needs no summary."""
        return frozenset(
            node.data.digest
            for outcome in self.outcomes
            for node in _nodes(outcome.tree)
            if isinstance(node.data, Large)
        )


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for _, child in node.children:
        yield from _nodes(child)


def make_reference(target: Target, cases_wanted: int, seed: int, only: str = "") -> Reference:
    """Run the original on up to `cases_wanted` cases and record what it does, or on the one case
    that `only` names.

    Raises WorkloadError where the target or the workload cannot be imported, the builder
    raises, or the target raises on the plain workload.
    """
    if only:
        return _Gathering(target, 1, seed).run_only(read_case(only))
    if load_world(target, {}).declared.strategy is not None:
        return _from_strategy(target, cases_wanted, seed)
    return _Gathering(target, cases_wanted, seed).run()


class _Gathering:
    """Chooses the cases in one world, which the choice uses up, and records them in a fresh one.

    A target that counts its calls or keeps a cache must meet the same calls in the same order
    in every world, and nothing else.
    """

    def __init__(self, target: Target, wanted: int, seed: int) -> None:
        self.target = target
        self.world = load_world(target, {})
        self.wanted = wanted
        self.seed = seed
        self.cases: list[Case] = []
        self.high: list[Outcome | None] = []
        self.untouched: list[frozenset[str]] = []
        self.raising = 0
        self.opaque = False
        self.seconds = 0.0

    def run(self) -> Reference:
        scales, refused = self.climb()
        for case in itertools.chain(
            (Case(scale, self.seed) for scale in refused[:MOST_REFUSED]),
            plan(self.world, scales, self.wanted, self.seed),
        ):
            full = len(self.cases) >= self.wanted or self.seconds > BODY_SECONDS
            if full and len(self.cases) >= min(FEWEST, self.wanted):
                break
            self.add(case)
        self.add_largest(scales)
        return self.recorded()

    def run_only(self, case: Case) -> Reference:
        self.keep(case, run(self.world, case, build(self.world, case)))
        return self.recorded()

    def recorded(self) -> Reference:
        fresh = load_world(self.target, {})
        outcomes = tuple(
            run(fresh, case, build(fresh, case))._replace(untouched=untouched)
            for case, untouched in zip(self.cases, self.untouched, strict=True)
        )
        seconds = sum(outcome.seconds for outcome in outcomes)
        return Reference(tuple(self.cases), outcomes, tuple(self.high), seconds, self.seed)

    def climb(self) -> tuple[list[float], list[float]]:
        """The scales on which a call is cheap, ascending, and those on which the target raises."""
        usable: list[float] = []
        refused: list[float] = []
        error: WorkloadError | None = None
        for scale in (*LADDER, 1.0):
            try:
                call = self.world.build(scale, self.seed)
            except WorkloadError as found:
                # Some builders need a least size.
                error = found
                continue
            outcome = observe(self.world, call, self.seed)
            if outcome.raised:
                error = error or _refusal(self.world, outcome)
                refused.append(scale)
                continue
            if not usable or outcome.seconds <= CHEAP:
                usable.append(scale)
            if outcome.seconds > CHEAP:
                break
        if not usable:
            raise error or WorkloadError(f"{self.world.target.ref}: no scale of the workload runs")
        return usable, refused

    def add_largest(self, scales: list[float]) -> None:
        """Add the case of scale 1.0 or, where that takes too long, of the largest that does not."""
        best: tuple[Case, Outcome] | None = None
        for scale in (*(s for s in LADDER if s > scales[-1]), 1.0):
            case = Case(scale, self.seed + 1000)
            begin = time.perf_counter()
            outcome = observe(self.world, build(self.world, case), case.seed)
            if outcome.seconds > FULL or time.perf_counter() - begin > outcome.seconds + FULL:
                break
            best = case, outcome
            if outcome.seconds > FULL / 4:
                break
        if best is not None:
            self.keep(*best)

    def add(self, case: Case) -> None:
        """Try a case and keep it, unless enough of those that raise are there already."""
        if case in self.cases:
            return
        outcome = run(self.world, case, build(self.world, case))
        if outcome.opaque and case.perturbations and not self.opaque:
            # An argument of a kind that cannot be looked into would make every verdict Unproven.
            return
        if outcome.raised and case.perturbations:
            if any(p.kind == "one column fewer" for p in case.perturbations):
                # The other arguments do not fit it; that says nothing of how the target raises.
                return
            if self.raising >= max(2, self.wanted // RAISING_SHARE):
                return
            self.raising += 1
        self.keep(case, outcome)

    def keep(self, case: Case, outcome: Outcome) -> None:
        self.cases.append(case)
        self.seconds += outcome.seconds
        self.untouched.append(untouched_by(outcome, build(self.world, case)))
        narrow = outcome.narrow != "" and not outcome.raised
        self.high.append(judge_of(self.world, case, build(self.world, case)) if narrow else None)
        self.opaque |= bool(outcome.opaque) and not case.perturbations


def high_run(world: World, make: Callable[[], Call], seed: int) -> Outcome | None:
    """The original in float64, None where that raises: the judge of float errors."""
    torch = sys.modules.get("torch")
    before = torch.get_default_dtype() if torch is not None else None

    def adapt(subject: Any) -> None:
        if torch is not None and isinstance(subject, torch.nn.Module):
            subject.double()

    try:
        call = widen(make())
        if torch is not None:
            torch.set_default_dtype(torch.float64)
        outcome = observe(world, call, seed, adapt=adapt)
    except (TypeError, ValueError, RuntimeError):
        # Arguments that cannot be widened: there is no judge then.
        return None
    finally:
        if torch is not None:
            torch.set_default_dtype(before)
    return None if outcome.raised else outcome


def judge_of(world: World, case: Case, call: Call) -> Outcome | None:
    """The float64 run of a call built for the case, in the state that the case asks for."""
    with ambient([p.kind for p in case.perturbations]):
        return high_run(world, lambda: call, case.seed)


def _refusal(world: World, outcome: Outcome) -> WorkloadError:
    node = outcome.part("raised")
    text = f"{node.type.removeprefix('builtins.')}: {node.data}" if node is not None else "raises"
    where = outcome.where or str(world.target.path)
    return WorkloadError(f"{world.target.ref}: {world.target.qualname} raises {text} ({where})")


def draw_calls(world: World, count: int, seed: int, use: Callable[[Call], None]) -> None:
    """Hand the calls that the declared strategy gives for this seed to `use`, fresh, in order."""
    run_examples(world.declared.strategy, use, count, seed)


def draw_cases(
    world: World, cases: Sequence[Case], count: int, seed: int, use: Callable[[Case, Call], None]
) -> None:
    """Hand each case of a declared strategy to `use` with its call, fresh, in order.

    A strategy with few examples is drawn from again for the cases that repeat them.
    """
    waiting = collections.deque(cases)
    left = -1
    while waiting and len(waiting) != left:
        left = len(waiting)
        places = itertools.count()

        def next_one(call: Call, places: Iterator[int] = places) -> None:
            if waiting and next(places) == waiting[0].drawn:
                case = waiting.popleft()
                use(case, altered(call, case))

        draw_calls(world, count, seed, next_one)


def _choose(world: World, wanted: int, seed: int) -> list[Case]:
    """Calls as they are drawn and, where they hold arrays, tensors or frames, as many perturbed.

    Plain values are left alone: which of them are meant, the strategy says itself.
    """
    ways: list[list[Perturbation]] = []

    def look(call: Call) -> None:
        if not isinstance(call, Call):
            where = f"{world.declared.path}:{world.declared.line}"
            raise WorkloadError(f"{where}: the strategy gave {type(call).__name__}, not codeopt.Call")
        plain = {x.path for x in leaves_of(call) if x.family in ("number", "text", "sequence")}
        changes = (c for c in singles_of(call, world.callable) if c.path not in plain)
        ways.append(list(itertools.islice(changes, wanted)))

    draw_calls(world, wanted, seed, look)
    if not any(ways):
        return [Case(0.0, seed, drawn=i) for i in range(len(ways))]
    cases = [Case(0.0, seed, drawn=i) for i in range(min(len(ways), wanted // 2))]
    for turn in range(wanted - len(cases)):
        i = turn % len(ways)
        if ways[i]:
            cases.append(Case(0.0, seed, (ways[i][turn % len(ways[i])],), drawn=i))
    return cases


def _from_strategy(target: Target, wanted: int, seed: int) -> Reference:
    """Calls drawn from the declared strategy; each world meets the same ones."""
    world = load_world(target, {})
    tried = _choose(world, wanted, seed)
    cases: list[Case] = []
    opaque: list[bool] = []

    def keep(case: Case, call: Call) -> None:
        opaque.append(bool(run(world, case, call).opaque))
        if not (case.perturbations and opaque[-1]) or opaque[0]:
            cases.append(case)

    draw_cases(world, tried, wanted, seed, keep)
    high: list[Outcome | None] = []
    outcomes: list[Outcome] = []
    draw_cases(world, cases, wanted, seed, lambda case, call: high.append(judge_of(world, case, call)))
    fresh = load_world(target, {})
    draw_cases(fresh, cases, wanted, seed, lambda case, call: outcomes.append(run(fresh, case, call)))
    if all(o.raised for o in outcomes):
        raise _refusal(fresh, outcomes[0])
    twins: list[frozenset[str]] = []
    draw_cases(
        fresh, cases, wanted, seed, lambda case, call: twins.append(untouched_by(outcomes[len(twins)], call))
    )
    told = tuple(o._replace(untouched=names) for o, names in zip(outcomes, twins, strict=True))
    judges = tuple(
        h if o.narrow != "" and not o.raised else None for h, o in zip(high, outcomes, strict=True)
    )
    return Reference(tuple(cases), told, judges, sum(o.seconds for o in outcomes), seed, True, wanted)
