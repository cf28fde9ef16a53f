"""The first code of a run's own interpreter: it becomes the user's command, and looks at what is left.

Nothing is imported beforehand that would show: not NumPy, not the comparator. Those come after
the command's main module has ended and the meter has stopped.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import gc
import importlib.util
import os
import pickle
import sys
import tempfile
import threading
import traceback
import types
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from codeopt.run.command import Command
from codeopt.run.order import MEASURED, PROFILE, RECORD, TRACED, Inside, real_name
from codeopt.run.seeding import seed_run
from codeopt.sandbox.audit import refuse_outside
from codeopt.sandbox.world import put_overlay
from codeopt.source import NOTEBOOK, Problem, read_source

RETURNED = "__codeopt_returned__"
_PROCESSES = 64
_NO_NETWORK = ("gaierror", "ConnectionError", "URLError", "MaxRetryError", "NewConnectionError")


def main(file: str) -> int:
    """Be the interpreter of a fresh run, which `file` orders; returns the exit status."""
    inside: Inside = pickle.loads(Path(file).read_bytes())
    refuse_outside(inside.order.rung, os.path.dirname(os.path.dirname(inside.copy)), _PROCESSES)
    module = types.ModuleType("__main__")
    # The module's own names must outlive its code, for what runs at exit.
    sys.modules["codeopt.run.main"] = sys.modules["__main__"]
    return run(inside, module)


def be_forked(inside: Inside, environment: dict[str, str], out: str, err: str) -> int:
    """Be the process of a run that was forked; returns the exit status, with nothing left to do at exit."""
    for number, path in ((0, os.devnull), (1, out), (2, err)):
        opened = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = environment["TMPDIR"]
    os.chdir(environment["PWD"])
    _forget(inside)
    module = types.ModuleType("__main__")
    status = run(inside, module)
    atexit._run_exitfuncs()
    # Files that the command left open are written when nobody holds them any more.
    vars(module).clear()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def _forget(inside: Inside) -> None:
    """Drop the project's modules that a library had imported in the process forked from."""
    order = inside.order
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    tops = {
        name.partition(".")[0]
        for name, file in files.items()
        if isinstance(file, str) and (file in order.watched or _in_copy(file, inside) != file)
    }
    for name in files:
        if name.partition(".")[0] in tops - {"codeopt"}:
            del sys.modules[name]


def run(inside: Inside, module: types.ModuleType) -> int:
    """Run the command as `module`, and write down what is left; returns the exit status."""
    order = inside.order
    first_path = list(sys.path)
    sys.path[:] = [_in_copy(entry, inside) for entry in sys.path]
    put_overlay(order.texts)
    warnings.formatwarning = _without_place
    seed_run(order.seed)
    sys.modules["__main__"] = module
    record: dict[str, Any] = {}
    status = 1
    with _looking(inside, record):
        try:
            code = _load(order.command, order.seed, inside, module)
            exec(code, module.__dict__)
            status = 0
        except SystemExit as leaving:
            status = _status(leaving)
        except BaseException as error:  # noqa: BLE001 - the command may raise anything
            record["raised"] = (type(error).__name__, str(error), _where(error, inside), _hint(error))
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
    sys.path[:] = first_path
    record["resident"] = _resident()
    _write_record(module, record, os.path.join(inside.aside, RECORD))
    return status


def _in_copy(entry: str, inside: Inside) -> str:
    """An entry of the path below the project's root as its place in the copy; an environment there
    is none of the project's."""
    root = inside.order.root
    real = os.path.realpath(entry) if entry else entry
    if (real != root and not real.startswith(root + os.sep)) or "site-packages" in real:
        return entry
    return inside.copy + real[len(root) :]


