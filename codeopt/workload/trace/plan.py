"""What a traced command is asked to record: the functions that hold sites, by file and name."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from codeopt.source import parse_file
from codeopt.workload.trace.start import find_function, is_compiled
from codeopt.workload.wanted import Wanted

_TEST_FILES = ("test_", "conftest")


@dataclass(frozen=True, slots=True)
class Planned:
    """A function to record; `signature` is that of its source when it was planned."""

    wanted: Wanted
    signature: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Functions by their numbers; `left_out` says which cannot be recorded, and why."""

    functions: tuple[Planned, ...]
    left_out: tuple[tuple[Wanted, str], ...]


def make_plan(wanted: Iterable[Wanted]) -> Plan:
    """Plan to record these functions."""
    functions: list[Planned] = []
    left_out: list[tuple[Wanted, str]] = []
    trees: dict[Path, ast.Module | None] = {}
    for one in wanted:
        if one.path not in trees:
            trees[one.path] = parse(one.path)
        tree = trees[one.path]
        node = find_function(tree, one.qualname) if tree is not None else None
        if one.path.name.startswith(_TEST_FILES):
            left_out.append((one, "in files of tests"))
        elif node is None:
            left_out.append((one, "its definition is not found by name"))
        elif is_compiled(node):
            left_out.append((one, "a decorator compiles it"))
        else:
            functions.append(Planned(one, signature_of(node)))
    return Plan(tuple(functions), tuple(left_out))


def write_plan(plan: Plan, file: Path, folder: Path, calls: int) -> None:
    """Write a plan for the interpreters of the command, which leave at most `calls` calls of a
    function each in `folder`."""
    files: dict[str, dict[str, int]] = {}
    for number, planned in enumerate(plan.functions):
        files.setdefault(str(planned.wanted.path), {})[planned.wanted.qualname] = number
    data = {"files": files, "folder": str(folder), "calls": calls}
    file.write_text(json.dumps(data), encoding="utf-8")


def parse(path: Path) -> ast.Module | None:
    """The syntax tree of a file, None if it has none."""
    try:
        return parse_file(path)
    except (OSError, SyntaxError, ValueError):
        return None


def signature_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Names and defaults of the parameters, as text: a recorded call fits while they stay the same."""
    bare = node.args
    names = ast.arguments(
        posonlyargs=[ast.arg(a.arg) for a in bare.posonlyargs],
        args=[ast.arg(a.arg) for a in bare.args],
        vararg=ast.arg(bare.vararg.arg) if bare.vararg else None,
        kwonlyargs=[ast.arg(a.arg) for a in bare.kwonlyargs],
        kw_defaults=bare.kw_defaults,
        kwarg=ast.arg(bare.kwarg.arg) if bare.kwarg else None,
        defaults=bare.defaults,
    )
    return ast.unparse(names)
