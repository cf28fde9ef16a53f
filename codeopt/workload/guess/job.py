"""The sandbox job that guesses a workload for one function."""

from __future__ import annotations

import contextlib
import itertools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from codeopt.sandbox.world import find_notebooks
from codeopt.target import Target
from codeopt.workload.guess.call_sites import calls_in
from codeopt.workload.guess.prepare import prepared_run
from codeopt.workload.guess.search import Search, Tried
from codeopt.workload.guess.shown import Shown, caught_call, shown_call
from codeopt.workload.guess.spell import joined, spell
from codeopt.workload.guess.subject import (
    NoSubjectError,
    Subject,
    import_module,
    subjects,
)
from codeopt.workload.guess.trivial import too_little
from codeopt.workload.guess.workbench import MOST_SECONDS, Workbench, searching
from codeopt.workload.guess.worker import Worker
from codeopt.workload.interpreted import interpret_all
from codeopt.workload.scaling import scaled_rows

_MOST_VARIANTS = 8
_SEEDS = 3
_SHORT = 60
_MOST_OTHERS = 20
"""Calls that are looked at in place of one that exercises nothing."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A function of the project that calls a wanted one, perhaps on the way to others."""

    module: str
    qualname: str


@dataclass(frozen=True, slots=True)
class Request:
    """What to guess: the target without a workload, the lines of its sites, and who else calls it.

    `name` is the path that the workload file gives for the target's file; `kin` are modules whose classes
    are made from the method's; `direct` is off where the function's own arguments have been tried before.
    `again` says that the function's own arguments have been searched for, and its callers' are next.
    `calls_made` is the file with the project's calls, if there is one.
    """

    target: Target
    name: str
    lines: frozenset[int]
    seed: int
    budget: int
    callers: tuple[Caller, ...] = ()
    kin: tuple[str, ...] = ()
    direct: bool = True
    again: bool = False
    calls_made: Path | None = None


@dataclass(frozen=True, slots=True)
class Guess:
    """A workload file for `qualname` of `module`, or the reason why there is none.

    `lines` are the project's lines that a call at a small scale runs, by file; `trials` were made.
    """

    text: str
    module: str
    qualname: str
    lines: dict[str, frozenset[int]]
    trials: int
    reason: str = ""


def guess_job(request: Request) -> Guess:
    """Job: find a workload that runs the wanted lines; the function's own arguments first, then callers."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 3000))
    bench = Workbench(request.target.owns, request.seed, calls_in(request.calls_made))
    target = request.target
    find_notebooks()
    interpret_all()
    for name in (target.module, *request.kin):
        with contextlib.suppress(NoSubjectError):
            import_module(target.root, name)
    ways = list(_loaded(bench, request))
    if request.again:
        found = _caught(bench, request)
        if found is not None:
            return found
    shown: Shown | None = None
    for way in ways:
        shown = shown_call(bench, way.as_methods, way.name, target.path, request.lines)
        if shown is not None:
            # Arguments that can be scaled are better; there is something to fall back on.
            ways = [replace(way, budget=min(way.budget, _SHORT))]
            break
    for way in ways:
        for subject in way.subjects:
            found = _guess(bench, request, subject, way)
            if found is not None:
                return _with_shown(found, shown, request)
    if shown is not None:
        way = ways[0]
        return Guess(shown.text, way.module.__name__, shown.qualname, shown.lines, bench.trials)
    reason = bench.reasons[0] if bench.reasons else "nothing calls it"
    return Guess("", target.module, target.qualname, {}, bench.trials, reason)


def _caught(bench: Workbench, request: Request) -> Guess | None:
    """The function's own arguments as what uses it in tests and examples gives them on the way."""
    target = request.target
    try:
        module = import_module(target.root, target.module)
        ways = subjects(module, target.qualname, as_methods=True)
    except Exception:  # noqa: BLE001 - why was told when the function itself was tried
        return None
    name = f"{request.name}::{ways[0].qualname}"
    callers = [caller.qualname for caller in request.callers]
    shown = caught_call(bench, ways, name, target.module, callers, target.path, request.lines)
    return Guess(shown.text, target.module, shown.qualname, shown.lines, bench.trials) if shown else None


def _with_shown(found: Guess, shown: Shown | None, request: Request) -> Guess:
    """A guess with the project's own call beside it where that runs lines which the guess does not."""
    path = str(request.target.path)
    if shown is None or shown.qualname != found.qualname:
        return found
    if request.lines & shown.lines.get(path, frozenset()) <= found.lines.get(path, frozenset()):
        return found
    lines = {
        file: found.lines.get(file, frozenset()) | shown.lines.get(file, frozenset())
        for file in {*found.lines, *shown.lines}
    }
    return replace(found, text=joined([found.text, shown.text]), lines=lines)


@dataclass(frozen=True)
class _Way:
    """A function to call, as `subjects`, and the trials that it may take; `name` is the target's.

    `as_methods` are the same where what an object does when it is called is a method like others.
    """

    module: ModuleType
    name: str
    subjects: list[Subject]
    as_methods: list[Subject]
    budget: int


def _loaded(bench: Workbench, request: Request) -> Iterator[_Way]:
    for home, qualname, budget in _ways(request):
        try:
            module = import_module(request.target.root, home)
            found, methods = subjects(module, qualname), subjects(module, qualname, as_methods=True)
        except NoSubjectError as error:
            bench.reasons.append(str(error))
            continue
        except Exception as error:  # noqa: BLE001 - a module or class may answer any question so
            bench.reasons.append(f"it cannot be looked at: {type(error).__name__}: {error}"[:200])
            continue
        name = f"{_file_name(request, module)}::{methods[0].qualname}"
        yield _Way(module, name, found, methods, budget)


