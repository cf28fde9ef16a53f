"""What reports for other tools say: one remark a finding, with its place on disk and a name that stays."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from codeopt.edit import Site, Span
from codeopt.notices import UNUSABLE
from codeopt.report.on_disk import OnDisk, Replacement
from codeopt.report.outcome import CheckOutcome
from codeopt.report.text import position
from codeopt.source import Problem, SourceFile


@dataclass(frozen=True, slots=True)
class FileFix:
    """What to replace in one file; `path` as in `Remark`."""

    path: str
    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a remark is about, and what it has to do with it."""

    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding, suggestion or problem.

    `level` is `warning` or `error`; `path` is relative to the root of the repository, with `/`, or absolute
    where it lies outside. `span` counts in the file on disk (of a notebook, its JSON), with columns 0 where
    only the line is known; `place` is what people call it. `fingerprint` names the finding by its content:
    it stays when lines above it come and go. `measured` holds figures and proof, where there are any.
    """

    rule: str
    name: str
    level: str
    path: str
    span: Span
    place: str
    function: str
    message: str
    fingerprint: str = ""
    fix: tuple[FileFix, ...] = ()
    related: tuple[Related, ...] = ()
    measured: Mapping[str, Any] = field(default_factory=dict)
    diff: str = ""


def repository_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds `.git`, or `start` itself."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), start)


def path_in(root: Path, name: str) -> str:
    """A path that a report shows, relative to `root`; absolute where it lies outside."""
    whole = Path(os.path.abspath(name))
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()


def check_remarks(outcome: CheckOutcome, root: Path) -> tuple[Remark, ...]:
    """Problems first, then findings, as the text report has them."""
    disks: dict[str, OnDisk] = {}
    remarks = [problem_remark(one, root, outcome.sources.get(one.path)) for one in outcome.problems]
    for site in outcome.sites:
        source = outcome.sources.get(site.path)
        if source is None:
            remarks.append(_of_site(site, OnDisk(""), None, outcome, root))
            continue
        disk = disks.setdefault(site.path, on_disk(source))
        remarks.append(_of_site(site, disk, source, outcome, root))
    return tuple(numbered(remarks))


def on_disk(source: SourceFile) -> OnDisk:
    """The text of a file as it lies on disk."""
    notebook = source.notebook
    return OnDisk(source.text) if notebook is None else OnDisk(notebook.raw, notebook)


def _of_site(
    site: Site, disk: OnDisk, source: SourceFile | None, outcome: CheckOutcome, root: Path
) -> Remark:
    path = path_in(root, site.path)
    span = site.span
    return Remark(
        site.rule,
        outcome.names[site.rule],
        "warning",
        path,
        disk.span(site.cell, span),
        f"{position(path, span.line, site.cell)}:{span.column}",
        site.function,
        site.message,
        fingerprint(site.rule, path, site.function, disk.excerpt(site.cell, span.line, span.end_line)),
        fix=_fix(site, disk, source, path),
        measured={"trust": site.trust.value},
    )


def _fix(site: Site, disk: OnDisk, source: SourceFile | None, path: str) -> tuple[FileFix, ...]:
    """The edits of a site; none for a notebook where they need an import, which belongs in another cell."""
    if source is None or not site.edits:
        return ()
    if site.cell is None and site.imports:
        from codeopt.candidate import render

        after: str | None = render({site.path: source}, [site])[site.path]
    else:
        after = None if site.imports else disk.with_edits(site.cell, site.edits)
    return () if after is None else (FileFix(path, disk.replacements(after)),)


def problem_remark(problem: Problem, root: Path, source: SourceFile | None = None) -> Remark:
    """A file, or a line of it, that could not be used."""
    path = path_in(root, problem.path)
    line = problem.line if problem.cell is None else 1
    if source is not None and problem.cell is not None:
        line = on_disk(source).whole_lines(problem.cell, problem.line, problem.line).line
    return Remark(
        UNUSABLE.code,
        UNUSABLE.name,
        "error",
        path,
        Span(line, 0, line, 0),
        position(path, problem.line, problem.cell),
        "",
        problem.message,
        fingerprint(UNUSABLE.code, path, "", problem.message),
    )


def fingerprint(rule: str, path: str, function: str, content: str) -> str:
    """32 hex digits that name a finding by what it is and where it stands, not by line numbers."""
    parts = "\0".join((rule, path, function, content))
    return hashlib.blake2b(parts.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def numbered(remarks: Iterable[Remark]) -> Iterator[Remark]:
    """The remarks, with those that would have one name told apart by their order."""
    seen: Counter[str] = Counter()
    for remark in remarks:
        number = seen[remark.fingerprint]
        seen[remark.fingerprint] += 1
        if number:
            again = fingerprint(remark.rule, remark.fingerprint, "", str(number))
            remark = replace(remark, fingerprint=again)
        yield remark
