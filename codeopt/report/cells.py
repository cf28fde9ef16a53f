"""Places in notebooks as reports name them: the cell, and the line in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from codeopt.source import Problem, SourceFile
from codeopt.suggestion import Rejection, SiteReport, Suggestion, UnprovenSite

Placed = TypeVar("Placed", Suggestion, Rejection, UnprovenSite)


def in_cells(found: Placed, sources: Mapping[str, SourceFile]) -> Placed:
    """What was found, with lines that count in the text of a notebook counted in its cells."""
    cell, line = _place(found.path, found.line, sources)
    if isinstance(found, Suggestion):
        sites = tuple(_site(site, sources) for site in found.sites)
        missed = tuple(_place(found.path, missed, sources)[1] for missed in found.coverage.missed)
        coverage = replace(found.coverage, missed=missed)
        return replace(found, cell=cell, line=line, sites=sites, coverage=coverage)
    if isinstance(found, Rejection):
        return replace(found, cell=cell, line=line, counterexample=_told(found.counterexample, sources))
    return replace(found, cell=cell, line=line, reason=_told(found.reason, sources))


def problem_in_cells(problem: Problem, sources: Mapping[str, SourceFile]) -> Problem:
    """The same for a problem."""
    own = sources[problem.path].located(problem) if problem.path in sources else problem
    return replace(own, message=_told(own.message, sources))


def _place(path: str, line: int, sources: Mapping[str, SourceFile]) -> tuple[int | None, int]:
    layout = sources[path].layout if path in sources else None
    return (None, line) if layout is None else layout.place(line)


def _site(site: SiteReport, sources: Mapping[str, SourceFile]) -> SiteReport:
    cell, line = _place(site.path, site.line, sources)
    return replace(site, cell=cell, line=line, end_line=line + site.end_line - site.line)


def _told(message: str, sources: Mapping[str, SourceFile]) -> str:
    """A message whose `FILE:LINE` name the cells of notebooks."""
    for source in sources.values():
        layout = source.layout
        if layout is not None and source.path.name in message:
            for match in reversed([*re.finditer(rf"{re.escape(str(source.path.resolve()))}:(\d+)", message)]):
                cell, line = layout.place(int(match[1]))
                place = f"{source.name}:cell {cell}:{line}"
                message = message[: match.start()] + place + message[match.end() :]
    return message
