"""Loading a target inside a sandbox child, with a candidate's text in its module's place.

Every importer sees the candidate: an import hook serves the overlay for the files in it.
Runs only in processes that the sandbox started.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from codeopt.errors import WorkloadError
from codeopt.source import NOTEBOOK, python_of
from codeopt.target import Target, module_of
from codeopt.workload.call import Call, Declared, take_declared

Overlay = Mapping[str, str]
"""Absolute file name -> the whole new text that takes its place."""


class _OverlayLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> Any:
        return compile(self._text, self.path, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str:
        return self._text


class _NotebookLoader(_OverlayLoader):
    def exec_module(self, module: ModuleType) -> None:
        from codeopt.sandbox.notebook_module import load_definitions

        load_definitions(module.__dict__, self._text, self.path)


class _NotebookFinder(importlib.abc.MetaPathFinder):
    """Notebooks on the path, by the names that `module_of` gives them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if path is not None or not fullname.endswith(NOTEBOOK.replace(".", "_")):
            return None
        files = (file for folder in sys.path for file in Path(folder).glob(f"*{NOTEBOOK}"))
        found = next((file.resolve() for file in files if module_of(file)[1] == fullname), None)
        if found is None:
            return None
        return _spec(fullname, str(found), python_of(found), None)


def _spec(name: str, file: str, text: str, inside: list[str] | None) -> importlib.machinery.ModuleSpec | None:
    """The spec of a module with a text in the place of what its file holds."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    loader = (_NotebookLoader if file.endswith(NOTEBOOK) else _OverlayLoader)(name, file, text)
    return importlib.util.spec_from_file_location(
        name, file, loader=loader, submodule_search_locations=inside
    )


class _OverlayFinder(importlib.abc.MetaPathFinder):
    def __init__(self, overlay: Overlay) -> None:
        self._overlay = {str(Path(p).resolve()): text for p, text in overlay.items()}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = self._found_by_others(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        text = self._overlay.get(str(Path(spec.origin).resolve()))
        if text is None:
            return None
        return _spec(fullname, spec.origin, text, spec.submodule_search_locations)

    def _found_by_others(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> importlib.machinery.ModuleSpec | None:
        """What would be imported without this finder; editable installs have finders of their own."""
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(fullname, path, target) if find is not None and finder is not self else None
            if spec is not None:
                found: importlib.machinery.ModuleSpec = spec
                return found
        return None


@dataclass(frozen=True)
class World:
    """A loaded target with its workload; `project` holds the modules that belong to this world."""

    target: Target
    callable: Callable[..., Any]
    declared: Declared
    project: Mapping[str, ModuleType]

    def build(self, scale: float, seed: int) -> Call:
        """A fresh call from the builder. Raises WorkloadError with file and line."""
        try:
            call = self.declared.builder(scale, seed)
        except Exception as error:
            raise WorkloadError(describe_error(error, self.declared.path, self.declared.line)) from error
        if not isinstance(call, Call):
            where = f"{self.declared.path}:{self.declared.line}"
            raise WorkloadError(f"{where}: the builder returned {type(call).__name__}, not codeopt.Call")
        return call

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Put this world's modules into `sys.modules` for the duration."""
        before = {name: sys.modules.get(name) for name in self.project}
        sys.modules.update(self.project)
        try:
            yield
        finally:
            for name, module in before.items():
                if module is not None:
                    sys.modules[name] = module


def describe_error(error: BaseException, path: str, line: int) -> str:
    """`file:line: Type: message`, the line being the innermost one inside `path`."""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == path and frame.lineno:
            line = frame.lineno
    if isinstance(error, SyntaxError) and error.filename == path and error.lineno:
        line = error.lineno
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{path}:{line}: {type(error).__name__}: {text}"


def load_declared(file: Path) -> list[Declared]:
    """Run a workload file and return what it declares. Raises WorkloadError with file and line."""
    take_declared()
    name = f"codeopt_workloads_{abs(hash(str(file)))}"
    folder = str(file.parent)
    find_notebooks()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        source = file.read_bytes()
        module = ModuleType(name)
        module.__file__ = str(file)
        sys.modules[name] = module
        exec(compile(source, str(file), "exec", dont_inherit=True), module.__dict__)
    except Exception as error:
        raise WorkloadError(describe_error(error, str(file), 1)) from error
    return take_declared()


def resolve(target: Target) -> Callable[..., Any]:
    """What a target calls: its module is imported, its qualified name walked; a property is its getter.

    Raises WorkloadError if it is not there.
    """
    where = f"{target.workload_file}:{target.workload_line}"
    if str(target.root) not in sys.path:
        sys.path.insert(0, str(target.root))
    find_notebooks()
    try:
        found: Any = importlib.import_module(target.module)
    except Exception as error:
        raise WorkloadError(describe_error(error, str(target.path), 1)) from error
    for part in target.qualname.split("."):
        if not hasattr(found, part):
            failures = "; ".join(getattr(found, "__codeopt_failures__", ()))
            why = f" ({failures})" if failures else ""
            raise WorkloadError(f"{where}: no {target.qualname!r} in {target.path}{why}")
        found = getattr(found, part)
    found = getter_of(found)
    if not callable(found):
        raise WorkloadError(f"{where}: {target.qualname!r} in {target.path} is not callable")
    resolved: Callable[..., Any] = found
    return resolved


def getter_of(found: Any) -> Any:
    """The function behind a property of a class, to be called with an object; anything else as it is."""
    if isinstance(found, property):
        return found.fget
    return found.func if isinstance(found, cached_property) else found


def find_notebooks() -> None:
    """Let notebooks be imported from the path from now on."""
    if not any(isinstance(finder, _NotebookFinder) for finder in sys.meta_path):
        sys.meta_path.append(_NotebookFinder())


def put_overlay(overlay: Overlay) -> None:
    """Serve these texts, and none that were served before, to every import that follows."""
    # The finder stays: the target may import more of the project while it runs.
    sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, _OverlayFinder)]
    sys.meta_path.insert(0, _OverlayFinder(overlay))
    importlib.invalidate_caches()


def imported_from(overlay: Overlay) -> bool:
    """Whether a module that is loaded now got its text from the overlay."""
    names = {str(Path(name).resolve()) for name in overlay}
    specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
    return any(
        isinstance(getattr(spec, "loader", None), _OverlayLoader)
        and str(Path(spec.origin).resolve()) in names
        for spec in specs
        if spec is not None and spec.origin is not None
    )


def load_world(target: Target, overlay: Overlay) -> World:
    """Import the target and its workload with `overlay` in place of the files it names.

    Raises WorkloadError when either cannot be imported. May be called again in the same
    process with another overlay: the project's modules are then imported anew.
    """
    for name in _project_modules(target):
        del sys.modules[name]
    below = {} if target.text is None else {str(target.path): target.text}
    put_overlay({**below, **overlay})
    function = resolve(target)
    declared = load_declared(target.workload_file)
    if target.workload_index >= len(declared):
        raise WorkloadError(f"{target.workload_file}: declares other workloads than before")
    project = _project_modules(target)
    return World(target, function, declared[target.workload_index], project)


def _project_modules(target: Target) -> dict[str, ModuleType]:
    """Loaded modules that belong to the target's project, and the workload's own."""
    workload = str(target.workload_file)
    found = {}
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None)
        if isinstance(origin, str) and (origin == workload or target.owns(origin)):
            found[name] = module
    return {name: module for name, module in found.items() if name.partition(".")[0] != "codeopt"}
