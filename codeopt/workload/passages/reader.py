"""What a test, an example or a documentation page does up to a call, as a text that stands on its own.

Fixtures, first parameters, set-up methods and helpers, also those of files beside it, are written out: the
text imports the project and other libraries, never the file that it was taken from.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from codeopt.target import module_of
from codeopt.workload.passages.cases import (
    SET_UP,
    attributes_of,
    benchmarked,
    case_of,
    collected,
    inherits_tests,
    is_fixture,
    requested,
    undecorated,
    whole_case,
    without_annotations,
)
from codeopt.workload.passages.heads import Heads
from codeopt.workload.passages.pages import example_of, page_of
from codeopt.workload.passages.parameters import defaults, parametrized
from codeopt.workload.passages.slices import HERE, NoSliceError, cut, loads, stores
from codeopt.workload.passages.text import BUILT_IN, Passage, open_names

_MOST_LINES = 600
_MOST_TEXT = 32_000
_DEEPEST = 6
_FOLDER = "pathlib.Path(tempfile.mkdtemp(dir='.'))"
_FIXTURES = {
    "tmp_path": _FOLDER,
    "tmpdir": _FOLDER,
    "tmp_path_factory": f"types.SimpleNamespace(mktemp=lambda *_, **__: {_FOLDER})",
    "request": "types.SimpleNamespace(param=None)",
    "monkeypatch": "pytest.MonkeyPatch()",
    **dict.fromkeys(("capsys", "caplog", "recwarn", "subtests", "mocker"), "unittest.mock.MagicMock()"),
    "device": "'cpu'",
    "seed": "0",
}
"""What pytest, or nearly everybody, gives for a parameter of that name."""

_IMPLIED = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "plt": "import matplotlib.pyplot as plt",
    "torchvision": "import torchvision.datasets",
}
"""Imports that examples in a text leave out, or that come with what stands in."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A call or a name in a file, by the lines (from 1) and columns of its first and last character.

    `doc` is the line of the definition whose docstring holds it, 0 for the module's, -1 where it is code.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    doc: int = -1


def passage_of(place: Place, root: Path, homes: Mapping[str, str]) -> Passage | None:
    """The passage that leads to a call, or None where its text does not tell all.

    `root` is the project's folder, `homes` the modules where names of its own are defined; those of packages
    at the top are themselves.
    """
    try:
        return _Reader(root, homes).passage(place)
    except (NoSliceError, OSError, SyntaxError, ValueError, RecursionError):
        return None


def scene_of(place: Place, root: Path, homes: Mapping[str, str], wanted: Collection[str] = ()) -> str:
    """The whole function that something stands in, or a script's statements up to a call and with it.

    Of parameters, those that read a wanted name go before others. Empty where the text does not tell all.
    """
    try:
        return _Reader(root, homes, wanted).scene(place)
    except (NoSliceError, OSError, SyntaxError, ValueError, RecursionError):
        return ""


def function_at(place: Place) -> str:
    """The name of the function or method that a call stands in, empty where it stands in none."""
    try:
        tree = page_of(Path(place.file))
        function = _around(tree, _at(tree, place))[1] if place.doc < 0 else None
    except (NoSliceError, OSError, SyntaxError, ValueError):
        return ""
    return function.name if function is not None else ""


