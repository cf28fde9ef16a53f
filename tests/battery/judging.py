"""Running a pair through the real observer and comparator, as a proof does, and rating the answer.

A pair labelled `exact`, `close`, `precision` or `lossy` is the same at that level; one labelled
`differs` is changed; one labelled `unproven` holds something that cannot be looked into.

- false accept: a pair accepted at a stronger level than its label (any level for `differs`
  and `unproven`).
- false reject: a pair labelled the same that is refused or unproven, or an original that is
  refused when held against itself.
- wrong level: a pair labelled the same and accepted, but at a weaker level than its label. A pair
  labelled `differs` that comes out as unproven, or the other way round, is wrong in this sense too.
- vacuous: an accepted pair of which some planted change is accepted as well, at the same level or
  a stronger one: the comparison did not look. See `planting` for what is planted.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from codeopt.equivalence.cases import Case
from codeopt.equivalence.compare import compare
from codeopt.equivalence.observe import Outcome, observe, untouched_by
from codeopt.equivalence.reference import high_run
from codeopt.sandbox.world import World
from codeopt.target import Target
from codeopt.workload.call import Call, Declared
from tests.battery.pair import LABELS, MODULE, Arguments, Function, Pair, Source
from tests.battery.planting import Plant, plants

SEED = 5
_HERE = Path(__file__)


@dataclass(frozen=True, slots=True)
class Judged:
    """`got` is what the comparator said of a pair, `detail` the first difference it named,
    `escaped` the planted changes that it did not refuse, of `planted`."""

    pair: Pair
    got: str
    detail: str
    itself: str
    planted: tuple[str, ...]
    escaped: tuple[str, ...]

    @property
    def false_accept(self) -> bool:
        if self.got not in LABELS[:-1]:
            return False
        return self.pair.label not in LABELS or LABELS.index(self.got) < LABELS.index(self.pair.label)

    @property
    def false_reject(self) -> bool:
        refused = self.got in ("differs", "unproven") and self.pair.label in LABELS[:-1]
        return refused or self.itself not in ("exact", "unproven")

    @property
    def wrong_level(self) -> bool:
        return self.got != self.pair.label and not self.false_accept and not self.false_reject

    @property
    def vacuous(self) -> bool:
        return bool(self.escaped)

    def __str__(self) -> str:
        return (
            f"{self.pair.id}: labelled {self.pair.label}, came out as {self.got}\n{self.detail}\n"
            f"against itself: {self.itself}; escaped: {', '.join(self.escaped) or 'nothing'}"
        )


def judge_pair(pair: Pair) -> Judged:
    """Hold the rewrite against the original, the original against itself, and plants against it."""
    reference, high = _reference(pair)
    got, detail = _answer(reference, _observed(pair.second, pair.arguments), high)
    itself, _ = _answer(reference, _observed(pair.first, pair.arguments), high)
    escaped: list[str] = []
    planted: list[str] = []
    if got in LABELS[:-1]:
        for plant in plants(reference, got):
            found, _ = _answer(reference, _observed(pair.second, pair.arguments, plant), high)
            planted.append(plant.name)
            if found in LABELS and LABELS.index(found) <= LABELS.index(got):
                escaped.append(plant.name)
    return Judged(pair, got, detail, itself, tuple(planted), tuple(escaped))


def judge_all(pairs: Iterable[Pair]) -> list[Judged]:
    """Each pair judged, in order."""
    return [judge_pair(pair) for pair in pairs]


def _answer(reference: Outcome, candidate: Outcome, high: Outcome | None) -> tuple[str, str]:
    if reference.opaque or candidate.opaque:
        return "unproven", f"{(reference.opaque or candidate.opaque)[0]} cannot be looked into"
    found = compare(reference, candidate, high)
    return found.level or "differs", str(found.differences[0]) if found.differences else ""


def call_of(arguments: Arguments) -> Call:
    """A fresh call."""
    made = arguments()
    return made if isinstance(made, Call) else Call(args=made)


def _world(function: Function) -> World:
    project = {}
    if isinstance(function, Source):
        project[MODULE] = function.load()
        function = project[MODULE].run
    target = Target(_HERE, "run", MODULE, _HERE.parent, _HERE, 0, 1)
    return World(target, function, Declared("x::run", function, None, None, str(_HERE), 1), project)


def _observed(function: Function, arguments: Arguments, plant: Plant | None = None) -> Outcome:
    """One observation in a world and an empty folder of its own."""
    world = _world(function)
    if plant is not None:
        world = World(world.target, plant.around(world.callable), world.declared, world.project)
    with _empty_folder():
        return observe(world, call_of(arguments), SEED)


def _reference(pair: Pair) -> tuple[Outcome, Outcome | None]:
    """The original's outcome with the arguments that it leaves alone, and its float64 run."""
    outcome = _observed(pair.first, pair.arguments)
    with _empty_folder():
        outcome = outcome._replace(untouched=untouched_by(outcome, call_of(pair.arguments)))
        high = None
        if outcome.narrow and not outcome.raised:
            high = high_run(_world(pair.first), call_of(pair.arguments), Case(1.0, SEED))
    return outcome, high


@contextlib.contextmanager
def _empty_folder() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "work"
        folder.mkdir()
        with contextlib.chdir(folder):
            yield
