"""Finding workload files, and the targets they declare.

The files are the user's code, so they are run in a sandbox child; the parent learns only
plain data from it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codeopt.sandbox.world import load_declared, load_world
from codeopt.source import NOTEBOOK, Problem, python_of
from codeopt.target import Target, module_of

FILE_NAME = "codeopt_workloads.py"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One `@workload` as its file states it; `line` is that of the builder."""

    target: str
    line: int
    has_strategy: bool


def find_workload_files(files: Iterable[Path], roots: Sequence[Path]) -> list[Path]:
    """Every `codeopt_workloads.py` at a root or beside (or above, below a root) the sources."""
    found: dict[Path, None] = {}
    for folder in [*roots, *(f.parent for f in files)]:
        candidate = folder.resolve() / FILE_NAME
        if candidate.is_file():
            found[candidate] = None
    return list(found)


def read_declarations(file: Path) -> list[Declaration]:
    """Job: run a workload file and list what it declares. Raises WorkloadError."""
    return [Declaration(d.target, d.line, d.strategy is not None) for d in load_declared(file)]


def locate(file: Path, index: int, declared: Declaration, roots: Sequence[Path]) -> Target | Problem:
    """The target a declaration names; its path is tried against the roots, then the file's own folder."""
    name, qualname = declared.target.split("::")
    for root in [*roots, file.parent]:
        path = (root / name).resolve()
        if path.is_file():
            folder, module = module_of(path)
            try:
                text = python_of(path) if path.suffix == NOTEBOOK else None
            except OSError as error:
                return Problem(str(path), 1, str(error))
            return Target(
                path=path,
                qualname=qualname,
                module=module,
                root=folder,
                workload_file=file,
                workload_index=index,
                workload_line=declared.line,
                has_strategy=declared.has_strategy,
                text=text,
            )
    return Problem(str(file), declared.line, f"no file {name!r} for the target {declared.target!r}")


def libraries(target: Target) -> tuple[str, ...]:
    """Modules outside the project that the target and its workload import, for the zygote to hold.

    Read from the text, following imports inside the project; what it misses is merely
    imported again by every child.
    """
    wanted: dict[str, None] = {}
    seen: set[Path] = set()
    queue = [target.path, target.workload_file]
    while queue:
        file = queue.pop()
        if file in seen:
            continue
        seen.add(file)
        try:
            tree = ast.parse(target.original() if file == target.path else file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        for module in _imported(tree):
            inside = [f for f in _project_files(module, (target.root, file.parent)) if target.owns(str(f))]
            if inside:
                queue += inside
            elif module.split(".")[0] != "codeopt":
                wanted[module] = None
    return tuple(sorted(wanted))


def _imported(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
        elif isinstance(node, ast.ImportFrom) and node.level:
            names += [node.module] if node.module else [alias.name for alias in node.names]
    return names


def _project_files(module: str, folders: Sequence[Path]) -> list[Path]:
    for folder in folders:
        base = folder.joinpath(*module.split("."))
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                return [file]
    return []


def check_target(target: Target) -> str:
    """Job: import the target, and say nothing if it is there. Raises WorkloadError with file and line."""
    load_world(target, {})
    return ""
