"""What the head of a file gives to its names, as statements that hold from anywhere."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codeopt.target import module_of
from codeopt.workload.passages.cases import has_fixture, undecorated
from codeopt.workload.passages.members import with_members
from codeopt.workload.passages.pages import page_of
from codeopt.workload.passages.slices import NoSliceError, backward, loads, stores
from codeopt.workload.passages.text import BUILT_IN

BESIDE = ("tests", "test", "examples", "benchmarks")
"""Folders of a project beside its packages whose calls are read too; what they define is not imported."""

_DEEPEST = 6


@dataclass
class Heads:
    """The files of a project below `root`; those that belong to its tests and examples are written out."""

    root: Path
    _open: list[Path] = field(default_factory=list)
    _pages: dict[Path, ast.Module] = field(default_factory=dict)

    def page(self, file: Path) -> ast.Module:
        """The code of a file, with members of modules beside it imported. Raises what reading it raises."""
        if file not in self._pages:

            def is_beside(node: ast.ImportFrom) -> bool:
                return self._file_beside(node, file) is not None

            self._pages[file] = with_members(page_of(file), is_beside)
        return self._pages[file]

    def resolved(self, needed: set[str], file: Path, without: set[str]) -> list[ast.stmt]:
        """The statements at the head of a file that names rest on. Raises NoSliceError where one is open."""
        tree = self.page(file)
        body = [
            n
            for n in tree.body
            if getattr(n, "name", "") not in without or (isinstance(n, ast.ClassDef) and n.name in needed)
        ]
        there: set[str] = set().union(*map(stores, body)) if body else set()
        asked = needed - BUILT_IN
        kept, left = backward(body, asked)
        while later := (left & there) - asked:
            # A function may call one that stands further down.
            asked |= later
            kept, left = backward(body, asked)
        return self.imports(kept, file, left | needed)[0]

    def imports(self, kept: list[ast.stmt], file: Path, needed: set[str]) -> tuple[list[ast.stmt], set[str]]:
        """Statements of a head with the imports that are needed, and the names that this leaves open."""
        read = needed.union(*(loads(statement) for statement in kept))
        found: list[ast.stmt] = []
        bound: set[str] = set()
        for statement in kept:
            bound |= stores(statement)
            if isinstance(statement, ast.Import):
                names = [a for a in statement.names if (a.asname or a.name).partition(".")[0] in read]
                found.append(ast.Import(names or statement.names))
            elif isinstance(statement, ast.ImportFrom):
                names = [a for a in statement.names if (a.asname or a.name) in read]
                found += (
                    self.imported(ast.ImportFrom(statement.module, names, statement.level), file)
                    if names
                    else []
                )
            else:
                plain = undecorated(statement) if has_fixture(statement) else statement
                found += self.inlined([plain], file)
        left = read - bound - BUILT_IN
        stars = [n for n in self.page(file).body if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
        if left and stars and not (kept and isinstance(kept[-1], ast.Return)):
            taken = ast.ImportFrom(
                stars[0].module, [ast.alias(name) for name in sorted(left)], stars[0].level
            )
            found = [*self.imported(taken, file), *found]
        return found, left

    def imported(self, node: ast.ImportFrom, file: Path) -> list[ast.stmt]:
        """An import that holds from anywhere, or the statements that bind its names. Raises NoSliceError."""
        beside = self._file_beside(node, file)
        if beside is None:
            if not node.level:
                return [node]
            module = module_of(file)[1]
            parts = module.split(".")[: -node.level] if file.name != "__init__.py" else module.split(".")
            if not parts:
                raise NoSliceError("a relative import leads nowhere")
            return [
                ast.ImportFrom(".".join([*parts, *([node.module] if node.module else [])]), node.names, 0)
            ]
        if beside in self._open or len(self._open) > _DEEPEST:
            raise NoSliceError("an import rests on itself")
        self._open.append(beside)
        found = self.resolved({alias.name for alias in node.names}, beside, set())
        self._open.pop()
        return [
            *found,
            *(
                ast.Assign([ast.Name(a.asname, ast.Store())], ast.Name(a.name, ast.Load()), lineno=0)
                for a in node.names
                if a.asname
            ),
        ]

    def _file_beside(self, node: ast.ImportFrom, file: Path) -> Path | None:
        """The file of a module that belongs to the tests or examples, if it is one."""
        parts = (node.module or "").split(".") if node.module else []
        if node.level:
            folder = file.parents[node.level - 1]
            places = [folder.joinpath(*parts)] if parts else []
        else:
            places = [self.root.joinpath(*parts)] if parts and parts[0] in BESIDE else []
            places += [file.parent.joinpath(*parts)]
        for place in places:
            for found in (place.with_suffix(".py"), place / "__init__.py"):
                aside = (
                    {*BESIDE} & {*found.relative_to(self.root).parts}
                    if found.is_relative_to(self.root)
                    else set()
                )
                if found.is_file() and aside:
                    return found
        return None

    def inlined(self, statements: Sequence[ast.stmt], file: Path) -> list[ast.stmt]:
        """Statements whose imports, at any depth, hold from anywhere."""
        made = ast.Module([copy.deepcopy(statement) for statement in statements], [])
        return _Inlined(self, file).visit(made).body  # type: ignore[no-any-return]


@dataclass
class _Inlined(ast.NodeTransformer):
    heads: Heads
    file: Path

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        return self.heads.imported(node, self.file)
