"""The JSON reports of `check` and `suggest`; the shapes are part of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from codeopt.edit import Site
from codeopt.equivalence.verdict import Crashed, Differs, Same, TimedOut, Unproven
from codeopt.report.outcome import CheckOutcome, ProveOutcome, SuggestOutcome
from codeopt.source import Problem

if TYPE_CHECKING:
    from codeopt.suggestion import Figures, Rejection, Suggestion

VERSION = 1


def check_json(outcome: CheckOutcome) -> str:
    """One JSON document: findings, errors, stats."""
    return encode_json(
        {
            "version": VERSION,
            "findings": [_finding(site, outcome.names[site.rule]) for site in outcome.sites],
            "errors": errors_json(outcome.problems),
            "stats": {"files": outcome.files, "lines": outcome.lines, "seconds": round(outcome.seconds, 3)},
        }
    )


def suggest_json(outcome: SuggestOutcome) -> str:
    """One JSON document: environment, suggestions, unproven, rejected, errors, stats."""
    return encode_json(
        {
            "version": VERSION,
            "environment": outcome.environment,
            "suggestions": [_suggestion(s) for s in outcome.suggestions],
            "unproven": outcome.unproven,
            "rejected": [_rejection(r) for r in outcome.rejections],
            "errors": errors_json(outcome.problems),
            "stats": outcome.stats,
        }
    )


def prove_json(outcome: ProveOutcome) -> str:
    """One JSON document: what was held against what, the verdict, and the figures of both."""
    return encode_json(
        {
            "version": VERSION,
            "environment": outcome.environment,
            "path": outcome.old,
            "new_path": outcome.new,
            "function": outcome.function,
            "workload": {"origin": "declared", "ref": outcome.workload, "scale": 1.0},
            "equivalence": _verdict(outcome),
            "baseline": figures_json(outcome.baseline) if outcome.baseline is not None else None,
            "optimized": figures_json(outcome.optimized) if outcome.optimized is not None else None,
            "floor_bytes": outcome.floor_bytes,
        }
    )


def _verdict(outcome: ProveOutcome) -> dict[str, Any]:
    match outcome.verdict:
        case Same() as same:
            return same_json(same)
        case Differs(counterexample):
            return {"verdict": "differs", "counterexample": counterexample, "reproduce": outcome.script}
        case Crashed(reason):
            return {"verdict": "crashed", "reason": reason}
        case TimedOut(seconds):
            return {"verdict": "timed out", "reason": f"did not finish within {seconds:g} s"}
        case Unproven(reason):
            return {"verdict": "unproven", "reason": reason}


def encode_json(document: Mapping[str, Any]) -> str:
    """Indented JSON of plain data."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def errors_json(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """The files, and lines of files, that could not be used."""
    return [{**_place(p.path, p.cell), "line": p.line, "message": p.message} for p in problems]


def _place(path: str, cell: int | None) -> dict[str, Any]:
    """A file, and in a notebook the cell that lines are counted in."""
    return {"path": path} if cell is None else {"path": path, "cell": cell}


def _finding(site: Site, name: str) -> dict[str, Any]:
    edits = [{"start": e.start, "end": e.end, "text": e.text} for e in site.edits]
    return {
        "rule": site.rule,
        "name": name,
        **_place(site.path, site.cell),
        "line": site.span.line,
        "column": site.span.column,
        "end_line": site.span.end_line,
        "end_column": site.span.end_column,
        "function": site.function,
        "message": site.message,
        "trust": site.trust.value,
        "fix": {"edits": edits, "imports": list(site.imports)} if edits else None,
    }


def figures_json(figures: Figures) -> dict[str, Any]:
    return {
        "peak_bytes": figures.peak_bytes,
        "seconds": figures.seconds,
        "resident_bytes": figures.resident_bytes,
    }


def _rejection(rejection: Rejection) -> dict[str, Any]:
    return {
        **_place(rejection.path, rejection.cell),
        "function": rejection.function,
        "line": rejection.line,
        "rules": rejection.rules,
        "verdict": rejection.verdict,
        "counterexample": rejection.counterexample,
        "reproduce": rejection.reproduce,
    }


def same_json(verdict: Same) -> dict[str, Any]:
    return {
        "verdict": "same",
        "level": verdict.level.value,
        "cases": verdict.cases,
        "self_check": verdict.self_check,
        "unstable": verdict.unstable,
        "faults_planted": verdict.faults_planted,
        "faults_caught": verdict.faults_caught,
        "max_error": verdict.max_error,
        "caveats": verdict.caveats,
    }


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    own, *others = suggestion.changes
    return {
        "id": suggestion.id,
        **_place(suggestion.path, suggestion.cell),
        "function": suggestion.function,
        "line": suggestion.line,
        "rules": suggestion.rules,
        "trust": suggestion.trust.value,
        "sites": suggestion.sites,
        "diff": "".join(change.diff for change in suggestion.changes),
        "source": own.written,
        "other_files": [{"path": c.name, "source": c.written} for c in others],
        "workload": {
            "origin": suggestion.origin,
            "ref": suggestion.ref,
            "scale": suggestion.scale,
            "coverage": suggestion.coverage,
        },
        "baseline": figures_json(suggestion.baseline),
        "optimized": figures_json(suggestion.optimized),
        "floor_bytes": suggestion.floor_bytes,
        "equivalence": same_json(suggestion.verdict),
        "tests": suggestion.tests,
        "pareto": [
            {
                "sites": point.sites,
                "peak_bytes": point.peak_bytes,
                "seconds": point.seconds,
                "level": point.level.value,
                "error": point.error,
            }
            for point in suggestion.pareto
        ],
    }
