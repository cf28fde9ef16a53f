"""A notebook as a module: its definitions, and of the rest only what they need.

Running every cell would load the data and train the model for each call of a function. Run are imports,
definitions, what binds a name that these refer to, and settings made by calls of imported modules. A
statement that fails is left out, and what was left out is said when something turns out to be missing.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import dis
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import CO_COROUTINE
from types import CodeType
from typing import Any

from codeopt.notebook_runner import stand_in, without_futures

FAILURES = "__codeopt_failures__"
_READS = frozenset({"LOAD_NAME", "LOAD_GLOBAL"})
_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def load_definitions(names: dict[str, Any], text: str, file: str) -> None:
    """Run in `names` what a notebook's text defines; `FAILURES` in them lists what could not be run."""
    stand_in()
    tree = ast.parse(text, file)
    flags = without_futures(tree) | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    failures: list[str] = []
    names[FAILURES] = failures
    for statement in _needed([_read(node, file, flags) for node in tree.body]):
        if statement.code is None:
            failures.append(f"{file}:{statement.node.lineno}: {statement.wrong}")
            continue
        try:
            found = eval(statement.code, names)
            if statement.code.co_flags & CO_COROUTINE:
                asyncio.run(found)
        except (Exception, SystemExit) as error:  # noqa: BLE001  the user's code may raise anything
            failures.append(f"{file}:{statement.node.lineno}: {type(error).__name__}: {error}")


@dataclass(frozen=True, slots=True, eq=False)
class _Statement:
    """A statement of the notebook: names it reads, in functions too, and those it binds or changes."""

    node: ast.stmt
    code: CodeType | None
    reads: frozenset[str]
    binds: frozenset[str]
    wrong: str = ""

    @property
    def defines(self) -> bool:
        return any(isinstance(node, _DEFINES) for node in _blocks(self.node))

    @property
    def called(self) -> str:
        """The name that a statement which is one call starts with."""
        call = self.node.value if isinstance(self.node, ast.Expr) else None
        return _root(call.func) if isinstance(call, ast.Call) else ""


def _read(node: ast.stmt, file: str, flags: int) -> _Statement:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(ast.Module([node], []), file, "exec", flags=flags, dont_inherit=True)
    except SyntaxError as error:
        return _Statement(node, None, frozenset(), frozenset(), f"SyntaxError: {error.msg}")
    reads = {i.argval for c in _codes(code) for i in dis.get_instructions(c) if i.opname in _READS}
    binds = {i.argval for i in dis.get_instructions(code) if i.opname == "STORE_NAME"}
    if not isinstance(node, _DEFINES):
        parts = (n for n in ast.walk(node) if isinstance(n, (ast.Attribute, ast.Subscript)))
        binds |= {_root(n) for n in parts if isinstance(n.ctx, ast.Store)}
    return _Statement(node, code, frozenset(reads), frozenset(binds))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _blocks(node: ast.stmt) -> Iterator[ast.stmt]:
    """A statement, and those in its blocks, but not in functions and classes."""
    yield node
    if not isinstance(node, _DEFINES):
        for child in ast.iter_child_nodes(node):
            inner = child.body if isinstance(child, ast.ExceptHandler) else [child]
            for statement in inner:
                if isinstance(statement, ast.stmt):
                    yield from _blocks(statement)


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _needed(statements: Sequence[_Statement]) -> list[_Statement]:
    """Definitions, what binds the names they read, and calls that set up either or an imported module."""
    kept = {statement for statement in statements if statement.defines}
    imported = {
        name
        for statement in statements
        if isinstance(statement.node, (ast.Import, ast.ImportFrom))
        for name in statement.binds
    }
    while True:
        wanted = {name for statement in kept for name in statement.reads}
        more = {s for s in statements if s.binds & wanted and not isinstance(s.node, ast.Expr)} - kept
        if not more:
            break
        kept |= more
    known = imported | {name for statement in kept for name in statement.binds}
    wanted = imported | {name for statement in kept for name in statement.reads}
    known |= vars(builtins).keys()
    kept |= {s for s in statements if s.called in wanted and s.reads <= known}
    return [statement for statement in statements if statement in kept]
