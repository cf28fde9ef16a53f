"""A candidate: a set of sites applied together, and the texts that come out."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codeopt.edit import Edit, Site, apply_edits, conflict
from codeopt.source import SourceFile


@dataclass(frozen=True)
class Candidate:
    """Sites to apply together; without conflicts by construction of `make_candidate`."""

    sites: frozenset[Site]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the sites."""
        return frozenset(site.id for site in self.sites)


def compatible(site: Site, others: Iterable[Site]) -> bool:
    """Whether `site` can join `others`."""
    return not any(conflict(site, other) for other in others if other.id != site.id)


def render(sources: Mapping[str, SourceFile], sites: Iterable[Site]) -> dict[str, str]:
    """The new text of every file that the sites touch, by the file's name.

    Raises ValueError if two sites overlap or a resulting text does not parse.
    """
    by_file: dict[str, list[Site]] = {}
    for site in sorted(sites, key=lambda s: (s.path, s.edits, s.id)):
        by_file.setdefault(site.path, []).append(site)
    texts = {}
    for name, chosen in by_file.items():
        source = sources[name]
        edits = [edit for site in chosen for edit in site.edits]
        imports = dict.fromkeys(line for site in chosen for line in site.imports)
        edits += _import_edits(source, list(imports), min((edit.start for edit in edits), default=0))
        text = apply_edits(source.text, edits)
        try:
            ast.parse(text)
        except SyntaxError as error:
            raise ValueError(f"{name}:{error.lineno}: the rewrite does not parse: {error.msg}") from error
        texts[name] = text
    return texts


def _import_edits(source: SourceFile, imports: list[str], first: int) -> list[Edit]:
    """One insertion after the last import at the top of the file, or before the first statement.

    The cells of a notebook run one by one: there, what stands behind the `first` edit comes too late.
    """
    if not imports:
        return []
    body = ast.parse(source.text).body
    if source.notebook is not None:
        body = [node for node in body if source.offset(_first_line(node), 0) <= first]
    after = [n for n in body if isinstance(n, (ast.Import, ast.ImportFrom))]
    present = {ast.unparse(node) for node in after}
    missing = [line for line in imports if line not in present]
    if not missing:
        return []
    text = "".join(line + source.newline for line in missing)
    docstring = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    last = after[-1] if after else (body[0] if docstring else None)
    if last is None:
        place = body[-1 if source.notebook is not None else 0] if body else None
        start = source.offset(_first_line(place), 0) if place is not None else 0
        return [Edit(start, start, text)]
    line = last.end_lineno or last.lineno
    if line < len(source.line_starts):
        start = source.line_starts[line]
        return [Edit(start, start, text)]
    return [Edit(len(source.data), len(source.data), source.newline + text)]


def _first_line(node: ast.stmt) -> int:
    """The line (from 1) on which a statement begins, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def digest(texts: Mapping[str, str]) -> str:
    """A key for the texts a candidate results in: equal texts are tried once."""
    state = hashlib.sha256()
    for name in sorted(texts):
        state.update(f"{name}\0{texts[name]}\0".encode())
    return state.hexdigest()
