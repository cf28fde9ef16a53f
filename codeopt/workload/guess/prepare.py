"""Methods that an object needs called on it before the one in question: fitting, building, calibrating."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from codeopt.workload.guess.definitions import definition_of
from codeopt.workload.guess.options import OMIT, Option
from codeopt.workload.guess.search import Search, Tried
from codeopt.workload.guess.spell import FIT, Key, State
from codeopt.workload.guess.subject import NoSubjectError, Subject, subjects
from codeopt.workload.guess.workbench import MOST_SECONDS, Workbench, searching
from codeopt.workload.guess.worker import Outcome

_BUDGET = 60
_MOST_METHODS = 3
_DEEPEST = 3
_ORDER = re.compile(
    r"\bcall(?:ed|ing)?\b|\bfirst\b|\bbefore\b|fitted|not (?:been )?(?:trained|built|set|initiali)"
)
_MISSING = re.compile(r"has no attribute '(\w+)'")
_PUTS = {"append", "extend", "insert", "add", "update", "setdefault"}
_NOTHING = {"None", "[]", "{}", "()", "list()", "dict()"}
_FITS = re.compile(
    r"(partial_)?fit(_\w+)?|train|update|build(_\w+)?|setup|initiali[sz]e|calibrate|(prepare|set|add|load)_\w+"
)

_FILLS = re.compile(
    r"(add|append|insert|push|put|register|store|record|set|fit|load|build)(_\w+)?|extend|update"
)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """How an object was made and made ready: the constructor's arguments, and the calls on it in one line."""

    init: dict[Key, Option]
    calls: Option


def prepared_run(bench: Workbench, search: Search, depth: int = 1) -> Tried | None:
    """What a search finds, at once or once the object is made ready."""
    best = search.run()
    if best is None or best.done or search.subject.form.shape != "method" or depth > _DEEPEST:
        return best
    for prepared in _preparations(bench, search.subject, best.outcome, depth):
        search.begin_with(prepared.init, prepared.calls)
        best = search.run()
        if best is None or best.done:
            break
    return best


def _preparations(bench: Workbench, subject: Subject, outcome: Outcome, depth: int) -> Iterator[_Prepared]:
    """Ways to make the object of a method ready, where an exception or an early return asks for it."""
    owner = subject.owner
    if owner is None:
        return
    own = subject.qualname.rpartition(".")[2]
    names = [name for name in _methods(subject, owner, outcome) if name != own]
    for name in names[:_MOST_METHODS]:
        found = _performed(bench, owner, name, depth)
        if found is not None:
            yield found


def _methods(subject: Subject, owner: type, outcome: Outcome) -> list[str]:
    """Public methods that the message asks for, or that set what it misses, the likeliest first.

    Where a call returned too early, those that put something into the object.
    """
    message = outcome.message
    functions = inspect.getmembers_static(owner, inspect.isfunction)
    public = [name for name, _ in functions if name[0] != "_" or name == "__call__"]
    if not outcome.error:
        return [n for n in public if _FILLS.fullmatch(n)]
    if _ORDER.search(message):
        told = [n for n in re.findall(r"\w+", message) if n in public]
        fitting = [name for name in public if _FITS.fullmatch(name)]
        # An object that has to be called before is called.
        return list(dict.fromkeys([*told, *fitting, *(n for n in public if n in ("forward", "__call__"))]))
    missing = _MISSING.search(message)
    names = {missing[1]} if missing else set()
    if outcome.error == "KeyError":
        names.add(message.strip("'\""))
    names |= set(_blamed_fields(subject, outcome)) & _unset(owner)
    setting = [n for n in public if names & _set_by(owner, n, public)] if names else []
    return sorted(setting, key=lambda n: not _FITS.fullmatch(n))


def _blamed_fields(subject: Subject, outcome: Outcome) -> Iterator[str]:
    """Attributes of the object in the line that failed."""
    for frame in outcome.frames[-1:]:
        held = subject.blames.get((frame.file, frame.line), {})
        yield from (name[5:] for name in (*frame.names, *held) if name.startswith("self."))


