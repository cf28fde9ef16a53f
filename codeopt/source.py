"""Source files: decoding, discovery, and writing back without ever losing a byte of the user's."""

from __future__ import annotations

import ast
import io
import os
import re
import tempfile
import tokenize
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from codeopt.edit import Site, Span
from codeopt.errors import UsageError

if TYPE_CHECKING:
    from codeopt.notebook import Layout, Notebook

_NEWLINE = re.compile(rb"\r\n|\r|\n")
NOTEBOOK = ".ipynb"
_ALWAYS_EXCLUDED = {
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".codeopt", ".eggs",
    ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", "build", "dist",
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A file, or a line of it, that could not be used; reported, never fatal to the rest."""

    path: str
    line: int
    message: str
    cell: int | None = None
    """the cell of a notebook (from 1) in whose source `line` counts"""


@dataclass(frozen=True)
class SourceFile:
    """One decoded Python file. `name` is how reports call it; newlines are kept as they are.

    Of a `notebook`, `text` is that of all its code cells; `problems` are those that are left out of it.
    """

    path: Path
    name: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    notebook: Notebook | None = None
    problems: tuple[Problem, ...] = ()

    @cached_property
    def layout(self) -> Layout | None:
        """Where the cells stand in the text, if this is a notebook."""
        return None if self.notebook is None else self.notebook.layout(self.text)

    @cached_property
    def data(self) -> bytes:
        """The decoded text as UTF-8, the bytes that edits count."""
        return self.text.encode()

    @cached_property
    def line_starts(self) -> list[int]:
        """Byte offset of the start of each line, as the Python tokenizer counts lines."""
        return [0, *(m.end() for m in _NEWLINE.finditer(self.data))]

    @property
    def newline(self) -> str:
        """The first line ending in the file, `\\n` if there is none."""
        found = _NEWLINE.search(self.data)
        return found.group().decode() if found else "\n"

    def offset(self, line: int, byte_column: int) -> int:
        """Byte offset of an `ast` position (line from 1, column in UTF-8 bytes from 0)."""
        return self.line_starts[line - 1] + byte_column

    def span(self, start: int, end: int) -> Span:
        """Lines and columns, both in characters and from 1, of a byte range."""
        return Span(*self._position(start), *self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.line_starts, offset)
        begin = self.line_starts[line - 1]
        return line, len(self.data[begin:offset].decode(errors="replace")) + 1

    def placed(self, site: Site) -> Site:
        """A site as reports name it: of a notebook, with its cell and the line in it."""
        return site if self.layout is None else self.layout.placed(site)

    def located(self, problem: Problem) -> Problem:
        """A problem as reports name it: of a notebook, with its cell and the line in it."""
        if self.layout is None or problem.cell is not None:
            return problem
        cell, line = self.layout.place(problem.line)
        return replace(problem, cell=cell, line=line)

    def encode(self, text: str) -> bytes:
        """A new text of this file as the bytes to write, in its own encoding and with its BOM.

        Raises ValueError for the text of a notebook that is not made of its cells.
        """
        return (b"\xef\xbb\xbf" if self.bom else b"") + self.whole(text).encode(self.encoding)

    def whole(self, text: str) -> str:
        """What the file holds when `text` is its Python: of a notebook, its JSON.

        Raises ValueError as `encode`.
        """
        return text if self.notebook is None else self.notebook.write(text)


def read_source(path: Path, name: str) -> SourceFile | Problem:
    """Decode a file by its BOM or coding line; a file that cannot be decoded is a Problem."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Problem(name, 1, f"cannot read: {error.strerror}")
    if path.suffix == NOTEBOOK:
        return _read_notebook(path, name, raw)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        bom = encoding == "utf-8-sig"
        text = raw[3:].decode() if bom else raw.decode(encoding)
    except (SyntaxError, LookupError) as error:
        return Problem(name, 1, f"cannot decode: {error}")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        byte = raw[error.start]
        return Problem(name, line, f"not valid {error.encoding}: byte {byte:#04x} ({error.reason})")
    return SourceFile(path, name, text, "utf-8" if bom else encoding, bom)


def _read_notebook(path: Path, name: str, raw: bytes) -> SourceFile | Problem:
    from codeopt.notebook import NotANotebook, read_notebook

    bom = raw.startswith(b"\xef\xbb\xbf")
    try:
        notebook = read_notebook(raw[3:].decode() if bom else raw.decode())
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Problem(name, line, f"not valid utf-8: byte {error.object[error.start]:#04x} ({error.reason})")
    except NotANotebook as error:
        return Problem(name, error.line, str(error))
    problems = tuple(Problem(name, wrong.line, wrong.reason, wrong.cell) for wrong in notebook.wrong)
    return SourceFile(path, name, notebook.python, "utf-8", bom, notebook, problems)


def python_of(path: Path) -> str:
    """The Python text of a file. Raises OSError if it cannot be read."""
    found = read_source(path, str(path))
    if isinstance(found, Problem):
        raise OSError(found.message)
    return found.text


def parse_file(path: Path) -> ast.Module:
    """The syntax tree of a file. Raises OSError, SyntaxError or ValueError for one without."""
    return ast.parse(python_of(path) if path.suffix == NOTEBOOK else path.read_bytes())


def display_name(path: Path) -> str:
    """The path as reports show it: relative to the working directory when it lies below it.

    Bytes of it that are no UTF-8, which no report can hold, are spelled as in `\\xff`.
    """
    whole = path.absolute()
    shown = (whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole).as_posix()
    return shown if shown.isascii() else os.fsencode(shown).decode(errors="backslashreplace")


def discover(
    paths: Sequence[Path], exclude: Iterable[str] = (), *, notebooks: bool = False
) -> Iterator[Path]:
    """Python files under `paths`, with `notebooks` those too, each once and in sorted order.

    Files named outright are always taken. Below a folder, caches, environments, what
    `.gitignore` files say and the `exclude` patterns (gitignore syntax) are left out.
    Raises UsageError for a path that does not exist.
    """
    seen: set[Path] = set()
    patterns = tuple(exclude)
    suffixes = (".py", NOTEBOOK) if notebooks else (".py",)
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or directory")
        found = _walk(path, patterns, suffixes) if path.is_dir() else iter([path])
        for file in found:
            key = file.resolve()
            if key not in seen:
                seen.add(key)
                yield file


def unless_excluded(paths: Sequence[Path], exclude: Iterable[str], root: Path) -> list[Path]:
    """The paths that no `exclude` pattern (gitignore syntax, relative to `root`) leaves out."""
    patterns = tuple(exclude)
    if not patterns:
        return list(paths)
    from pathspec import GitIgnoreSpec

    spec, home = GitIgnoreSpec.from_lines(patterns), root.resolve()

    def left_out(path: Path) -> bool:
        whole = path.absolute()
        if not whole.is_relative_to(home):
            return False
        return spec.match_file(whole.relative_to(home).as_posix() + "/" * whole.is_dir())

    return [path for path in paths if not left_out(path)]


def _walk(root: Path, exclude: tuple[str, ...], suffixes: tuple[str, ...]) -> Iterator[Path]:
    from pathspec import GitIgnoreSpec

    specs = [(root, GitIgnoreSpec.from_lines(exclude))] if exclude else []
    for folder, directories, files in os.walk(root):
        here = Path(folder)
        ignore = here / ".gitignore"
        if ignore.is_file():
            lines = ignore.read_text(encoding="utf-8", errors="replace").splitlines()
            specs.append((here, GitIgnoreSpec.from_lines(lines)))
        active = [(base, spec) for base, spec in specs if here.is_relative_to(base)]

        def ignored(path: Path, suffix: str, active: list[tuple[Path, GitIgnoreSpec]] = active) -> bool:
            return any(spec.match_file(path.relative_to(base).as_posix() + suffix) for base, spec in active)

        directories[:] = sorted(
            d for d in directories if d not in _ALWAYS_EXCLUDED and not ignored(here / d, "/")
        )
        for name in sorted(files):
            if name.endswith(suffixes) and not ignored(here / name, ""):
                yield here / name


def make_folder(folder: Path) -> Path:
    """Make the project's `.codeopt/`, which ignores itself in git. Raises OSError if it cannot be made."""
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return folder


def write_atomic(path: Path, data: bytes) -> None:
    """Replace a file's content in one step, keeping its mode; follows a symbolic link.

    A reader sees the old bytes or the new, never a part. Raises OSError when the folder
    cannot be written; the old file is untouched then.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(name, target.stat().st_mode & 0o7777)
        else:
            os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def problem_at(file: Path, line: int, message: str) -> Problem:
    """A Problem at the file and line the message itself names, else at those given."""
    head, _, rest = message.partition(": ")
    name, _, number = head.rpartition(":")
    if number.isdigit() and Path(name).is_absolute():
        return Problem(display_name(Path(name)), int(number), rest)
    return Problem(display_name(file), line, message)
