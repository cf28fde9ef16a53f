"""The inputs of a proof: which sizes, seeds and perturbations, and in which order.

Policy. A case inside what the workload covers (its own dtypes or all floats of another width,
integers for a float argument, any layout, any value, other sizes and options of the kind it
uses, arguments that share memory, a call under `no_grad`) binds at every level. A case outside
of it binds only where `exact` is promised: bools, int32 or one float width among others in place
of floats, integers for a float tensor (most of torch refuses them), 0-d for an array, negative
numbers where there were none (they index from the end), an iterator or a list with `None` for a
plain list, other column dtypes or sparse formats, a memory-mapped array (a subclass, which
views keep), another default dtype, and any perturbation on which the original itself raises. So
do arguments that overlap where the original writes into its arguments: what it does then depends
on the order of its steps. At a weaker limit such a case gives a caveat in the verdict. Cases on
which the original raises tell little, since candidates mostly raise for the same reason, so that
at most one in eight is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st

from codeopt.equivalence.leaves import Leaf, leaves_of, size_of
from codeopt.equivalence.observe import Outcome, observe
from codeopt.equivalence.perturb import AMBIENT, KINDS, LAYOUTS, OUTSIDE, ambient, applies, perturb
from codeopt.equivalence.perturb_plain import omittable, options
from codeopt.equivalence.perturb_sharing import SHARING
from codeopt.sandbox.world import World
from codeopt.workload.call import Call

LADDER = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Scales tried from below, as long as one call stays under `CHEAP` seconds."""

CHEAP = 0.05
FULL = 2.0
"""Seconds above which the call at scale 1.0 is left out."""

MOST_LEAVES = 24
"""Leaves that are perturbed; a module's worth of them says no more."""

BASE_BYTES = 1 << 14
"""Perturbed cases are as large as they can be below this: loops turn more than once, and
recording stays free."""

QUIET = settings(
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
    print_blob=False,
)


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A kind of change done to the leaf at this path; see `perturb.KINDS`. One of
    `perturb.AMBIENT`, which change no leaf, has no path."""

    kind: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.path} {self.kind}" if self.path else f"under {AMBIENT[self.kind]}"


@dataclass(frozen=True, slots=True)
class Case:
    """A recipe for one call. `drawn` counts from 0 in the declared strategy's sequence, else -1."""

    scale: float
    seed: int
    perturbations: tuple[Perturbation, ...] = ()
    drawn: int = -1

    @property
    def outside(self) -> bool:
        """Whether it leaves what the workload covers; such a case binds `exact` only."""
        return any(p.kind in OUTSIDE for p in self.perturbations)

    @property
    def shares(self) -> bool:
        """Whether arguments overlap in memory."""
        return any(p.kind in SHARING for p in self.perturbations)

    def __str__(self) -> str:
        changed = "".join(f", {p}" for p in self.perturbations)
        if self.drawn >= 0:
            return f"example {self.drawn} of the declared strategy{changed}"
        return f"scale {self.scale:g}, seed {self.seed}{changed}"


def read_case(text: str) -> Case:
    """The case that is written so. Raises ValueError for anything else, and for one that is drawn
    from a declared strategy."""
    try:
        scale, seed, *changed = text.split(", ")
        return Case(
            float(scale.removeprefix("scale ")),
            int(seed.removeprefix("seed ")),
            tuple(_read_perturbation(part) for part in changed),
        )
    except ValueError:
        raise ValueError(f"not a case as a counterexample names it: {text!r}") from None


def _read_perturbation(text: str) -> Perturbation:
    for kind, told in AMBIENT.items():
        if text == f"under {told}":
            return Perturbation(kind)
    path, _, kind = text.partition(" ")
    return Perturbation(kind, path)


def build(world: World, case: Case) -> Call:
    """A fresh call. Raises WorkloadError where the builder does."""
    return altered(world.build(case.scale, case.seed), case)


def altered(call: Call, case: Case) -> Call:
    """A call with the perturbations of a case done to it."""
    for change in case.perturbations:
        call = perturb(call, change.kind, change.path)
    return call


def run(
    world: World,
    case: Case,
    call: Call,
    known: frozenset[int] = frozenset(),
    adapt: Callable[[Any], Any] | None = None,
) -> Outcome:
    """Observe a call that was built for the case, in the state that the case asks for."""
    with ambient([p.kind for p in case.perturbations]):
        return observe(world, call, case.seed, known, adapt)


