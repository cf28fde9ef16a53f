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
import decimal
import gc
import locale
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from codeopt.equivalence.compare import compare
from codeopt.equivalence.observe import Outcome, observe, untouched_by
from codeopt.equivalence.reference import high_run
from codeopt.sandbox.world import World
from codeopt.target import Target
from codeopt.workload.call import Call, Declared
from tests.battery.pair import LABELS, MODULE, Arguments, Function, Pair, Source
from tests.battery.planting import Plant, plants

SEEDS = (5, 3, 7)
"""With the others than the first, a generator that is returned is ended early, in one way each;
other pairs need the first only."""

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
    trials = [_Trial(pair, SEEDS[0])]
    result = trials[0].outcome.part("result")
    if result is not None and result.kind == "iterator":
        trials += [_Trial(pair, seed) for seed in SEEDS[1:]]
    got, detail = _worst(trials, pair.second)
    itself, _ = _worst(trials, pair.first)
    found = {}
    if got in LABELS[:-1]:
        with _apart():
            made = list(plants(trials[0].outcome, got, call_of(pair.arguments)))
        found = {plant.name: _worst(trials, pair.second, plant)[0] for plant in made}
    escaped = [n for n, answer in found.items() if answer in LABELS and _rank(answer) <= _rank(got)]
    return Judged(pair, got, detail, itself, tuple(found), tuple(escaped))


def judge_all(pairs: Iterable[Pair]) -> list[Judged]:
    """Each pair judged, in order."""
    return [judge_pair(pair) for pair in pairs]


class _Trial:
    """The original's outcome for one seed, with the arguments that it leaves alone, and its
    float64 run."""

    def __init__(self, pair: Pair, seed: int) -> None:
        self.pair = pair
        self.seed = seed
        self.outcome = self.run(pair.first)
        self.high: Outcome | None = None
        with _apart():
            untouched = untouched_by(self.outcome, call_of(pair.arguments))
            self.outcome = self.outcome._replace(untouched=untouched)
            if self.outcome.narrow and not self.outcome.raised:
                self.high = high_run(_world(pair.first), lambda: call_of(pair.arguments), seed)

    def run(self, function: Function, plant: Plant | None = None) -> Outcome:
        """One observation in a world and an empty folder of its own."""
        world = _world(function)
        if plant is not None:
            world = replace(world, callable=plant.around(world.callable))
        with _apart():
            return observe(world, call_of(self.pair.arguments), self.seed)

    def answer(self, function: Function, plant: Plant | None = None) -> tuple[str, str]:
        """What the comparator says of a function, and the first difference."""
        candidate = self.run(function, plant)
        hidden = self.outcome.opaque or candidate.opaque
        if hidden:
            return "unproven", f"{hidden[0]} cannot be looked into"
        found = compare(self.outcome, candidate, self.high)
        return found.level or "differs", str(found.differences[0]) if found.differences else ""


def _worst(trials: list[_Trial], function: Function, plant: Plant | None = None) -> tuple[str, str]:
    return max((trial.answer(function, plant) for trial in trials), key=lambda found: _rank(found[0]))


def _rank(answer: str) -> int:
    return LABELS.index(answer) if answer in LABELS else len(LABELS)


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


@contextlib.contextmanager
def _apart() -> Iterator[None]:
    """An empty folder to work in, and settings of the process put back: a proof gives each run a
    process of its own."""
    environment, path = dict(os.environ), list(sys.path)
    language, printing = locale.setlocale(locale.LC_ALL), np.get_printoptions()
    levels = {name: logging.getLogger(name).level for name in ("", "q")}
    with tempfile.TemporaryDirectory() as root, decimal.localcontext():
        folder = Path(root) / "work"
        folder.mkdir()
        try:
            with contextlib.chdir(folder):
                yield
        finally:
            os.environ.clear()
            os.environ.update(environment)
            sys.path[:] = path
            locale.setlocale(locale.LC_ALL, language)
            np.set_printoptions(**printing)
            gc.enable()
            for thread in threading.enumerate():
                if thread is not threading.current_thread():
                    thread.join(1)
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
