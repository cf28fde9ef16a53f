"""Guided search for arguments by which a function runs: try, read the exception, change what it blames.

A trial is rated by whether it returned, by the wanted lines that ran, by the lines of the function
itself, and by all lines of the project: an exception that comes later is nearer.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from codeopt.workload.guess.blame import Blame, blame, deciding
from codeopt.workload.guess.call_sites import CallSites
from codeopt.workload.guess.choices import choices
from codeopt.workload.guess.definitions import executable_lines
from codeopt.workload.guess.hints import hinted, sizes_asked
from codeopt.workload.guess.options import OMIT, Option, is_at_hand, whole_numbers
from codeopt.workload.guess.pools import (
    FLOATS,
    POSITIVE,
    TENSOR,
    UNIT,
    Context,
)
from codeopt.workload.guess.reading import Parameter
from codeopt.workload.guess.shapes import PLAIN, asked_shapes
from codeopt.workload.guess.spell import FIT, Key, Spelled, State, spell
from codeopt.workload.guess.starts import is_array, starts_of
from codeopt.workload.guess.subject import Subject
from codeopt.workload.guess.trivial import with_values_changed
from codeopt.workload.guess.worker import TRIAL, Outcome, Worker

ROWS = 12
_MOST_SHAKES = 12
_MOST_OTHERS = 6
_SIZES = re.compile(r"size|shape|dimension|[Dd]im\b|channel|multiplied|broadcast|length|match|features")
MANY_ROWS = 60
WIDER = 150
Score = tuple[bool, int, int, int]
_PROFILES = (("n",), ("n", "8"), ("n", "16"), ("n", "n"), ("n", "16", "16"), ("n", "3", "32", "32"), ("n",
             "8", "8"),
             ("8", "8"), ("16", "16"), ("n", "16", "8", "8"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """A state that was tried, its text and what came of it."""

    state: State
    spelled: Spelled
    outcome: Outcome
    score: Score
    rows: int = ROWS

    @property
    def done(self) -> bool:
        """Whether it returned and ran wanted lines."""
        return self.score[0] and self.score[1] > 0


@dataclass
class Search:
    """One search; `lines` are the wanted lines in `file`, `budget` the most trials.

    `deadline` is in seconds on the worker's clock, `sites` are the project's own calls.
    """

    subject: Subject
    worker: Worker
    target: str
    file: str
    lines: frozenset[int]
    contexts: dict[str, Context]
    budget: int
    seed: int
    deadline: float = float("inf")
    rows: int = ROWS
    sites: CallSites = field(default_factory=dict)
    tried: dict[str, Tried] = field(default_factory=dict)
    variants: list[Tried] = field(default_factory=list)

    def __post_init__(self) -> None:
        form = self.subject.form
        self._parameters: dict[Key, Parameter] = {("call", p.name): p for p in form.call}
        self._parameters |= {("init", p.name): p for p in form.init}
        self.starts = starts_of(self.subject, self.sites)
        self._options = choices(self.subject, self._parameters, self.contexts, self.sites, self.starts)
        own = executable_lines(self.subject.code) if self.subject.code else frozenset()
        self._own = own
        self._each = self.budget
        self._seen: set[tuple[str, str]] = set()
        self._broken: set[tuple[Key, str]] = set()

    def run(self) -> Tried | None:
        """The best state that was found, or None if nothing could be tried."""
        best = self._first()
        stuck = 0
        while best is not None and not best.done and self._left():
            better = next((t for t in self._moves(best) if self._accepts(t, best)), None)
            if better is None:
                stuck += 1
                if stuck > _MOST_SHAKES:
                    break
                more = self._with_more_rows(best)
                better = more or self._shaken(best, random.Random(self.seed + stuck))
            best = better if better is not None else best
        best = max(self.tried.values(), key=lambda t: t.score, default=None)
        return self._widened(best) if best is not None and best.done else best

    def _with_more_rows(self, best: Tried) -> Tried | None:
        """The same arguments with more rows, which all further trials have too, where that is nearer."""
        before, self.rows = self.rows, MANY_ROWS
        tried = self._try(best.state) if before != MANY_ROWS else best
        if tried is not best and self._accepts(tried, best):
            return tried
        self.rows = before
        return None

    def _left(self) -> bool:
        return len(self.tried) < self.budget and self.worker.clock.now() < self.deadline

    def _first(self) -> Tried | None:
        start: dict[Key, Option] = {key: options[0] for key, options in self._options.items()}
        best = self._try(start)
        while (key := self._failing(best)) is not None and self._left():
            usable = (o for o in self._options[key] if (key, o.text) not in self._broken and is_at_hand(o))
            option = next(usable, None)
            if option is None:
                break
            start[key] = option
            best = self._try(start)
        for shape in _PROFILES:
            if best.done or not self._left():
                break
            if not self._is_about_arrays(best):
                break
            state = {k: self._profiled(k, o, shape) for k, o in start.items()}
            tried = self._try(state)
            best = tried if tried.score > best.score else best
        whole = self._try({key: whole_numbers(option) for key, option in best.state.items()})
        best = whole if whole.score > best.score else best
        for given in self.starts:
            whole_ones = {k: o for k, o in given.items() if (k, o.text) not in self._broken and is_at_hand(o)}
            known = {key: option for key, option in whole_ones.items() if key in self._options}
            sized = {key: option for key, option in known.items() if not is_array(option)}
            for state in ({**start, **sized}, {**start, **known}):
                if best.done or not self._left():
                    return best
                tried = self._try(state)
                best = tried if tried.score > best.score else best
        return best

    def _is_about_arrays(self, tried: Tried) -> bool:
        shaped = {key for key, option in tried.state.items() if option.is_shaped and key[0] == "call"}
        return bool(shaped & set(self._blame(tried).all))

    def _profiled(self, key: Key, option: Option, shape: tuple[str, ...]) -> Option:
        """An array of real numbers in another shape; whole ones are labels and places, and keep theirs."""
        real = option.maker in (FLOATS, POSITIVE, TENSOR, UNIT)
        return option.shaped(shape) if real and key[0] == "call" else option

    def _try(self, state: State) -> Tried:
        spelled = spell(self.subject.form, state, self.target, self.rows, 1)
        known = self.tried.get(spelled.text)
        if known is None:
            outcome = self.worker.trial(spelled.text, self.seed)
            known = self.tried[spelled.text] = Tried(state, spelled, outcome, self._score(outcome), self.rows)
            key = self._failing(known)
            if key is not None:
                self._broken.add((key, state[key].text))
        return known

    def _failing(self, tried: Tried) -> Key | None:
        """The argument that cannot be made, whatever it is given to, if a trial ended at one."""
        first = tried.outcome.frames[0] if tried.outcome.frames else None
        key = tried.spelled.lines.get(first.line) if first is not None and first.file == TRIAL else None
        return key if key is not None and key != FIT and key in self._options else None

    def _score(self, outcome: Outcome) -> Score:
        here = outcome.lines.get(self.file, frozenset())
        everything = sum(len(found) for found in outcome.lines.values())
        own = self.subject.code.co_filename if self.subject.code else self.file
        body = len(outcome.lines.get(own, frozenset()) & self._own)
        return (
            not outcome.error,
            len(here & self.lines) if self.lines else 1,
            body,
            everything,
        )

    def _accepts(self, tried: Tried, best: Tried) -> bool:
        if tried.score > best.score:
            return True
        what = (tried.outcome.error, re.sub(r"\d+", "#", tried.outcome.message))
        fresh = what not in self._seen
        self._seen.add(what)
        if not fresh or tried is best or tried.score < best.score:
            return False
        # What was right until it was changed is no progress.
        changed = {key for key, option in tried.state.items() if option != best.state.get(key)}
        return not (changed & set(self._blame(tried).first)) - set(self._blame(best).first)

    def _moves(self, best: Tried) -> Iterator[Tried]:
        for state in self._together(best):
            if self._left():
                yield self._try(state)
        for key, option in self._changes(best):
            if not self._left():
                return
            if not is_at_hand(option) or (key, option.text) in self._broken:
                continue
            state = {**best.state, key: option}
            text = spell(self.subject.form, state, self.target, self.rows, 1).text
            if text not in self.tried:
                tried = self._try(state)
                yield tried
                if option.kind == "int":
                    yield from self._fitted(tried)

    def _fitted(self, tried: Tried) -> Iterator[Tried]:
        """After another number, the arrays in the sizes that the message asks for: both change together."""
        message = tried.outcome.message
        if not tried.outcome.error or not _SIZES.search(message):
            return
        for key in self._blame(tried).first:
            option = tried.state[key]
            if option.is_shaped and self._left():
                for shape in itertools.islice(sizes_asked(message, option), 2):
                    yield self._try({**tried.state, key: shape})

    def _together(self, best: Tried) -> Iterator[State]:
        """All arrays in a shape that the message asks for: it seldom says which of them."""
        message = best.outcome.message
        shaped = {k: o for k, o in best.state.items() if o.is_shaped and k[0] == "call"}
        if len(shaped) < 2:
            return
        for kind in dict.fromkeys(option.kind for option in shaped.values()):
            for shape in asked_shapes(message, PLAIN[kind])[:2]:
                yield {**best.state, **{k: o.shaped(shape) for k, o in shaped.items() if o.kind == kind}}

    def _changes(self, best: Tried) -> Iterator[tuple[Key, Option]]:
        found = self._blame(best)
        for key in found.all:
            parameter = self._parameters.get(key)
            if parameter is not None:
                if best.state[key].kind == OMIT:
                    yield from ((key, option) for option in self._options[key][1:4])
                hints = hinted(best.outcome, parameter, best.state[key], self.contexts[key[0]])
                yield from ((key, option) for option in itertools.islice(hints, 12))
        yield from _alternating([[(key, o) for o in self._options[key][:8]] for key in found.first])
        if _SIZES.search(best.outcome.message):
            sized = [key for key in found.first if best.state[key].is_shaped][:2]
            yield from _alternating([[(key, o) for o in _of_other_lengths(best.state[key])] for key in sized])
        yield from _alternating([[(key, o) for o in self._options[key][8:14]] for key in found.first])
        yield from _alternating([[(key, o) for o in self._options[key][:14]] for key in found.rest[:6]])
        others = [key for key in self._options if key not in found.all]
        yield from _alternating([[(key, option) for option in self._options[key][:8]] for key in others])
        for key in found.all:
            yield from ((key, option) for option in self._options[key][14:])

    def _blame(self, tried: Tried) -> Blame:
        missed = self.lines - tried.outcome.lines.get(self.file, frozenset())
        parameters = self._parameters
        return blame(self.subject, parameters, tried.state, tried.spelled, tried.outcome, missed, self.file)

    def _deciding(self, tried: Tried) -> Iterator[Key]:
        """Arguments that decide whether the wanted lines run which have not run."""
        missed = self.lines - tried.outcome.lines.get(self.file, frozenset())
        return (key for key in deciding(self.subject, missed, self.file) if key in self._parameters)

    def _shaken(self, best: Tried, random_: random.Random) -> Tried | None:
        """Several arguments changed at once, near the front of their pools."""
        better = None
        for _ in range(min(8, self.budget - len(self.tried))):
            state = dict(best.state)
            for key in self._blame(best).all or list(state):
                pool = self._options.get(key, [])[:8]
                if pool and random_.random() < 0.6:
                    state[key] = random_.choice(pool)
            tried = self._try(state)
            if better is None or tried.score > better.score:
                better = tried
        return better if better is not None and better.score >= best.score else None

    def _widened(self, best: Tried) -> Tried:
        """More rows, and optional arguments set one after the other, where that runs more wanted lines.

        States that run other wanted lines than the best are kept as its variants.
        """
        wanted = (self.lines & self._own) or self.lines
        most = max(len(self.tried) + 60, WIDER)
        if not wanted <= self.hits(best):
            before, self.rows = self.rows, MANY_ROWS
            tried = self._try(best.state)
            if tried.done and self.hits(tried) > self.hits(best):
                best = tried
            else:
                self.rows = before
        covered = set(self.hits(best))
        for key, option in self._further(best):
            if wanted <= covered or len(self.tried) >= most or self.worker.clock.now() > self.deadline:
                break
            tried = self._try({**best.state, key: option})
            if not tried.done or self.hits(tried) <= covered:
                continue
            covered |= self.hits(tried)
            if self.hits(tried) > self.hits(best):
                best = tried
            else:
                self.variants.append(tried)
        return best

    def _further(self, best: Tried) -> Iterator[tuple[Key, Option]]:
        """Changes that may lead elsewhere: first of what decides whether missed lines run, switches first."""
        deciding = list(dict.fromkeys(self._deciding(best)))
        optional = [
            key for key, pool in self._options.items() if pool[0].kind == OMIT and key not in deciding
        ]
        for keys, words, others in (
            (deciding, 20, 0),
            (optional, 3, 0),
            (deciding, 0, 4),
            (optional, 0, 2),
        ):
            for key in keys:
                fitting = [o for o in self._options[key][:20] if self._fits(key, o)]
                plain = [o for o in fitting if o.kind in ("bool", "str", "shown")]
                yield from ((key, option) for option in plain[:words])
                yield from ((key, option) for option in [o for o in fitting if o not in plain][:others])
        yield from ((key, option) for key in self._options for option in self._options[key][:4])

    def _fits(self, key: Key, option: Option) -> bool:
        """Whether an option is of the kind of the parameter's default, where that tells one."""
        default = self._parameters[key].default if key in self._parameters else None
        kinds: tuple[str, ...] = ()
        if default in ("True", "False"):
            kinds = ("bool",)
        elif default and default[0] in "'\"":
            kinds = ("str", "shown")
        elif default and default[0].isdigit():
            kinds = ("int", "float", "shown")
        return is_at_hand(option) and option.kind != OMIT and (not kinds or option.kind in kinds)

    def begin_with(self, init: Mapping[Key, Option], calls: Option) -> None:
        """Begin the next run with these arguments of the constructor, and these calls on its object."""
        for key, option in {**init, FIT: calls}.items():
            self._options[key] = [option, *(o for o in self._options.get(key, ()) if o.text != option.text)]
        self.budget = len(self.tried) + self._each
        self._seen.clear()

    def others(self, best: Tried) -> Iterator[Tried]:
        """Further calls that return and run wanted lines, each one argument away from the best."""
        states = [{key: whole_numbers(option) for key, option in best.state.items()}]
        for place in range(_MOST_OTHERS):
            rows = [(key, options[place]) for key, options in self._options.items() if place < len(options)]
            states += [{**best.state, key: option} for key, option in rows if is_at_hand(option)]
        for state in states:
            tried = self._try(state)
            if tried.done and tried is not best:
                yield tried

    def hits(self, tried: Tried) -> frozenset[int]:
        """The wanted lines that a trial ran."""
        return tried.outcome.lines.get(self.file, frozenset()) & self.lines

    def depends(self, best: Tried, effect: str) -> bool:
        """Whether other values in the arrays, or some argument other than those found, lead elsewhere."""
        text = best.spelled.text
        if any(other.effect != effect for other in with_values_changed(self.worker, text, self.seed)):
            return True
        for key, options in self._options.items():
            for option in options[:5]:
                if option.text and option.text != best.state[key].text:
                    state = {**best.state, key: option}
                    text = spell(self.subject.form, state, self.target, self.rows, 1).text
                    other = self.worker.trial(text, self.seed, effect=True)
                    if not other.error and other.effect != effect:
                        return True
        return False


def _of_other_lengths(option: Option) -> Iterator[Option]:
    """An array with other lengths of its last axis: some codes take numbers in groups of their own size."""
    for length in (*range(1, 11), 12, 20):
        yield option.shaped((*option.shape[:-1], str(length)))


def _alternating(lists: list[list[tuple[Key, Option]]]) -> Iterator[tuple[Key, Option]]:
    for row in itertools.zip_longest(*lists):
        yield from (item for item in row if item is not None)