def _unset(owner: type) -> set[str]:
    """Attributes that are there from the start, and nothing until a method sets them."""
    found: set[str] = set()
    waiting, seen = ["__init__"], {"__init__"}
    while waiting:
        name = waiting.pop()
        for base in owner.__mro__[:-1]:
            code = getattr(vars(base).get(name), "__code__", None)
            node = definition_of(code) if code is not None else None
            for part in ast.walk(node) if node is not None else ():
                if isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None:
                    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                    if ast.unparse(part.value) in _NOTHING:
                        found |= {target.attr for target in targets if isinstance(target, ast.Attribute)}
                elif isinstance(part, ast.Call) and ast.unparse(part.func).startswith("self."):
                    called = ast.unparse(part.func)[5:]
                    waiting += [called] if called not in seen else []
                    seen.add(called)
    return found


def _set_by(owner: type, name: str, public: list[str]) -> set[str]:
    """Attributes and keys that a method sets, or a private one that it calls."""
    found: set[str] = set()
    waiting, seen = [name], set(public) - {name}
    while waiting:
        method = waiting.pop()
        seen.add(method)
        code = getattr(inspect.getattr_static(owner, method, None), "__code__", None)
        node = definition_of(code) if code is not None else None
        for part in ast.walk(node) if node is not None else ():
            if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store):
                found |= _constants([part.slice])
            if isinstance(part, ast.Dict):
                found |= _constants(part.keys)
            if (
                isinstance(part, ast.Attribute)
                and part.attr in _PUTS
                and isinstance(part.value, ast.Attribute)
            ):
                found.add(part.value.attr)
            if (
                isinstance(part, ast.Attribute)
                and isinstance(part.value, ast.Name)
                and part.value.id == "self"
            ):
                if isinstance(part.ctx, ast.Store):
                    found.add(part.attr)
                elif part.attr not in seen and hasattr(owner, part.attr):
                    waiting.append(part.attr)
    return found


def _constants(nodes: Iterable[ast.expr | None]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _performed(bench: Workbench, owner: type, name: str, depth: int) -> _Prepared | None:
    """A call of a method that returns, with all that goes before it."""
    module = sys.modules[owner.__module__]
    try:
        ways = subjects(module, f"{owner.__qualname__}.{name}", as_methods=True)
        subject = next(way for way in ways if way.owner is owner)
    except (NoSubjectError, StopIteration):
        return None
    if subject.form.shape != "method":
        return None
    with searching(bench, module, subject, _BUDGET, deadline=MOST_SECONDS) as search:
        best = prepared_run(bench, search, depth + 1)
    if best is None or not best.done:
        return None
    fit = best.state.get(FIT)
    before = fit.text if fit is not None else ""
    init = {key: option for key, option in best.state.items() if key[0] == "init"}
    return _Prepared(init, _calls(subject, best, name, before))


def _calls(subject: Subject, best: Tried, name: str, before: str) -> Option:
    call = {key: option for key, option in best.state.items() if key[0] == "call" and option.kind != OMIT}
    needs = tuple(need for option in call.values() for need in option.needs)
    lines = [line for option in call.values() for line in option.setup]
    text = f"instance.{name}({_arguments(subject, best.state)})"
    return Option("; ".join([*([before] if before else []), *lines, text]), "fit", needs=needs)


def _arguments(subject: Subject, state: State) -> str:
    """The arguments of a method's call as source text, in place."""
    found: list[str] = []
    positional = True
    for parameter in subject.form.call:
        option = state["call", parameter.name]
        positional = positional and not parameter.keyword_only
        if option.kind == OMIT:
            positional = positional and parameter.star == "**"
        elif parameter.star:
            found += [f"{parameter.star}{option.text}"] if positional or parameter.star == "**" else []
        else:
            found.append(option.text if positional else f"{parameter.name}={option.text}")
    return ", ".join(found)
