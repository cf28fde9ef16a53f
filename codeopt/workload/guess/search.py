"""Guided search for arguments by which a function runs: try, read the exception, change what it blames.

A trial is rated by whether it returned, by the wanted lines that ran, by the lines of the function
itself, and by all lines of the project: an exception that comes later is nearer.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from codeopt.workload.guess.hints import hinted, names_in
from codeopt.workload.guess.options import OMIT, Option, omitted
from codeopt.workload.guess.pools import Context, options_for
from codeopt.workload.guess.reading import Parameter
from codeopt.workload.guess.spell import Key, Spelled, State, spell
from codeopt.workload.guess.subject import Subject, executable_lines
from codeopt.workload.guess.worker import TRIAL, Outcome, Worker

ROWS = 12
Score = tuple[bool, int, int, int]
_FITTED = (
    "", "instance.fit(rng.standard_normal((n, 8)), np.arange(n) % 3)", "instance.fit(rng.standard_normal((n, 8)))",
    "instance.fit(rng.standard_normal((n, 8)), np.arange(n) % 2)",
    "instance.fit(rng.standard_normal((n, 8)), rng.standard_normal(n))",
    "instance.fit(rng.random((n, 8)), np.arange(n) % 3)",
)  # fmt: skip
_PROFILES = (("n",), ("n", "8"), ("n", "16"), ("n", "n"), ("n", "16", "16"), ("n", "3", "32", "32"), ("n", "8", "8"),
             ("8", "8"), ("16", "16"), ("n", "16", "8", "8"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """A state that was tried, its text and what came of it."""

    state: State
    spelled: Spelled
    outcome: Outcome
    score: Score

    @property
    def done(self) -> bool:
        """Whether it returned and ran wanted lines."""
        return self.score[0] and self.score[1] > 0


@dataclass
class Search:
    """One search; `lines` are the wanted lines in `file`, `budget` the most trials."""

    subject: Subject
    worker: Worker
    target: str
    file: str
    lines: frozenset[int]
    contexts: dict[str, Context]
    budget: int
    seed: int
    tried: dict[str, Tried] = field(default_factory=dict)

    def __post_init__(self) -> None:
        form = self.subject.form
        self._parameters: dict[Key, Parameter] = {("call", p.name): p for p in form.call}
        self._parameters |= {("init", p.name): p for p in form.init}
        self._options = {key: self._pool(key, p) for key, p in self._parameters.items()}
        if self.subject.fits:
            self._options["fit", "state"] = [Option(text, "fit") for text in _FITTED]
        own = executable_lines(self.subject.code) if self.subject.code else frozenset()
        self._own = own
        self._seen: set[tuple[str, str]] = set()

    def _pool(self, key: Key, parameter: Parameter) -> list[Option]:
        if parameter.star == "**":
            return [omitted()]
        found = options_for(parameter, self.contexts[key[0]])
        if parameter.star == "*":
            items = [option for option in found if option.text and option.kind not in ("none",)]
            return [omitted(), *(Option(f"[{option.text} for _ in range(2)]", "star") for option in items[:8])]
        return found

    def run(self) -> Tried | None:
        """The best state that was found, or None if nothing could be tried."""
        best = self._first()
        stuck = 0
        while best is not None and not best.done and self._left():
            better = next((t for t in self._moves(best) if self._accepts(t, best)), None)
            if better is None:
                stuck += 1
                if stuck > 3:
                    break
                better = self._shaken(best, random.Random(self.seed + stuck))
            best = better if better is not None else best
        best = max(self.tried.values(), key=lambda t: t.score, default=None)
        return self._widened(best) if best is not None and best.done else best

    def _left(self) -> bool:
        return len(self.tried) < self.budget

    def _first(self) -> Tried | None:
        start: dict[Key, Option] = {key: options[0] for key, options in self._options.items()}
        best = self._try(start)
        for shape in _PROFILES:
            if best.done or not self._left():
                break
            if not self._is_about_arrays(best):
                break
            state = {k: self._profiled(k, o, shape) for k, o in start.items()}
            tried = self._try(state)
            best = tried if tried.score > best.score else best
        return best

    def _is_about_arrays(self, tried: Tried) -> bool:
        shaped = [key for key, option in tried.state.items() if option.is_shaped and key[0] == "call"]
        return bool(shaped) and not tried.outcome.message.startswith("'")

    def _profiled(self, key: Key, option: Option, shape: tuple[str, ...]) -> Option:
        return option.shaped(shape) if option.is_shaped and key[0] == "call" else option

    def _try(self, state: State) -> Tried:
        spelled = spell(self.subject.form, state, self.target, ROWS, 1)
        known = self.tried.get(spelled.text)
        if known is None:
            outcome = self.worker.trial(spelled.text, self.seed)
            known = self.tried[spelled.text] = Tried(state, spelled, outcome, self._score(outcome))
        return known

    def _score(self, outcome: Outcome) -> Score:
        here = outcome.lines.get(self.file, frozenset())
        everything = sum(len(found) for found in outcome.lines.values())
        own = self.subject.code.co_filename if self.subject.code else self.file
        body = len(outcome.lines.get(own, frozenset()) & self._own)
        return not outcome.error, len(here & self.lines), body, everything

    def _accepts(self, tried: Tried, best: Tried) -> bool:
        if tried.score > best.score:
            return True
        what = (tried.outcome.error, re.sub(r"\d+", "#", tried.outcome.message))
        fresh = what not in self._seen
        self._seen.add(what)
        return fresh and tried.score >= best.score and tried is not best

    def _moves(self, best: Tried) -> Iterator[Tried]:
        for key, option in self._changes(best):
            if not self._left():
                return
            state = {**best.state, key: option}
            text = spell(self.subject.form, state, self.target, ROWS, 1).text
            if text not in self.tried:
                yield self._try(state)

    def _changes(self, best: Tried) -> Iterator[tuple[Key, Option]]:
        outcome = best.outcome
        blamed = self._blamed(best)
        for key in blamed:
            parameter = self._parameters.get(key)
            if parameter is not None:
                hints = hinted(outcome, parameter, best.state[key], self.contexts[key[0]])
                yield from ((key, option) for option in itertools.islice(hints, 12))
        ranked = [[(key, option) for option in self._options[key][:14]] for key in blamed[:6]]
        yield from _alternating(ranked)
        others = [key for key in self._options if key not in blamed]
        yield from _alternating([[(key, option) for option in self._options[key][:8]] for key in others])
        for key in blamed:
            yield from ((key, option) for option in self._options[key][14:])

    def _blamed(self, tried: Tried) -> list[Key]:
        """Arguments that the exception speaks of, then those that the innermost known lines rest on."""
        outcome = tried.outcome
        found: dict[Key, None] = {}
        names = {key[1] for key in self._parameters}
        named = names_in(outcome.message, names)
        found.update(dict.fromkeys(key for key in self._parameters if key[1] in named))
        if self.subject.fits and re.search(r"fitted|has no attribute '\w+_'|NoneType", outcome.message):
            found["fit", "state"] = None
        for file, function, line in reversed(outcome.frames):
            if file == TRIAL and line in tried.spelled.lines:
                found[tried.spelled.lines[line]] = None
            who = self.subject.blames.get((file, function))
            if who is not None:
                for name in sorted(who[1].origins.get(line, ())):
                    if (who[0], name) in self._parameters:
                        found[who[0], name] = None
        if not found:
            found.update(dict.fromkeys(key for key in self._parameters if key[0] == "call"))
        return list(found)

    def _shaken(self, best: Tried, random_: random.Random) -> Tried | None:
        """Several arguments changed at once, near the front of their pools."""
        better = None
        for _ in range(min(8, self.budget - len(self.tried))):
            state = dict(best.state)
            for key in self._blamed(best) or list(state):
                pool = self._options.get(key, [])[:8]
                if pool and random_.random() < 0.6:
                    state[key] = random_.choice(pool)
            tried = self._try(state)
            if better is None or tried.score > better.score:
                better = tried
        return better if better is not None and better.score >= best.score else None

    def _widened(self, best: Tried) -> Tried:
        """Optional arguments set one after the other where that runs more of the wanted lines."""
        wanted = len(self.lines & self._own) or len(self.lines)
        most = min(self.budget + 40, len(self.tried) + 40)
        for key, options in self._options.items():
            for option in options[:6] if options[0].kind == OMIT or key[0] == "call" else options[:2]:
                if best.score[1] >= wanted or len(self.tried) >= most:
                    return best
                tried = self._try({**best.state, key: option})
                if tried.done and tried.score[1] > best.score[1]:
                    best = tried
        return best


def _alternating(lists: list[list[tuple[Key, Option]]]) -> Iterator[tuple[Key, Option]]:
    for row in itertools.zip_longest(*lists):
        yield from (item for item in row if item is not None)
