"""What a search for arguments needs around it: objects of the project's classes, found by searches too."""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType

from codeopt.workload.guess.call_sites import CallsMade
from codeopt.workload.guess.classes import class_named, classes_with, concrete, resolve_class
from codeopt.workload.guess.options import Option
from codeopt.workload.guess.pools import Context
from codeopt.workload.guess.reading import Parameter
from codeopt.workload.guess.search import Search
from codeopt.workload.guess.subject import Subject, construction
from codeopt.workload.guess.worker import CpuClock, Worker

TRIAL_SECONDS = 4.0
MOST_SECONDS = 60.0
"""Of CPU, after which no more is tried for a function."""

_DEEPEST = 3
_MOST_KINDS = 3
"""Classes that are tried for the name of one."""


@dataclass
class Workbench:
    """The searches for one function: `within` tells the project's files, `reasons` why some found nothing."""

    within: Callable[[str], bool]
    seed: int
    calls_made: CallsMade = field(default_factory=CallsMade)
    trials: int = 0
    reasons: list[str] = field(default_factory=list)
    made: dict[type, Option | None] = field(default_factory=dict)
    depth: int = 0
    clock: CpuClock = field(default_factory=CpuClock)


@contextlib.contextmanager
def searching(
    bench: Workbench,
    module: ModuleType,
    subject: Subject,
    budget: int,
    *,
    target: str = "",
    file: str = "",
    lines: frozenset[int] = frozenset(),
    deadline: float = float("inf"),
) -> Iterator[Search]:
    """A search for one subject's arguments, whose trials are made while the block lasts."""
    worker = Worker(subject.function, bench.within, TRIAL_SECONDS, bench.clock)
    contexts = {who: context_of(bench, module, subject, who) for who in ("call", "init")}
    name = target or f"x::{subject.qualname}"
    try:
        yield Search(
            subject,
            worker,
            name,
            file,
            lines,
            contexts,
            budget,
            bench.seed,
            deadline,
            sites=bench.calls_made.sites,
        )
    finally:
        bench.trials += worker.trials
        worker.close()


def context_of(bench: Workbench, module: ModuleType, subject: Subject, who: str) -> Context:
    form = subject.form
    source = sys.modules.get(form.module, module) if who == "init" and form.module else module
    parameters = form.call if who == "call" else form.init
    frames = any(
        p.name in ("data", "df", "dataframe", "frame") or "DataFrame" in p.annotation + p.doc
        for p in parameters
    )
    construct = functools.partial(_construct, bench, source)
    alike = functools.partial(_alike, bench)
    return Context(form.torch, frames and not form.torch, construct, alike, form.shape == "object")


def _alike(bench: Workbench, parameter: Parameter) -> Iterator[Option]:
    """Objects of loaded classes of the project that have every unusual attribute the body asks for."""
    wanted = parameter.usage.attributes
    if bench.depth >= _DEEPEST - 1 or bench.clock.now() > MOST_SECONDS * 0.75:
        return
    count = 0
    for owner in classes_with(wanted, parameter.name, bench.within):
        option = _made(bench, owner)
        if option is not None:
            yield option
            count += 1
        if count == 3:
            return


def _construct(bench: Workbench, module: ModuleType, name: str) -> Iterator[Option]:
    """Objects of the class that a name means and of two made from it, by searches of their own."""
    owner = resolve_class(name, module) or class_named(name, bench.within)
    kinds = concrete(owner) if owner is not None else []
    made = (_made(bench, kind) for kind in kinds[:_MOST_KINDS])
    yield from (option for option in made if option is not None)


def _made(bench: Workbench, owner: type) -> Option | None:
    if bench.depth >= _DEEPEST or inspect.isabstract(owner):
        return None
    if owner not in bench.made:
        bench.made[owner] = None
        bench.depth += 1
        try:
            bench.made[owner] = _constructed(bench, owner)
        finally:
            bench.depth -= 1
    return bench.made[owner]


def _constructed(bench: Workbench, owner: type) -> Option | None:
    subject = construction(owner)
    with searching(bench, sys.modules[owner.__module__], subject, 40) as search:
        best = search.run()
    if best is None or not best.done:
        return None
    given = [
        (p, best.state["call", p.name].text) for p in subject.form.call if best.state["call", p.name].text
    ]
    shown = [
        f"**{text}" if p.star else text if p.positional_only else f"{p.name}={text}"
        for p, text in given
        if p.star != "*"
    ]
    needs = [need for option in best.state.values() for need in option.needs]
    line = f"from {owner.__module__} import {owner.__qualname__.partition('.')[0]}"
    return Option(f"{owner.__qualname__}({', '.join(shown)})", "object", needs=(*needs, line))