def base_scale(world: World, scales: list[float], seed: int) -> float:
    """The largest of the scales whose arguments stay small, else the smallest."""
    best = scales[0]
    for scale in scales:
        if size_of(world.build(scale, seed)) <= BASE_BYTES:
            best = scale
    return best


def plan(world: World, scales: list[float], wanted: int, seed: int) -> Iterator[Case]:
    """Cases to try, best first: plain ones, each perturbation alone, then pairs by Hypothesis.

    `scales` are those of the ladder that are cheap here, ascending. More are yielded than
    wanted: whoever runs them drops those that raise.
    """
    base = base_scale(world, scales, seed)
    yield Case(base, seed)
    for i, scale in enumerate(scales):
        yield Case(scale, seed + 1 + i)
    call = world.build(base, seed)
    singles = list(singles_of(call, world.callable))
    together = [change for group in layouts_of(leaves_of(call)) for change in group]
    for i, group in enumerate(layouts_of(leaves_of(call))):
        yield Case(base, seed + 10 + i, group)
    for i, change in enumerate(singles):
        yield Case(base, seed + 20 + i, (change,))
    for i in range(max(4, wanted // 8)):
        yield Case(scales[i % len(scales)], seed + 100 + i)
    yield from _pairs(scales, together + singles, wanted, seed)


def layouts_of(leaves: list[Leaf]) -> list[tuple[Perturbation, ...]]:
    """Layouts for all arrays and tensors at once, each leaf having another one in every turn."""
    longest = max(len(kinds) for kinds in LAYOUTS.values())
    groups: list[tuple[Perturbation, ...]] = []
    for turn in range(longest):
        group: list[Perturbation] = []
        for i, leaf in enumerate(leaves[:MOST_LEAVES]):
            kinds = [k for k in LAYOUTS.get(leaf.family, ()) if applies(k, leaf, leaves)]
            if turn < len(kinds):
                group.append(Perturbation(kinds[(turn + i) % len(kinds)], leaf.path))
        if group:
            groups.append(tuple(group))
    return groups


def singles_of(call: Call, function: Callable[..., Any]) -> Iterator[Perturbation]:
    """Every kind on every leaf it applies to, in turns, so that a cut anywhere leaves variety."""
    leaves = leaves_of(call)
    omitted = omittable(function, call)
    offered = options(function, call)
    ways: list[list[Perturbation]] = []
    for leaf in leaves[:MOST_LEAVES]:
        kinds = [f"option {text}" for text in offered.get(leaf.path, ()) if text != leaf.value]
        kinds += [k for k in KINDS[leaf.family] if k != "omitted" or leaf.path in omitted]
        ways.append([Perturbation(k, leaf.path) for k in kinds if applies(k, leaf, leaves)])
    if any(leaf.family in ("tensor", "module") for leaf in leaves):
        ways.append([Perturbation(kind) for kind in AMBIENT])
    for rank in range(max(map(len, ways), default=0)):
        yield from (way[rank] for way in ways if rank < len(way))


def case_strategy(
    scales: list[float], seeds: st.SearchStrategy[int], singles: list[Perturbation]
) -> st.SearchStrategy[Case]:
    """Cases with up to three perturbations; smaller scales and fewer changes are simpler."""
    changes = st.lists(st.sampled_from(singles), max_size=3, unique=True) if singles else st.just([])
    return st.builds(
        lambda scale, seed, found: Case(scale, seed, tuple(found)), st.sampled_from(scales), seeds, changes
    )


def _pairs(scales: list[float], singles: list[Perturbation], wanted: int, seed: int) -> Iterator[Case]:
    small = scales[: max(1, len(scales) - 1)][:4]
    inside = [p for p in singles if p.kind not in OUTSIDE]
    drawn: list[Case] = []
    run_examples(case_strategy(small, st.integers(200, 400), inside), drawn.append, wanted, seed)
    yield from dict.fromkeys(case for case in drawn if case.perturbations)


def run_examples(strategy: st.SearchStrategy[Any], use: Callable[[Any], Any], count: int, seed: int) -> None:
    """Hand `count` examples to `use`, the same ones for the same seed, fresh each time."""

    @hypothesis_seed(seed)
    @settings(QUIET, max_examples=count)
    @given(strategy)
    def each(example: Any) -> None:
        use(example)

    each()