def _load(command: Command, seed: int, inside: Inside, module: types.ModuleType) -> types.CodeType:
    """The code of the command, with `module` and the process dressed as its main module."""
    names = module.__dict__
    if command.kind == "code":
        sys.argv[:] = ["-c", *command.seeded(seed)]
        sys.path.insert(0, "")
        return _compiled(command.name, "<string>")
    if command.kind == "script":
        path = _in_copy(command.name, inside)
        sys.path.insert(0, os.path.dirname(path))
    else:
        sys.path.insert(0, os.getcwd())
        spec = _spec_of(command.name)
        path = str(spec.origin)
        names.update(__spec__=spec, __package__=spec.parent, __loader__=spec.loader)
    sys.argv[:] = [path, *command.seeded(seed)]
    names["__file__"] = path
    text = inside.order.texts.get(real_name(path, inside.order.root, inside.copy))
    if path.endswith(NOTEBOOK):
        return _of_notebook(path, text)
    return _compiled(Path(path).read_bytes() if text is None else text, path)


def _of_notebook(path: str, text: str | None) -> types.CodeType:
    from codeopt.notebook_runner import main_code

    source = read_source(Path(path), path)
    if isinstance(source, Problem):
        raise SyntaxError(source.message, (path, source.line, 1, ""))
    return main_code(source if text is None else replace(source, text=text))


def _spec_of(name: str) -> Any:
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(f"{name}.__main__")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {name!r} that can be run")
    return spec


def _compiled(text: str | bytes, file: str) -> types.CodeType:
    """The code, with what a last call (`main()`) returns kept under a name."""
    tree = ast.parse(text, file)
    body = tree.body
    while body and isinstance(body[-1], ast.If) and not body[-1].orelse:
        body = body[-1].body
    last = body[-1] if body else None
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        target = ast.Name(RETURNED, ast.Store())
        body[-1] = ast.copy_location(ast.Assign([target], last.value), last)
    return compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)


@contextlib.contextmanager
def _looking(inside: Inside, record: dict[str, Any]) -> Iterator[None]:
    mode = inside.order.mode
    if mode == MEASURED:
        import memray

        destination = memray.FileDestination(os.path.join(inside.aside, PROFILE), overwrite=True)
        with memray.Tracker(destination=destination, file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS):
            yield
    elif mode == TRACED:
        from codeopt.workload.lines import LineTracer

        order = inside.order
        tracer = LineTracer(lambda file: real_name(file, order.root, inside.copy) in order.watched)
        threading.settrace(tracer.enter)
        sys.settrace(tracer.enter)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)
        for kind, found in (("lines", tracer.lines), ("arcs", tracer.arcs)):
            record[kind] = {
                real_name(file, order.root, inside.copy): frozenset(values) for file, values in found.items()
            }
    else:
        yield


def _status(leaving: SystemExit) -> int:
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code & 0xFF
    sys.stderr.write(f"{leaving.code}\n")
    return 1


def _without_place(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """A warning without file and line, which a rewrite moves."""
    return f"{category.__name__}: {message}\n"


def _where(error: BaseException, inside: Inside) -> str:
    """`FILE:LINE` of the innermost line of the project that the exception passed through."""
    root = inside.order.root
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        real = real_name(frame.filename, root, inside.copy)
        if real.startswith(root + os.sep):
            return f"{real[len(root) + 1 :]}:{frame.lineno}"
    return ""


def _hint(error: BaseException) -> str:
    """What the sandbox has to do with a failure."""
    seen: BaseException | None = error
    while seen is not None:
        names = {base.__name__ for base in type(seen).__mro__}
        if not names.isdisjoint(_NO_NETWORK) or "name resolution" in str(seen):
            return "the sandbox has no network: fetch what the run needs beforehand"
        if isinstance(seen, EOFError) and "reading a line" in str(seen):
            return "standard input is empty in a whole run"
        outside = "outside of the sandbox" in str(seen)
        if isinstance(seen, OSError) and (outside or seen.errno in (1, 13, 30)):
            return "a run may write only below its project's folder, and not to files that are links there"
        seen = seen.__cause__ or seen.__context__
    return ""


def _resident() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _write_record(module: types.ModuleType, record: dict[str, Any], file: str) -> None:
    from codeopt.run.left import record_names

    record["narrow"] = "float32" if "torch" in sys.modules else ""
    record |= record_names(vars(module), RETURNED)
    with open(file + ".part", "wb") as out:
        pickle.dump(record, out, pickle.HIGHEST_PROTOCOL)
    os.replace(file + ".part", file)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