@dataclass
class _Reader:
    root: Path
    homes: Mapping[str, str]
    wanted: Collection[str] = ()
    _open: list[tuple[Path, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._heads = Heads(self.root)

    def passage(self, place: Place) -> Passage:
        """Raises NoSliceError, and what reading the file raises."""
        file = Path(place.file)
        tree = self._heads.page(file)
        if place.doc >= 0:
            return self._of_docstring(file, tree, place)
        call = _call_at(tree, place)
        holder, function = _around(tree, call)
        if holder is not None and function is None:
            raise NoSliceError("the call stands in a class")
        if function is None:
            kept, needed = cut(tree.body, call)
            return Passage(self._told([], self._heads.imports(kept, file, needed)[0], file, call), call)
        kept, needed = cut(function.body, call)
        prepared, needed = self._prepared(file, tree, holder, function, needed)
        before = [*self._heads.resolved(needed, file, {function.name}), *prepared]
        return Passage(self._told(before, self._heads.inlined(kept, file), file, call), call)

    def scene(self, place: Place) -> str:
        """Raises NoSliceError, and what reading the file raises."""
        file = Path(place.file)
        tree = self._heads.page(file)
        there = _at(tree, place) if place.doc < 0 else None
        holder, function = _around(tree, there) if there is not None else (None, None)
        case = collected(holder, tree) if holder is not None else None
        if case is not None and (
            function is None or case is not holder or inherits_tests(case) or function.name in SET_UP
        ):
            made = whole_case(case)
            before = self._heads.resolved(set().union(*map(loads, made)), file, set())
            return self._told(before, made, file)
        if function is None:
            passage = self.passage(place)
            return passage.body.replace(f"return {HERE}", ast.unparse(passage.call))
        body = function.body[ast.get_docstring(function) is not None :]
        needed = set().union(*map(loads, body)) - BUILT_IN
        prepared, needed = self._prepared(file, tree, holder, function, needed)
        needed -= set().union(*map(stores, body)) - set().union(*map(stores, tree.body))
        before = [*self._heads.resolved(needed, file, {function.name}), *prepared]
        return self._told(before, self._heads.inlined(body, file), file)

    def _told(
        self, before: Sequence[ast.stmt], body: Sequence[ast.stmt], file: Path, call: ast.Call | None = None
    ) -> str:
        """Some statements with imports of what they leave open, where a call at their end does too.

        What prepares them is there once, as a fixture is made once.
        """
        text = "\n".join([*dict.fromkeys(map(_unparsed, before)), *map(_unparsed, body)])
        if text.count("\n") > _MOST_LINES or len(text) > _MOST_TEXT:
            raise NoSliceError("what comes before the call is too long")
        whole = text if call is None else text.replace(f"return {HERE}", f"return {ast.unparse(call)}")
        return "\n".join([*(self._bound(name, file) for name in sorted(open_names(whole))), text])

    def _bound(self, name: str, file: Path) -> str:
        """A line that binds a name which a passage leaves open."""
        if name == "__file__":
            return f"__file__ = {str(file)!r}"
        if name in _IMPLIED:
            return _IMPLIED[name]
        if not self.homes.get(name):
            raise NoSliceError(f"nothing tells what {name} is")
        home = self.homes[name]
        return f"import {name}" if home == name else f"from {home} import {name}"

    def _of_docstring(self, file: Path, tree: ast.Module, place: Place) -> Passage:
        owner: ast.AST = tree
        if place.doc:
            owner = next(
                n
                for n in ast.walk(tree)
                if getattr(n, "lineno", 0) == place.doc and isinstance(n, ast.FunctionDef | ast.ClassDef)
            )
        example = example_of(ast.get_docstring(owner, clean=False) or "")  # type: ignore[arg-type]
        if example is None:
            raise NoSliceError("the docstring has no example")
        call = _call_at(example, place)
        kept, needed = cut(example.body, call)
        module = module_of(file)[1]
        there = set().union(*map(stores, tree.body)) if tree.body else set()
        lines = [f"from {module} import {name}" for name in sorted(needed & there - set(_IMPLIED))]
        return Passage(self._told(ast.parse("\n".join(lines)).body, kept, file, call), call)

    def _prepared(
        self,
        file: Path,
        tree: ast.Module,
        holder: ast.ClassDef | None,
        function: ast.FunctionDef,
        needed: set[str],
    ) -> tuple[list[ast.stmt], set[str]]:
        """What gives a function's parameters their values, and the names that this leaves open."""
        known = {**defaults(function.args), **parametrized(function, self.wanted, tree.body)}
        if holder is not None:
            known |= parametrized(holder, self.wanted, tree.body) | benchmarked(holder, function)
        args = [
            arg.arg for arg in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        ]
        own = args[0] if holder is not None and args else ""
        found: list[ast.stmt] = []
        for name in args:
            if name not in needed or name == own:
                continue
            value = known.get(name)
            made = [] if isinstance(value, ast.expr) else self._fixture(name, file, tree, holder, own)
            if isinstance(value, ast.expr):
                made = [ast.Assign([ast.Name(name, ast.Store())], value, lineno=0)]
            found += made
            needed = needed - {name}
            needed |= set().union(*(loads(statement) for statement in made)) - {name} if made else set()
        if own and own in needed and holder is not None:
            made = case_of(holder, own, attributes_of(function, own))
            needed = (needed - {own}) | set().union(*(loads(statement) for statement in made)) - {
                own,
                holder.name,
            }
            found = [*made, *found]
        return found, needed

    def _fixture(
        self, name: str, file: Path, tree: ast.Module, holder: ast.ClassDef | None, own: str
    ) -> list[ast.stmt]:
        """What makes the value that a fixture of that name gives."""
        for place, home, body in self._homes(file, tree, holder):
            node = next((n for n in body if isinstance(n, ast.FunctionDef) and is_fixture(n, name)), None)
            if node is None:
                continue
            if (place, name) in self._open or len(self._open) > _DEEPEST:
                raise NoSliceError(f"the fixture {name} rests on itself")
            self._open.append((place, name))
            within = home is not None
            plain = undecorated(node)
            args = [arg.arg for arg in plain.args.args][within:]
            before: list[ast.stmt] = []
            for arg in args:
                if arg == "request":
                    before.append(requested(node, self.wanted, self._heads.page(place).body))
                else:
                    before += self._fixture(arg, place, self._heads.page(place), holder, own)
            generates = any(isinstance(part, ast.Yield) for part in ast.walk(plain))
            call = f"{plain.name}({', '.join([*([own] if within else []), *args])})"
            made = ast.parse(f"{name} = {f'next({call})' if generates else call}").body
            asked = set().union(loads(plain), *map(loads, before)) - {name, *args}
            outside = self._heads.resolved(asked, place, set()) if place != file else []
            self._open.pop()
            return [*outside, *before, plain, *made]
        if name not in _FIXTURES:
            raise NoSliceError(f"nothing tells the parameter {name}")
        value = _FIXTURES[name]
        needed = [m for m in ("pathlib", "tempfile", "types", "pytest", "unittest.mock") if f"{m}." in value]
        return ast.parse(f"{f'import {chr(44).join(needed)}' if needed else ''}\n{name} = {value}").body

    def _homes(
        self, file: Path, tree: ast.Module, holder: ast.ClassDef | None
    ) -> Iterator[tuple[Path, ast.ClassDef | None, list[ast.stmt]]]:
        """Where a fixture may be defined, the nearest first."""
        if holder is not None:
            yield file, holder, holder.body
        yield file, None, tree.body
        for folder in file.parents:
            near = folder / "conftest.py"
            if near.is_file() and near != file:
                yield near, None, self._heads.page(near).body
            if folder == self.root:
                break


def _call_at(tree: ast.Module, place: Place) -> ast.Call:
    found = _at(tree, place)
    if not isinstance(found, ast.Call):
        raise NoSliceError("it is no call")
    return found


def _at(tree: ast.Module, place: Place) -> ast.expr:
    wanted = (place.line, place.column, place.end_line, place.end_column)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and _span(node) == wanted:
            return node
    raise NoSliceError("it is not there any more")


def _span(node: ast.expr) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _around(tree: ast.Module, node: ast.expr) -> tuple[ast.ClassDef | None, ast.FunctionDef | None]:
    """The class and the function at the head of a file that hold an expression."""

    def holds(outer: ast.AST) -> bool:
        return any(part is node for part in ast.walk(outer))

    for outer in tree.body:
        if isinstance(outer, ast.FunctionDef) and holds(outer):
            return None, outer
        if isinstance(outer, ast.ClassDef) and holds(outer):
            methods = (n for n in outer.body if isinstance(n, ast.FunctionDef))
            return outer, next((n for n in methods if holds(n)), None)
    return None, None


def _unparsed(statement: ast.stmt) -> str:
    return ast.unparse(ast.fix_missing_locations(without_annotations(statement)))