def _ways(request: Request) -> Iterator[tuple[str, str, int]]:
    """Modules and names to call, with the trials that each may take."""
    target = request.target
    if request.direct:
        yield target.module, target.qualname, request.budget
    owner = _owner(target)
    seen = {(target.module, target.qualname)}
    for caller in request.callers:
        name = caller.qualname.rpartition(".")[2]
        inherited = owner is not None and "." in caller.qualname and hasattr(owner, name)
        place = (caller.module, caller.qualname)
        if inherited:
            place = (target.module, f"{target.qualname.rpartition('.')[0]}.{name}")
        if place not in seen:
            seen.add(place)
            yield *place, max(30, request.budget // 3)


def _owner(target: Target) -> type | None:
    module = sys.modules.get(target.module)
    found: object = module
    for part in target.qualname.split(".")[:-1]:
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


def _guess(bench: Workbench, request: Request, subject: Subject, way: _Way) -> Guess | None:
    module = way.module
    name = f"{_file_name(request, module)}::{subject.qualname}"
    with searching(
        bench,
        module,
        subject,
        way.budget,
        target=name,
        file=str(request.target.path),
        lines=request.lines,
        deadline=MOST_SECONDS,
    ) as search:
        best = prepared_run(bench, search)
        if best is not None and best.done:
            why = _trivial(subject, search, best, request)
            for other in itertools.islice(search.others(best), _MOST_OTHERS) if why else ():
                if not _trivial(subject, search, other, request):
                    best, why = other, ""
                    break
            if not why:
                return _finished(bench, subject, search, best, name, module)
            bench.reasons.append(why)
        else:
            bench.reasons.append(_told(best))
    return None


def _told(best: Tried | None) -> str:
    if best is None:
        return "no arguments could be tried"
    if best.score[0]:
        return "the calls that were found return before the lines of its sites"
    message = " ".join(best.outcome.message.split())[:200]
    return f"no arguments were found: the nearest try raised {best.outcome.error}: {message}"


def _file_name(request: Request, module: ModuleType) -> str:
    """The file that holds the target: as the request names it, or beside that for a caller's."""
    if module.__name__ == request.target.module or not module.__file__:
        return request.name
    path = Path(module.__file__)
    base = request.target.path
    named = Path(request.name)
    for _ in named.parts:
        base = base.parent
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)


def _trivial(subject: Subject, search: Search, best: Tried, request: Request) -> str:
    """Why a call that runs exercises nothing, or an empty text."""
    little = too_little(subject, [best.outcome, *(variant.outcome for variant in search.variants)])
    return little or _without_effect(search, best, request.seed)


def _without_effect(search: Search, best: Tried, seed: int) -> str:
    worker, text = search.worker, best.spelled.text
    plain = worker.trial(text, seed, effect=True)
    if plain.error:
        return f"a second call raised {plain.error}"
    if not plain.effect:
        return "the calls that were found return nothing and change nothing"
    others = [
        worker.trial(text, seed + 1, effect=True),
        worker.trial(text, seed, 1.75, effect=True),
    ]
    same = all(other.effect == plain.effect for other in others if not other.error)
    if same and best.state and not search.depends(best, plain.effect):
        return "the result is the same for all inputs"
    return ""


def _finished(
    bench: Workbench, subject: Subject, search: Search, best: Tried, name: str, module: ModuleType
) -> Guess:
    lines = {file: set(found) for file, found in best.outcome.lines.items()}
    texts = [_sized(subject, search, best, name, bench.seed)]
    covered = set(search.hits(best))
    for variant in search.variants:
        if len(texts) == _MOST_VARIANTS or bench.clock.now() > MOST_SECONDS:
            break
        if search.hits(variant) <= covered or not _has_effect(search.worker, variant, bench.seed):
            continue
        covered |= search.hits(variant)
        texts.append(_sized(subject, search, variant, name, bench.seed))
        for file, found in variant.outcome.lines.items():
            lines.setdefault(file, set()).update(found)
    frozen = {file: frozenset(found) for file, found in lines.items()}
    trials = bench.trials + search.worker.trials
    return Guess(joined(texts), module.__name__, subject.qualname, frozen, trials)


def _has_effect(worker: Worker, tried: Tried, seed: int) -> bool:
    outcome = worker.trial(tried.spelled.text, seed, effect=True)
    return not outcome.error and bool(outcome.effect)


def _sized(subject: Subject, search: Search, tried: Tried, name: str, seed: int) -> str:
    """The text with the fewest rows that still run the lines, and with those that make the peak stand out."""
    worker = search.worker
    floor = rows = tried.rows
    for least in (8, 4, 2, 1):
        small = spell(subject.form, tried.state, name, least, least).text
        first, *others = [worker.trial(small, seed + more) for more in range(_SEEDS)]
        same = first.lines.get(search.file, frozenset()) & search.lines == search.hits(tried)
        if not same or any(outcome.error for outcome in (first, *others)):
            break
        floor = least

    def text(n: int) -> str:
        note = f"Guessed: arguments by which {subject.qualname} was seen to run."
        return spell(subject.form, tried.state, name, n, floor, note).text

    if any(re.search(r"\bn\b", option.text) for option in tried.state.values()):
        rows = scaled_rows(subject.function, text, seed, rows)
    return text(rows)
