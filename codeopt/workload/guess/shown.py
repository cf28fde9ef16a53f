"""A workload from a passage of the project's own tests, examples or documentation that calls the function."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType

from codeopt.workload.guess.starts import call_names
from codeopt.workload.guess.subject import Subject
from codeopt.workload.guess.trivial import too_little, with_values_changed
from codeopt.workload.guess.workbench import MOST_SECONDS, TRIAL_SECONDS, Workbench
from codeopt.workload.guess.worker import Outcome, Worker
from codeopt.workload.passages.reader import Place, function_at, passage_of, scene_of
from codeopt.workload.passages.text import SKIPPED, caught_text, counting_text, passage_text, smaller

_MOST = 8
"""Passages that are tried."""

_MOST_SCENES = 16
_TOO_LARGE = ("TimeoutError", "MemoryError", "Ended")


@dataclass(frozen=True, slots=True)
class Shown:
    """A workload file for `qualname`, and the project's lines that its call runs, by file."""

    text: str
    qualname: str
    lines: dict[str, frozenset[int]]


def shown_call(
    bench: Workbench, ways: Sequence[Subject], target: str, path: Path, lines: frozenset[int]
) -> Shown | None:
    """The passage that calls a function and whose call runs most of the wanted lines of a file, if any does.

    `ways` are those to call a target, methods of objects among them as such; a passage that brings nothing
    about, or that runs too little of the function's body, is none.
    """
    subject = ways[0] if ways else None
    if subject is None or subject.form.shape in ("backward", "object"):
        return None
    is_method = subject.form.shape == "method"
    made = bench.calls_made
    places = _places(bench, (name for way in ways for name in call_names(way)), path, _MOST)
    passages = (passage_of(place, Path(made.root), made.homes) for place in places)
    texts = (passage_text(found, target, with_owner=is_method) for found in passages if found is not None)
    return _best(bench, subject, (_Candidate(text) for text in texts), path, lines)


def caught_call(
    bench: Workbench, ways: Sequence[Subject], target: str, module: str, callers: Iterable[str],
    path: Path, lines: frozenset[int],
) -> Shown | None:  # fmt: skip
    """The same for a function that no passage calls by name: its first call in passages that use its class,
    or `callers`, the names of functions that lead to it."""
    subject = ways[0] if ways else None
    if subject is None or subject.form.shape == "backward" or not _is_plain(subject):
        return None
    made = bench.calls_made
    seen: dict[str, None] = {}
    users = list(_users(bench, ways, callers))
    wanted = frozenset(name[1:] for name in users if name.startswith("="))
    for place in itertools.islice(_used(bench, users, path), 4 * _MOST_SCENES):
        body = scene_of(place, Path(made.root), made.homes, wanted)
        if body:
            seen.setdefault(body)
        if len(seen) == _MOST_SCENES:
            break
    told = (target, module, subject.qualname)
    candidates = (
        _Candidate(counting_text(body, *told, lines), partial(caught_text, body, *told)) for body in seen
    )
    return _best(bench, subject, candidates, path, lines)


def _is_plain(subject: Subject) -> bool:
    """Whether calls of the function can be seen: what is compiled makes none that Python knows of."""
    function = subject.function
    return isinstance(getattr(function, "__func__", function), FunctionType | type)


def _users(bench: Workbench, ways: Sequence[Subject], callers: Iterable[str]) -> Iterator[str]:
    """Names of what may lead to a function: it and its callers, then their classes, then these' methods."""
    for way in ways:
        yield from call_names(way)
    callers = list(callers)
    classes = [way.owner.__name__ for way in ways if way.owner is not None]
    for name in callers:
        owner, _, last = name.rpartition(".")
        yield name
        if owner:
            yield from (f"{owner}.__call__" for _ in range(last == "forward"))
            classes.append(owner)
    classes += [each.__name__ for way in ways if way.owner is not None for each in _below(way.owner)]
    yield from classes
    yield from (f"={name}" for name in (*classes, *(way.qualname.rpartition(".")[2] for way in ways)))
    known = tuple(f"{name}." for name in classes)
    yield from (name for name in bench.calls_made.places if name.startswith(known))


