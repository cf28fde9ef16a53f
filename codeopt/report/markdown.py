"""Markdown for job summaries and comments; all that comes from the code is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from codeopt.report.outcome import SuggestOutcome
from codeopt.report.remarks import Remark
from codeopt.report.text import format_bytes, format_seconds

if TYPE_CHECKING:
    from codeopt.suggestion import Suggestion

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
_CALLS = re.compile(r"([@#])(?=\w)")
_MOST = 200
"""Rows of a table: a job summary must stay under 1 MiB."""


def check_markdown(remarks: Sequence[Remark], files: int) -> str:
    """A table of findings and problems."""
    counted = "file" if files == 1 else "files"
    if not remarks:
        return f"**codeopt**: nothing found in {files} {counted}.\n"
    noun = "finding" if len(remarks) == 1 else "findings"
    lines = [f"**codeopt**: {len(remarks)} {noun} in {files} {counted}.", "", *_remark_table(remarks)]
    return "\n".join(lines) + "\n"


def suggest_markdown(remarks: Sequence[Remark], outcome: SuggestOutcome) -> str:
    """A table of suggestions with their figures and proofs, the diff of each, and what was refused."""
    suggestions = outcome.suggestions
    noun = "suggestion" if len(suggestions) == 1 else "suggestions"
    lines = [f"**codeopt**: {len(suggestions)} {noun}.", ""]
    if suggestions:
        lines += table(
            ("Function", "Peak", "Time", "Trust", "Proof", "Workload"), map(_suggestion_row, suggestions)
        )
    own = [remark for remark in remarks if remark.level != "error"]
    for suggestion, remark in islice(zip(suggestions, own, strict=True), _MOST):
        lines += _details(suggestion, remark)
    if outcome.rejections:
        lines += ["", "Refused, since they would change what the program does:", ""]
        rows = (
            (code(f"{r.path}::{r.function}"), ", ".join(r.rules), escape(r.verdict))
            for r in outcome.rejections
        )
        lines += table(("Function", "Rules", "Verdict"), rows)
    problems = [remark for remark in remarks if remark.level == "error"]
    if problems:
        lines += ["", *_remark_table(problems)]
    return "\n".join(lines) + "\n"


def _remark_table(remarks: Iterable[Remark]) -> list[str]:
    rows = ((code(r.place), f"{r.rule} {escape(r.name)}", escape(r.message)) for r in remarks)
    return table(("Place", "Rule", "What"), rows)


def _suggestion_row(suggestion: Suggestion) -> tuple[str, ...]:
    before, after, verdict = suggestion.baseline, suggestion.optimized, suggestion.verdict
    saved = f"(−{suggestion.saved_percent:.1f} %)"
    return (
        code(f"{suggestion.path}::{suggestion.function}"),
        f"{format_bytes(before.peak_bytes)} → {format_bytes(after.peak_bytes)} {saved}",
        f"{format_seconds(before.seconds)} → {format_seconds(after.seconds)}",
        suggestion.trust.value,
        f"{verdict.cases} cases, {verdict.faults_caught} of {verdict.faults_planted} planted faults caught",
        escape(f"{suggestion.origin} {suggestion.ref}"),
    )


def _details(suggestion: Suggestion, remark: Remark) -> Iterator[str]:
    yield from ("", "<details>")
    yield f"<summary>{_html(suggestion.function)}: the change ({suggestion.id})</summary>"
    yield from ("", fenced(remark.diff, "diff"), "", "</details>")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table of cells that are escaped; what is too long is cut, and said to be."""
    rows = list(rows)
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows[:_MOST])]
    return lines if len(rows) <= _MOST else [*lines, "", f"… and {len(rows) - _MOST} more."]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line: no markup, links, mentions or HTML."""
    # Forges look for mentions and numbers of issues after backslashes are gone: a space of no width helps.
    return _SPECIAL.sub(r"\\\1", _CALLS.sub("\\1\N{ZERO WIDTH SPACE}", _html(" ".join(text.split()))))


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Text as code in a cell of a table, where a bar ends the cell even inside of backticks."""
    flat = " ".join(text.split())
    if "|" in flat or "`" in flat:
        return escape(flat)
    return f"`{flat}`"


def fenced(text: str, language: str) -> str:
    """A block of code whose fence is longer than any run of backticks in it."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
