"""Which arguments a trial's end speaks of: those to change next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from codeopt.workload.guess.failure import Frame
from codeopt.workload.guess.hints import names_in
from codeopt.workload.guess.options import OMIT
from codeopt.workload.guess.reading import Parameter
from codeopt.workload.guess.spell import FIT, Form, Key, Spelled, State
from codeopt.workload.guess.subject import Subject
from codeopt.workload.guess.worker import TRIAL, Outcome

_UNREADY = r"fitted|has no attribute|NoneType"


@dataclass(frozen=True, slots=True)
class Blame:
    """Arguments to change: `first` those that the message names or the failing expression holds, then all
    that the lines of the traceback rest on."""

    first: tuple[Key, ...]
    rest: tuple[Key, ...] = ()

    @property
    def all(self) -> tuple[Key, ...]:
        """Both, the first ones first."""
        return (*self.first, *self.rest)


def blame(
    subject: Subject,
    parameters: Mapping[Key, Parameter],
    state: State,
    spelled: Spelled,
    outcome: Outcome,
    missed: frozenset[int],
    file: str,
) -> Blame:
    """What to change after a trial; `missed` are lines of `file` that it should have run."""
    if not outcome.error:
        return _sure(parameters, dict.fromkeys(deciding(subject, missed, file)), {})
    named = names_in(outcome.message, {key[1] for key in parameters})
    first = dict.fromkeys(key for key in parameters if key[1] in named)
    if FIT in state and re.search(_UNREADY, outcome.message):
        first[FIT] = None
    rest: dict[Key, None] = {}
    places = _places(subject.form, state)
    inside = False
    for frame in reversed(outcome.frames):
        held = subject.blames.get((frame.file, frame.line), {})
        exact = [*_given(frame, places), *(key for name in frame.names for key in sorted(held.get(name, ())))]
        if frame.file == TRIAL and frame.line in spelled.lines:
            exact.append(spelled.lines[frame.line])
        (rest if inside else first).update(dict.fromkeys(exact))
        inside = inside or bool(exact)
        rest.update(dict.fromkeys(key for keys in held.values() for key in sorted(keys)))
    return _sure(parameters, first, rest)


def _sure(parameters: Mapping[Key, Parameter], first: Mapping[Key, None], rest: Mapping[Key, None]) -> Blame:
    known = [key for key in first if key in parameters or key == FIT]
    more = [key for key in rest if key in parameters and key not in known]
    if not known and not more:
        known = [key for key in parameters if key[0] == "call"]
    return Blame(tuple(known), tuple(more))


def deciding(subject: Subject, missed: frozenset[int], file: str) -> Iterator[Key]:
    """Arguments that decide whether lines run."""
    for line in sorted(missed):
        yield from sorted(subject.guards.get((file, line), ()))


def _places(form: Form, state: State) -> dict[int | str, Key]:
    """Place or name of an argument in the call -> its key."""
    found: dict[int | str, Key] = {}
    place = int(form.shape == "method")
    positional = True
    for parameter in form.call:
        key = ("call", parameter.name)
        found[parameter.name] = key
        positional = positional and state[key].kind != OMIT and not parameter.star
        if positional and not parameter.keyword_only:
            found[place] = key
            place += 1
    return found


def _given(frame: Frame, places: Mapping[int | str, Key]) -> Iterator[Key]:
    yield from (places[place] for place in frame.given if place in places)
