"""What a verb hands to its report: collected, ordered, and free of anything that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codeopt.edit import Site
from codeopt.source import Problem, SourceFile

if TYPE_CHECKING:
    from codeopt.equivalence.verdict import Verdict
    from codeopt.suggestion import Figures, FileChange, Rejection, Stats, Suggestion, UnprovenSite


@dataclass(frozen=True)
class CheckOutcome:
    """Findings and problems of a static run; `names` maps rule code to rule name.

    `checked` are the names of the files looked at; `sources` the texts of those with findings and `changes`
    what a fix would write, where the report asks for them; `known` counts findings that a baseline file left
    out.
    """

    sites: tuple[Site, ...]
    problems: tuple[Problem, ...]
    names: Mapping[str, str]
    files: int
    lines: int
    seconds: float
    fixed: int = 0
    checked: tuple[str, ...] = ()
    sources: Mapping[str, SourceFile] = field(default_factory=dict)
    changes: tuple[FileChange, ...] = ()
    known: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `doctor` looked at: `state` is ok, warning or missing."""

    topic: str
    state: str
    detail: str


@dataclass
class SuggestOutcome:
    """Everything a `suggest` run found, suggestions ranked; `interrupted` if it was cut short."""

    environment: dict[str, object]
    suggestions: list[Suggestion] = field(default_factory=list)
    unproven: list[UnprovenSite] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    stats: Stats | None = None
    interrupted: bool = False


@dataclass(frozen=True)
class ProveOutcome:
    """The verdict on the versions of `function` in the files `old` and `new`, and their figures:
    None where nothing was measured, `optimized` also where the new version is not the same. `script`
    is a shell command that shows where it differs, if it does."""

    environment: Mapping[str, object]
    old: str
    new: str
    function: str
    workload: str
    verdict: Verdict
    baseline: Figures | None
    optimized: Figures | None
    floor_bytes: int
    script: str = ""
