"""What `codeopt init` found: which target has which workload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from codeopt.report.json import encode_json
from codeopt.source import Problem

NONE = "none"
_ORIGINS = ("declared", "traced", "tests", "guessed", NONE)
_WIDEST = 60


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """A function that holds sites, as `PATH::QUALNAME`, and where its workload comes from.

    `detail` names the workload or, where the origin is `none`, says why there is none.
    """

    target: str
    origin: str
    detail: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that init would write, or add to where it `exists`; relative to the root.

    `reason` says why that is left to a person; `text` is empty then.
    """

    file: str
    text: str
    exists: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """All targets of a project, what could not be used, and what init would write.

    `file` is the workload file, relative to the root; `text` what it would hold, or what would be added
    to it where it `exists`; empty where there is nothing to add. `pieces` are other files; without
    `workloads` nobody looked for any.
    """

    rows: tuple[SurveyRow, ...]
    problems: tuple[Problem, ...]
    file: str
    text: str
    exists: bool
    pieces: tuple[Piece, ...] = ()
    workloads: bool = True


def survey_text(survey: Survey) -> str:
    """A line for each target, the kinds of workloads counted, and the text to be written."""
    lines = [f"{problem.path}:{problem.line}: {problem.message}" for problem in survey.problems]
    width = min(_WIDEST, max((len(row.target) for row in survey.rows), default=0))
    lines += [f"{row.target:<{width}}  {row.origin:<8}  {row.detail}" for row in survey.rows]
    if survey.workloads:
        lines.append(_counted(survey.rows))
    for piece in (Piece(survey.file, survey.text, survey.exists), *survey.pieces):
        lines += _shown(piece)
    return "".join(f"{line}\n" for line in lines)


def _shown(piece: Piece) -> list[str]:
    if piece.reason:
        return ["", f"{piece.file} stays as it is: {piece.reason.rstrip()}"]
    if not piece.text:
        return []
    what = f"to be added to {piece.file}" if piece.exists else piece.file
    return ["", f"--- {what}", piece.text.strip("\n"), "---"]


def survey_report(survey: Survey, form: str) -> str:
    """The report as `text` or as `json`."""
    if form == "text":
        return survey_text(survey)
    document = {
        "version": 1, "targets": survey.rows, "errors": survey.problems, "file": survey.file,
        "exists": survey.exists, "text": survey.text, "pieces": survey.pieces,
    }  # fmt: skip
    return encode_json(document) + "\n"


def _counted(rows: Sequence[SurveyRow]) -> str:
    if not rows:
        return "no function holds a site that could be rewritten"
    counts = Counter(row.origin for row in rows)
    kinds = [f"{counts[origin]} {origin}" for origin in _ORIGINS if counts[origin]]
    return f"{len(rows)} {'target' if len(rows) == 1 else 'targets'}: {', '.join(kinds)}"
