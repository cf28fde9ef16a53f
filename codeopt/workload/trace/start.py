"""Starting to record in an interpreter of the traced command: which modules get probes, and how.

Only the standard library is imported here, for this runs before anything of the user's. The code of a
module in the plan gets one statement at the head of each planned function, `if PROBE: PROBE()`, where
PROBE is a list that is emptied when enough is known. Functions, their signatures and their files
stay what they are, and compiled files on disk are the original's.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

RUNNER = "run_script.py"
SEEN = ".seen"
_COMPILED = ("jit", "njit", "vectorize", "guvectorize", "stencil", "compile", "script", "cython")
"""Decorators that read a function's bytecode, which must stay as it is."""
_files: dict[str, dict[str, int]] = {}


def begin(plan_file: str) -> None:
    """Give the modules that are imported from now on their probes; raises what reading the plan raises."""
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    files: dict[str, dict[str, int]] = plan["files"]
    _files.update(files)
    if _planned_script(files):
        _run_through_runner()
    _reach_codeopt()
    _note(plan["folder"], "")
    tails = {_tail(path) for path in files}
    for path, functions in files.items():
        for qualname, number in functions.items():
            name = probe_name(number)
            setattr(builtins, name, Late(name, number, path, qualname, plan))
    get_code: Callable[[Any, str], CodeType | None] = importlib.machinery.SourceFileLoader.get_code
    compile_source = importlib.machinery.SourceFileLoader.source_to_code
    real: dict[str, str] = {}

    def get_code_with_probes(self: Any, fullname: str) -> CodeType | None:
        code = get_code(self, fullname)
        path = self.path
        if code is None or not isinstance(path, str):
            return code
        if path not in real:
            real[path] = os.path.realpath(path)
            if real[path] in files or _tail(path) in tails:
                _note(plan["folder"], real[path])
        functions = files.get(real[path])
        if functions is None or type(self).source_to_code is not compile_source:
            return code
        try:
            return probed(self.get_data(path), path, functions)
        except Exception as error:  # noqa: BLE001 - a module of the user's must load, recorded or not
            sys.stderr.write(f"codeopt: {path} is not recorded: {type(error).__name__}: {error}\n")
            return code

    importlib.machinery.SourceFileLoader.get_code = get_code_with_probes  # type: ignore[method-assign]


def _tail(path: str) -> str:
    """The last names of a path, by which another copy of a file is told."""
    return os.sep.join(path.split(os.sep)[-2:])


def _note(folder: str, path: str) -> None:
    """Tell the recorder that an interpreter started (an empty path), or that it loads a file."""
    with contextlib.suppress(OSError), open(os.path.join(folder, f"{os.getpid()}{SEEN}"), "a") as file:
        file.write(f"{path}\n")


def _planned_script(files: Mapping[str, Any]) -> str:
    """The path of the script that this interpreter is about to run, if it is in the plan."""
    script = sys.argv[0] if getattr(sys, "argv", None) else ""
    if script in ("", "-c", "-m") or not script.endswith(".py"):
        return ""
    path = os.path.realpath(script)
    return path if path in files else ""


def _run_through_runner() -> None:
    """Start this interpreter again with the runner before the script: no hook sees a script's code."""
    options = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv)]
    runner = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bootstrap", RUNNER)
    os.execv(sys.executable, [sys.orig_argv[0], *options, runner, *sys.argv])


def _reach_codeopt() -> None:
    """Let `codeopt` be imported where the interpreter has another environment than the one that records."""
    if importlib.util.find_spec("codeopt") is not None:
        return
    package = Path(__file__).resolve().parents[2]

    class Finder:
        @staticmethod
        def find_spec(name: str, path: Any = None, target: ModuleType | None = None) -> Any:
            if name != "codeopt":
                return None
            return importlib.util.spec_from_file_location(
                name, package / "__init__.py", submodule_search_locations=[str(package)]
            )

    sys.meta_path.append(Finder())


def probe_name(number: int) -> str:
    """The builtin name that a probe has: a function that was pickled by value finds it anywhere."""
    return f"__codeopt_probe_{number}__"


def probed(source: bytes, path: str, functions: Mapping[str, int]) -> CodeType:
    """The code of a module with a probe in each of the functions, by their numbers in the plan."""
    tree = ast.parse(source)
    _put_probes(tree, functions)
    code: CodeType = compile(tree, path, "exec", dont_inherit=True)
    return code


def put_probes(tree: ast.Module, path: str) -> None:
    """Put probes into the tree of a file that is not imported but run by a runner of ours."""
    _put_probes(tree, _files.get(os.path.realpath(path), {}))


def _put_probes(tree: ast.Module, functions: Mapping[str, int]) -> None:
    for qualname, number in functions.items():
        node = find_function(tree, qualname)
        if node is None or is_compiled(node):
            continue
        name = probe_name(number)
        first = node.body[0]
        skip = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(node.body) > 1
        place = node.body[1] if skip else first
        probe = ast.parse(f"if {name}: {name}()").body[0]
        for inner in ast.walk(probe):
            ast.copy_location(inner, place)
        node.body.insert(1 if skip else 0, probe)


class Late(list[None]):
    """Stands for a probe until the first call: most functions of a plan are never called."""

    def __init__(self, name: str, number: int, path: str, qualname: str, plan: Mapping[str, Any]) -> None:
        super().__init__([None])
        self._make = (name, number, path, qualname, plan)

    def __call__(self) -> None:
        name, number, path, qualname, plan = self._make
        if not self:
            return
        self.clear()
        try:
            from codeopt.workload.trace.probe import Probe

            probe = Probe(number, path, qualname, plan)
        except Exception as error:  # noqa: BLE001 - the user's call goes on, recorded or not
            sys.stderr.write(f"codeopt: {qualname} is not recorded: {type(error).__name__}: {error}\n")
            return
        setattr(builtins, name, probe)
        probe.look(sys._getframe(1))


def find_function(tree: ast.Module, qualname: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The last definition of a function or method in a module, None if there is none."""
    body: list[ast.stmt] = tree.body
    *classes, name = qualname.split(".")
    for part in classes:
        inside = [node for node in flat(body) if isinstance(node, ast.ClassDef) and node.name == part]
        if not inside:
            return None
        body = inside[-1].body
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in flat(body) if isinstance(node, kinds) and node.name == name]
    return found[-1] if found else None


def flat(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body with those of `if`, `try` and `with` in it."""
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        if isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                found += flat(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                found += flat(handler.body)
    return found


def is_compiled(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a decorator compiles the function from its bytecode."""
    for decorator in node.decorator_list:
        for inner in ast.walk(decorator):
            name = inner.id if isinstance(inner, ast.Name) else getattr(inner, "attr", "")
            if name in _COMPILED:
                return True
    return False
