"""Suggestions as remarks: each at the edit that saves most, with its figures and its proof."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeopt.notebook import read_notebook
from codeopt.report.json import figures_json, same_json
from codeopt.report.on_disk import OnDisk
from codeopt.report.outcome import SuggestOutcome
from codeopt.report.remarks import (
    FileFix,
    Related,
    Remark,
    fingerprint,
    numbered,
    path_in,
    problem_remark,
)
from codeopt.report.text import format_bytes, position

if TYPE_CHECKING:
    from codeopt.suggestion import FileChange, Suggestion


def suggest_remarks(outcome: SuggestOutcome, root: Path) -> tuple[Remark, ...]:
    """Problems first, then suggestions in their ranked order."""
    from codeopt.registry import load_rules

    names = {loaded.rule.code: loaded.rule.name for loaded in load_rules()}
    remarks = [problem_remark(problem, root) for problem in outcome.problems]
    remarks += [_remark(suggestion, names, root) for suggestion in outcome.suggestions]
    return tuple(numbered(remarks))


def _remark(suggestion: Suggestion, names: dict[str, str], root: Path) -> Remark:
    disks = {change.name: _on_disk(change) for change in suggestion.changes}
    sites = sorted(suggestion.sites, key=lambda site: -site.saved_bytes)
    best, path = sites[0], path_in(root, sites[0].path)
    code = [disks[s.path].excerpt(s.cell, s.line, s.end_line) for s in suggestion.sites]
    related = [
        Related(
            path_in(root, site.path),
            disks[site.path].whole_lines(site.cell, site.line, site.end_line),
            f"{site.rule} ({names[site.rule]}) saves {format_bytes(site.saved_bytes)}",
        )
        for site in sites
    ]
    return Remark(
        best.rule,
        names[best.rule],
        "warning",
        path,
        related[0].span,
        position(path, best.line, best.cell),
        suggestion.function,
        " ".join(_sentences(suggestion)),
        fingerprint(" ".join(suggestion.rules), path, suggestion.function, "\n".join(code)),
        fix=tuple(
            FileFix(path_in(root, change.name), disks[change.name].replacements(change.written))
            for change in suggestion.changes
        ),
        related=tuple(related[1:]),
        measured=_measured(suggestion),
        diff="".join(change.readable or change.diff for change in suggestion.changes),
    )


def _on_disk(change: FileChange) -> OnDisk:
    return (
        OnDisk(change.before)
        if change.whole is None
        else OnDisk(change.whole[0], read_notebook(change.whole[0]))
    )


def _sentences(suggestion: Suggestion) -> Iterator[str]:
    before, after = suggestion.baseline.peak_bytes, suggestion.optimized.peak_bytes
    of = "a run" if suggestion.origin == "run" else suggestion.function
    yield (
        f"The peak of {of} falls from {format_bytes(before)} to {format_bytes(after)} "
        f"(-{suggestion.saved_percent:.1f} %)."
    )
    verdict = suggestion.verdict
    yield (
        f"Proof: {suggestion.trust.value}, {verdict.cases} cases, "
        f"{verdict.faults_caught} of {verdict.faults_planted} planted faults caught."
    )
    yield f"Write it with `codeopt apply {suggestion.id}`."


def _measured(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "id": suggestion.id,
        "rules": suggestion.rules,
        "trust": suggestion.trust.value,
        "workload": {"origin": suggestion.origin, "ref": suggestion.ref, "scale": suggestion.scale},
        "baseline": figures_json(suggestion.baseline),
        "optimized": figures_json(suggestion.optimized),
        "saved_bytes": suggestion.saved_bytes,
        "floor_bytes": suggestion.floor_bytes,
        "equivalence": same_json(suggestion.verdict),
    }
