"""The reports of the memory gate, each from the same plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from codeopt.gate.entry import GateEntry, GateOutcome, Verdict
from codeopt.notices import GREW
from codeopt.report.forms import for_forges
from codeopt.report.json import VERSION, encode_json, errors_json
from codeopt.report.junit import Skipped, junit_report
from codeopt.report.markdown import code, escape, table
from codeopt.report.remarks import Remark, fingerprint, numbered, path_in, problem_remark, repository_root
from codeopt.report.text import BOLD, GREEN, RED, YELLOW, counted, format_bytes, paint, position, problem_line
from codeopt.source import Problem, SourceFile, read_source

_COLORS = {Verdict.GREW: RED, Verdict.FELL: GREEN, Verdict.UNMEASURED: YELLOW}


def gate_report(outcome: GateOutcome, form: str, *, color: bool) -> str:
    """The report of the gate in one of the forms; as a patch it is empty."""
    if form == "text":
        return gate_text(outcome, color=color)
    if form == "json":
        return gate_json(outcome) + "\n"
    if form == "markdown":
        return gate_markdown(outcome)
    if form == "patch":
        return ""
    root = repository_root(Path.cwd())
    remarks = gate_remarks(outcome, root)
    if form == "junit":
        unmeasured = (e for e in outcome.entries if e.verdict is Verdict.UNMEASURED)
        skipped = [
            Skipped(path_in(root, e.path), e.line, f"peak of {e.function}", e.judgement.reason)
            for e in unmeasured
        ]
        return junit_report(remarks, outcome.seconds, skipped)
    about = {"environment": outcome.environment, "baseline": outcome.baseline}
    return for_forges(remarks, form, complete=not outcome.interrupted, about=about)


def gate_text(outcome: GateOutcome, *, color: bool) -> str:
    """One line an entry, those that grew with what they run, then the totals."""
    lines = [problem_line(problem, color) for problem in outcome.problems]
    for entry in outcome.entries:
        lines.append(entry_line(entry, color=color))
        if entry.verdict is Verdict.GREW:
            lines.append(f"   changed  {', '.join(entry.changed)}")
            lines.append(f"   workload {entry.origin} {entry.ref}")
    return "\n".join([*lines, *_totals(outcome)]) + "\n"


def entry_line(entry: GateEntry, *, color: bool) -> str:
    """The place of an entry, its verdict and its figures."""
    where = paint(f"{position(entry.path, entry.line, entry.cell)} {entry.function}", BOLD, color)
    tint = _COLORS.get(entry.verdict, "")
    return f"{where}: {paint(entry.verdict.value, tint, color and bool(tint))}{_figures(entry)}"


def _figures(entry: GateEntry) -> str:
    judgement = entry.judgement
    before, after = judgement.before_bytes, judgement.after_bytes
    told = ""
    if before is not None and after is not None:
        noise = format_bytes(judgement.noise_bytes or 0)
        told = f" {format_bytes(before)} -> {format_bytes(after)} (noise {noise})"
    elif after is not None:
        told = f" {format_bytes(after)}"
    return told + (f"; {judgement.reason}" if judgement.reason else "")


def _totals(outcome: GateOutcome) -> Iterator[str]:
    if outcome.interrupted:
        yield "Interrupted; what had been measured is kept."
    since = f"since {outcome.baseline}"
    if not outcome.functions:
        yield f"No function changed {since}."
        return
    changed = f"{counted(outcome.functions, 'function')} in {counted(outcome.files, 'file')} changed {since}"
    yield f"{changed}; {_counts(outcome)} ({outcome.seconds:.1f} s)."


def _counts(outcome: GateOutcome) -> str:
    found = Counter(entry.verdict for entry in outcome.entries)
    told = [f"{found[verdict]} {verdict.value}" for verdict in Verdict if found[verdict]]
    return f"peaks: {', '.join(told)}" if told else "nothing was measured"


def gate_json(outcome: GateOutcome) -> str:
    """One JSON document: environment, baseline, gate, errors, stats."""
    return encode_json(
        {
            "version": VERSION,
            "environment": outcome.environment,
            "baseline": outcome.baseline,
            "gate": [_entry(entry) for entry in outcome.entries],
            "errors": errors_json(outcome.problems),
            "stats": {
                "files": outcome.files,
                "functions": outcome.functions,
                "seconds": round(outcome.seconds, 3),
                "interrupted": outcome.interrupted,
            },
        }
    )


def _entry(entry: GateEntry) -> dict[str, Any]:
    judgement = entry.judgement
    place = {"path": entry.path} if entry.cell is None else {"path": entry.path, "cell": entry.cell}
    return {
        **place,
        "function": entry.function,
        "line": entry.line,
        "verdict": judgement.verdict.value,
        "before_bytes": judgement.before_bytes,
        "after_bytes": judgement.after_bytes,
        "noise_bytes": judgement.noise_bytes,
        "reason": judgement.reason,
        "changed": list(entry.changed),
        "workload": {"origin": entry.origin, "ref": entry.ref, "scale": 1.0} if entry.origin else None,
    }


def gate_markdown(outcome: GateOutcome) -> str:
    """A table of the entries, and of what could not be used."""
    lines = [f"**codeopt**: {escape(' '.join(_totals(outcome)))}"]
    if outcome.entries:
        lines += ["", *table(("Function", "Verdict", "Peak", "Workload"), map(_row, outcome.entries))]
    if outcome.problems:
        rows = ((code(position(p.path, p.line, p.cell)), escape(p.message)) for p in outcome.problems)
        lines += ["", *table(("Place", "What"), rows)]
    return "\n".join(lines) + "\n"


def _row(entry: GateEntry) -> tuple[str, ...]:
    verdict = f"**{entry.verdict.value}**" if entry.verdict is Verdict.GREW else entry.verdict.value
    figures = escape(_figures(entry).lstrip(" ;"))
    return code(f"{entry.path}::{entry.function}"), verdict, figures, escape(f"{entry.origin} {entry.ref}")


def gate_remarks(outcome: GateOutcome, root: Path) -> tuple[Remark, ...]:
    """Problems, then peaks that grew."""
    remarks = [problem_remark(problem, root) for problem in outcome.problems]
    remarks += [_grew(entry, root) for entry in outcome.grew]
    return tuple(numbered(remarks))


def _grew(entry: GateEntry, root: Path) -> Remark:
    judgement = entry.judgement
    message = f"the peak of {entry.function} grew:{_figures(entry)}"
    source = read_source(Path(entry.path), entry.path)
    placed = problem_remark(
        Problem(entry.path, entry.line, message, entry.cell),
        root,
        source if isinstance(source, SourceFile) else None,
    )
    measured = {
        "before_bytes": judgement.before_bytes,
        "after_bytes": judgement.after_bytes,
        "noise_bytes": judgement.noise_bytes,
    }
    return replace(
        placed,
        rule=GREW.code,
        name=GREW.name,
        function=entry.function,
        measured=measured,
        fingerprint=fingerprint(GREW.code, placed.path, entry.function, ""),
    )
