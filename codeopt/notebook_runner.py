"""Running a notebook's cells in order as a script: `python -m codeopt.notebook_runner nb.ipynb`.

Magics do nothing, but for those that time or capture Python, which is run once. What a cell shows is
printed as its `repr`, without addresses, so that two runs can be compared.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import linecache
import os
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from codeopt.plots import close_figures, data_of, drawn_in, open_figures
from codeopt.source import Problem, SourceFile, read_source

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

_SHOW, _AWAIT = "__codeopt_show__", "__codeopt_await__"
_FAILED, _DRAW = "__codeopt_failed__", "__codeopt_draw__"
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}")
_MOST_SHOWN = 16
_SKIPPED, _MAY_FAIL = "skip-execution", "raises-exception"
_AWAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class _Shell:
    """What `get_ipython()` gives: an object of which everything can be called, and nothing happens."""

    config: dict[str, object] = {}

    def getoutput(self, *_: object, **__: object) -> list[str]:
        """The lines that a command printed: none."""
        return []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


def _show(value: object, *more: object, **_: object) -> None:
    for shown in (value, *more):
        if shown is None:
            continue
        try:
            text = repr(shown)
        except Exception as error:  # noqa: BLE001  the value's own code; a notebook goes on without it
            text = f"<{type(shown).__name__} that cannot be shown: {type(error).__name__}>"
        sys.stdout.write(_ADDRESS.sub("0x", text) + "\n")


def _draw() -> None:
    """Show the plots of a cell, and close them, as Jupyter does: each by the numbers and words in it."""
    for figure in open_figures():
        sys.stdout.write("<plot>\n")
        for name, artist in drawn_in(figure):
            data = [value for _, value in data_of(artist, looks=False) if value is not None]
            told = " ".join(_summary(value) for value in data if not isinstance(value, str) or value)
            sys.stdout.write(f"  {name} {type(artist).__name__} {told}".rstrip() + "\n")
    close_figures()


def _summary(value: Any) -> str:
    """A value in a few words; a long array by its size, its extremes and its mean."""
    if isinstance(value, list):
        return " ".join(map(_summary, value[:_MOST_SHOWN]))
    size = getattr(value, "size", 0)
    if not isinstance(size, int) or size <= _MOST_SHOWN or value.dtype.kind not in "fiu":
        return _ADDRESS.sub("0x", " ".join(repr(value).split()))
    return f"[{value.shape} {value.min()} {value.max()} {value.mean()}]"


def _failed() -> None:
    sys.stderr.write(traceback.format_exc())


def stand_in() -> None:
    """Put in place what Jupyter has and Python has not: `get_ipython`, `display`, plots without a screen."""
    shell = _Shell()
    names = vars(builtins)
    names["get_ipython"] = lambda: shell
    names["display"] = names[_SHOW] = _show
    names[_FAILED] = _failed
    names[_DRAW] = _draw
    os.environ.setdefault("MPLBACKEND", "Agg")


def without_futures(tree: ast.Module) -> int:
    """Take the `from __future__` imports out of a tree, where they may stand in any cell; their flags."""
    flags = 0
    for node in list(tree.body):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            tree.body.remove(node)
            features = (getattr(__future__, alias.name, None) for alias in node.names)
            flags |= sum({feature.compiler_flag for feature in features if feature is not None})
    return flags


def compile_cells(source: SourceFile, file: str) -> CodeType:
    """The cells of a notebook, in order, as the code of one module; lines count in the source's text.

    `stand_in` must be called before it is run. Raises SyntaxError for what only the compiler refuses.
    """
    tree = ast.parse(source.text, file)
    flags = without_futures(tree)
    if (recorder := sys.modules.get("_codeopt_trace_start")) is not None:
        recorder.put_probes(tree, file)
    waiting: list[CodeType] = []
    body: list[ast.stmt] = []
    for number, statements in _by_cell(source, tree):
        cell = next(c for c in source.notebook.cells if c.number == number) if source.notebook else None
        tags = cell.tags if cell is not None else frozenset()
        if _SKIPPED in tags:
            continue
        if cell is None or not cell.source.rstrip().endswith(";"):
            _show_last(statements)
        if any(map(_awaits, statements)):
            waiting.append(_compiled(statements, file, flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
            statements = [_call(_AWAIT, ast.Constant(len(waiting) - 1), like=statements[0])]
        if _MAY_FAIL in tags:
            caught = ast.ExceptHandler(_name("Exception"), None, [_call(_FAILED, like=statements[0])])
            statements = [ast.copy_location(ast.Try(statements, [caught], [], []), statements[0])]
        body += [*statements, _call(_DRAW, like=statements[-1])]
    names = vars(builtins)
    loops: list[AbstractEventLoop] = []

    def wait(number: int) -> None:
        import asyncio

        loops.extend([] if loops else [asyncio.new_event_loop()])
        loops[0].run_until_complete(eval(waiting[number], sys._getframe(1).f_globals))

    names[_AWAIT] = wait
    linecache.cache[file] = (len(source.text), None, source.text.splitlines(keepends=True), file)
    return _compiled(body, file, flags)


def _by_cell(source: SourceFile, tree: ast.Module) -> Iterator[tuple[int, list[ast.stmt]]]:
    cells: dict[int, list[ast.stmt]] = {}
    for node in tree.body:
        number = source.layout.place(node.lineno)[0] if source.layout is not None else 0
        cells.setdefault(number, []).append(node)
    yield from cells.items()


def _show_last(statements: list[ast.stmt]) -> None:
    last = statements[-1]
    if isinstance(last, ast.Expr) and ast.unparse(last) != "get_ipython()":
        statements[-1] = _call(_SHOW, last.value, like=last)


def _awaits(node: ast.AST) -> bool:
    """Whether a statement waits outside of any function."""
    if isinstance(node, _AWAITING) or (isinstance(node, ast.comprehension) and node.is_async):
        return True
    return not isinstance(node, _SCOPES) and any(map(_awaits, ast.iter_child_nodes(node)))


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _call(name: str, *given: ast.expr, like: ast.stmt) -> ast.stmt:
    return ast.copy_location(ast.Expr(ast.Call(_name(name), list(given), [])), like)


def _compiled(body: Sequence[ast.stmt], file: str, flags: int) -> CodeType:
    tree = ast.fix_missing_locations(ast.Module(list(body), []))
    code: CodeType = compile(tree, file, "exec", flags=flags, dont_inherit=True)
    return code


def main_code(source: SourceFile) -> CodeType:
    """The code of a notebook, with the process made one that runs it, as Jupyter would: in its own folder.

    The text of the source is run, under the name of its path, which must be absolute.
    """
    stand_in()
    os.chdir(source.path.parent)
    sys.path.insert(0, str(source.path.parent))
    return compile_cells(source, str(source.path))


def run(path: Path, arguments: Sequence[str]) -> int:
    """Run a notebook in a fresh `__main__`; returns the exit status: 1 if a cell raised,
    2 where it cannot be run at all."""
    source = read_source(path, str(path))
    if isinstance(source, Problem) or source.notebook is None:
        said = f"{source.line}: {source.message}" if isinstance(source, Problem) else "1: not a notebook"
        return _refuse(f"{path}:{said}")
    if not source.notebook.is_python:
        return _refuse(f"{path}: its language is not Python")
    for problem in source.problems:
        _refuse(f"{path}:cell {problem.cell}:{problem.line}: left out: {problem.message}")
    source = replace(source, path=path.resolve())
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv[:] = [str(source.path), *arguments]
    try:
        exec(main_code(source), vars(module))
    except Exception as error:  # noqa: BLE001  whatever a cell raises is shown, with its place
        _refuse(_told(error, source))
        return 1
    return 0


def _told(error: Exception, source: SourceFile) -> str:
    """The traceback of a cell's error, and where that is."""
    file = str(source.path)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file and f.lineno]
    line = frames[-1].lineno if frames else getattr(error, "lineno", None)
    inner = error.__traceback__
    while inner is not None and inner.tb_frame.f_code.co_filename != file:
        inner = inner.tb_next
    told = "".join(traceback.format_exception(error.with_traceback(inner))).rstrip("\n")
    place = source.layout.place(line) if source.layout is not None and line else None
    return f"{told}\nin {source.name}:cell {place[0]}:{place[1]}" if place else told


def _refuse(message: str) -> int:
    sys.stderr.write(message + "\n")
    return 2


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(_refuse("usage: python -m codeopt.notebook_runner NOTEBOOK [ARGUMENTS]"))
    raise SystemExit(run(Path(sys.argv[1]), sys.argv[2:]))
