"""Which functions of a project call a wanted one, by name: what may be called in its stead."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from codeopt.source import parse_file
from codeopt.target import module_of
from codeopt.workload.guess.job import Caller

_MOST_FILES = 600
_MOST = 6
_MOST_KIN = 8
_SELF_CALLED = {"__init__", "forward", "__call__", "__new__"}
_ENTRIES = (
    "fit",
    "forward",
    "__call__",
    "fit_transform",
    "transform",
    "predict",
    "fit_resample",
    "run",
)


@dataclass(frozen=True, slots=True)
class Calls:
    """Bare name -> functions that call or name it; class (by bare name) -> its methods, and classes made
    from it."""

    by_name: dict[str, tuple[Caller, ...]]
    methods: dict[str, tuple[str, ...]]
    made_from: dict[str, tuple[Caller, ...]]


def read_calls(files: Iterable[Path]) -> Calls:
    """The call graph of a project's files by bare names; files that cannot be parsed are left out."""
    found: defaultdict[str, dict[Caller, None]] = defaultdict(dict)
    methods: defaultdict[str, list[str]] = defaultdict(list)
    made_from: defaultdict[str, list[Caller]] = defaultdict(list)
    for number, file in enumerate(files):
        if number >= _MOST_FILES:
            break
        try:
            tree = parse_file(file)
        except (OSError, SyntaxError, ValueError):
            continue
        _, module = module_of(file)
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    made_from[ast.unparse(base).rpartition(".")[2]].append(Caller(module, node.name))
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        methods[node.name].append(inner.name)
                        _note(found, inner, Caller(module, f"{node.name}.{inner.name}"))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                _note(found, node, Caller(module, node.name))
    return Calls(
        {name: tuple(callers) for name, callers in found.items()},
        {k: tuple(v) for k, v in methods.items()},
        {k: tuple(v) for k, v in made_from.items()},
    )


def _note(found: defaultdict[str, dict[Caller, None]], function: ast.AST, caller: Caller) -> None:
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            found[node.attr][caller] = None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found[node.id][caller] = None


def callers_of(calls: Calls, module: str, qualname: str) -> tuple[Caller, ...]:
    """Functions that lead to a wanted one, the nearest and plainest first."""
    found: dict[Caller, int] = {}
    frontier = [Caller(module, qualname)]
    for depth in range(3):
        fresh: list[Caller] = []
        for wanted in frontier:
            for caller in _steps(calls, wanted):
                if caller not in found and caller.qualname != qualname:
                    found[caller] = depth
                    fresh.append(caller)
        frontier = sorted(fresh, key=lambda c: _order(c, found[c], module, qualname))[:8]
    ranked = sorted(found, key=lambda c: _order(c, found[c], module, qualname))
    return tuple(ranked[:_MOST])


def kin_of(calls: Calls, module: str, qualname: str) -> tuple[str, ...]:
    """Other modules with classes made from that of a method, directly or not, the nearest first."""
    found: dict[Caller, None] = {}
    frontier = [qualname.rpartition(".")[0]]
    while frontier and len(found) < _MOST_KIN:
        made = [caller for name in frontier for caller in calls.made_from.get(name, ())]
        frontier = [caller.qualname for caller in made if caller not in found]
        found.update(dict.fromkeys(made))
    modules = dict.fromkeys(caller.module for caller in found if caller.module != module)
    return tuple(modules)[:_MOST_KIN]


def _steps(calls: Calls, wanted: Caller) -> Iterable[Caller]:
    owner, _, name = wanted.qualname.rpartition(".")
    if name in _SELF_CALLED:
        # Whoever makes an object of the class goes on to call it.
        yield from _entries(calls, Caller(wanted.module, f"{owner}.{name}"))
        for caller in calls.by_name.get(owner, ()):
            yield caller
            yield from _entries(calls, caller)
        return
    yield from calls.by_name.get(name, ())
    if owner:
        yield from _entries(calls, wanted)


def _entries(calls: Calls, caller: Caller) -> Iterable[Caller]:
    owner = caller.qualname.rpartition(".")[0]
    methods = calls.methods.get(owner, ())
    for name in _ENTRIES:
        if owner and name in methods:
            yield Caller(caller.module, f"{owner}.{name}")


def _order(caller: Caller, depth: int, module: str, qualname: str) -> tuple[bool, bool, int, bool, str, str]:
    owner, _, name = caller.qualname.rpartition(".")
    private = name.startswith("_") and name not in _SELF_CALLED
    return (
        "test" in caller.module.rpartition(".")[2],
        private,
        depth,
        caller.module != module or bool(owner and owner != qualname.rpartition(".")[0]),
        caller.module,
        caller.qualname,
    )