def _below(owner: type) -> list[type]:
    """Classes that are made from another."""
    near: list[type] = type.__subclasses__(owner)
    for kind in near[:_MOST]:
        near = [*near, *type.__subclasses__(kind)]
    return near[:_MOST]


def _used(bench: Workbench, names: Iterable[str], path: Path) -> Iterator[Place]:
    """Where calls by these names are made; what a fixture or a helper makes is used where that is."""
    waiting = _places(bench, names, path, 4 * _MOST_SCENES)
    seen = set(waiting)
    while waiting:
        place = waiting.pop(0)
        name = function_at(place)
        if name and not name.startswith("test"):
            more = [p for p in _places(bench, (f"@{name}", name), path, _MOST) if p not in seen]
            seen.update(more)
            waiting[:0] = more
            if more:
                continue
        yield place


def _places(bench: Workbench, names: Iterable[str], path: Path, most: int) -> list[Place]:
    """Where calls by these names are made, those in files named after that of the function first."""
    places = bench.calls_made.places
    found = dict.fromkeys(place for name in dict.fromkeys(names) for place in places.get(name, ()))
    stem = (path.parent if path.stem == "__init__" else path).stem.strip("_")
    return sorted(found, key=lambda place: len(stem) < 3 or stem not in Path(place.file).stem)[:most]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A workload file; where `skipping` makes it, `text` is one that tells how many calls to skip."""

    text: str
    skipping: Callable[[int], str] | None = None


def _best(
    bench: Workbench, subject: Subject, candidates: Iterable[_Candidate], path: Path, lines: frozenset[int]
) -> Shown | None:
    """Of some texts, the one whose call runs most of the wanted lines."""
    kind = _holder(subject) if subject.form.shape == "method" else None
    worker = Worker(subject.function, bench.within, TRIAL_SECONDS, bench.clock, kind, patient=True)
    best: Shown | None = None
    most = 0
    is_large = False
    try:
        for candidate in candidates:
            if bench.clock.now() > MOST_SECONDS / 2 or most == len(lines):
                break
            text, outcome = candidate.text, Outcome("TimeoutError")
            for tried in (text, smaller(text))[is_large:]:
                if outcome.error in _TOO_LARGE:
                    outcome, text = worker.trial(tried, bench.seed), tried
                    is_large = is_large or outcome.error in _TOO_LARGE
            if candidate.skipping is not None:
                if outcome.error != SKIPPED or not outcome.message.isdigit():
                    continue
                made = candidate.skipping(int(outcome.message))
                text = made if text == candidate.text else smaller(made)
                outcome = worker.trial(text, bench.seed)
            hits = len(outcome.lines.get(str(path), frozenset()) & lines)
            if outcome.error or hits <= most or too_little(subject, [outcome]):
                continue
            if _matters(worker, text, bench.seed):
                best, most = Shown(text, subject.qualname, outcome.lines), hits
    finally:
        bench.trials += worker.trials
        worker.close()
    return best


def _holder(subject: Subject) -> type | None:
    """The class that the method belongs to: objects of others are not what it is for."""
    name = subject.qualname.rpartition(".")[2]
    owners = subject.owner.__mro__ if subject.owner is not None else ()
    return next((owner for owner in reversed(owners) if name in vars(owner)), None)


def _matters(worker: Worker, text: str, seed: int) -> bool:
    """Whether a call brings something about that depends on the values in its arrays, where it has any."""
    plain = worker.trial(text, seed, effect=True)
    if plain.error or not plain.effect:
        return False
    others = list(with_values_changed(worker, text, seed))
    return not others or any(other.effect != plain.effect for other in others)
