"""Which functions of a project are tests or benchmarks, from the text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path

from codeopt.facts.index import DEFS, DefNode
from codeopt.source import discover
from codeopt.workload.own_tests.settings import PytestSettings, asv_folders

PYTEST, BENCHMARK, ASV = "pytest", "benchmark", "asv"
_ASV_PREFIXES = ("time_", "timeraw_", "mem_", "peakmem_", "track_")
_PASSED_OVER = ("timeraw_",)
_MOST_BASES = 8
_MOST_FILES = 20_000
"""Files of a folder that are looked at: what holds more is no project."""


@dataclass(frozen=True, slots=True, order=True)
class OwnTest:
    """A test or benchmark of the project: a function, or a method of a class, in a file.

    `kind` is `pytest`, `benchmark` (a pytest function that takes pytest-benchmark's fixture) or `asv`.
    """

    path: Path
    qualname: str
    kind: str = PYTEST

    @property
    def node_id(self) -> str:
        """How pytest is told to run it, and how reports call it."""
        return f"{self.path}::{self.qualname.replace('.', '::')}"

    @property
    def short_id(self) -> str:
        """The same with the file's name alone."""
        return f"{self.path.name}::{self.qualname.replace('.', '::')}"


def test_files(root: Path, settings: PytestSettings) -> list[Path]:
    """The files that pytest would collect when it is started at the root."""
    named = [path for name in settings.testpaths for path in _matching(root, name)]
    folders = named or [root]
    found = islice(discover(folders), _MOST_FILES)
    return [file for file in found if _is_test_file(file, settings.python_files)]


def benchmark_files(root: Path) -> list[Path]:
    """The files that asv would look for benchmarks in."""
    return list(dict.fromkeys(file for folder in asv_folders(root) for file in discover([folder])))


def pytest_tests(file: Path, tree: ast.Module, settings: PytestSettings) -> Iterator[OwnTest]:
    """The tests that pytest would collect from a file; methods of bases only where the file has these."""
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, DEFS) and _starts(node.name, settings.python_functions):
            if not _is_fixture(node):
                yield _test(file, node.name, node)
        elif isinstance(node, ast.ClassDef):
            yield from _class_tests(file, node, node.name, classes, settings)


def asv_benchmarks(file: Path, tree: ast.Module) -> Iterator[OwnTest]:
    """The benchmarks that asv would run from a file: functions, and methods of classes."""
    for node in tree.body:
        if isinstance(node, DEFS) and _is_asv(node.name):
            yield OwnTest(file, node.name, ASV)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for name in _methods(node, {c.name: c for c in tree.body if isinstance(c, ast.ClassDef)}):
                if _is_asv(name):
                    yield OwnTest(file, f"{node.name}.{name}", ASV)


def is_test_class(name: str, settings: PytestSettings) -> bool:
    """Whether pytest takes a class of this name for one of tests."""
    return _starts(name, settings.python_classes)


def _class_tests(
    file: Path,
    node: ast.ClassDef,
    qualname: str,
    classes: dict[str, ast.ClassDef],
    settings: PytestSettings,
) -> Iterator[OwnTest]:
    unittest = _is_unittest(node, classes)
    if not unittest and not is_test_class(node.name, settings):
        return
    methods = _methods(node, classes)
    if not unittest and "__init__" in methods:
        return
    for name, method in methods.items():
        if _starts(name, ("test",) if unittest else settings.python_functions) and not _is_fixture(method):
            yield _test(file, f"{qualname}.{name}", method)
    for inner in node.body:
        if isinstance(inner, ast.ClassDef) and not unittest:
            yield from _class_tests(file, inner, f"{qualname}.{inner.name}", classes, settings)


def _methods(
    node: ast.ClassDef, classes: dict[str, ast.ClassDef], above: Sequence[str] = ()
) -> dict[str, DefNode]:
    """Methods of a class, with those of its bases in the same file."""
    found: dict[str, DefNode] = {}
    if len(above) < _MOST_BASES:
        for base in node.bases:
            name = base.id if isinstance(base, ast.Name) else ""
            if name in classes and name not in (*above, node.name):
                found |= _methods(classes[name], classes, (*above, node.name))
    return found | {inner.name: inner for inner in node.body if isinstance(inner, DEFS)}


def _is_unittest(node: ast.ClassDef, classes: dict[str, ast.ClassDef], depth: int = 0) -> bool:
    for base in node.bases:
        name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
        if name.endswith("TestCase"):
            return True
        if name in classes and depth < _MOST_BASES and _is_unittest(classes[name], classes, depth + 1):
            return True
    return False


def _test(file: Path, qualname: str, node: DefNode) -> OwnTest:
    names = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
    return OwnTest(file, qualname, BENCHMARK if "benchmark" in names else PYTEST)


def _is_fixture(node: DefNode) -> bool:
    return any(ast.unparse(d).partition("(")[0].endswith("fixture") for d in node.decorator_list)


def _is_asv(name: str) -> bool:
    return name.startswith(_ASV_PREFIXES) and not name.startswith(_PASSED_OVER)


def _starts(name: str, patterns: Iterable[str]) -> bool:
    """pytest's own test: a prefix, or a pattern where it has the signs of one."""
    return any(
        fnmatch(name, pattern) if set(pattern) & set("*?[") else name.startswith(pattern)
        for pattern in patterns
    )


def _is_test_file(file: Path, patterns: Iterable[str]) -> bool:
    return any(fnmatch(str(file), f"*{p}") if "/" in p else fnmatch(file.name, p) for p in patterns)


def _matching(root: Path, name: str) -> list[Path]:
    if set(name) & set("*?["):
        return sorted(path for path in root.glob(name) if path.is_dir() or path.suffix == ".py")
    return [root / name] if (root / name).exists() else []
