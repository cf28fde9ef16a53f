"""The reports a person reads in a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from codeopt.equivalence.verdict import Crashed, Differs, Same, TimedOut, Unproven
from codeopt.report.outcome import CheckOutcome, Finding, ProveOutcome, SuggestOutcome
from codeopt.source import Problem
from codeopt.workload.coverage import Coverage

if TYPE_CHECKING:
    from codeopt.suggestion import Rejection, Suggestion

RED, GREEN, YELLOW, CYAN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m"
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def format_bytes(size: int) -> str:
    """A size with a binary unit and three figures at least."""
    for unit, name in _UNITS:
        if abs(size) >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} B"


def format_seconds(seconds: float) -> str:
    """A duration in s, ms or µs."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def position(path: str, line: int, cell: int | None) -> str:
    """A place as people and editors know it: `PATH:LINE`, in a notebook `PATH:cell CELL:LINE`."""
    return f"{path}:{line}" if cell is None else f"{path}:cell {cell}:{line}"


def check_text(outcome: CheckOutcome, *, color: bool) -> str:
    """One line a finding, then one a problem, then the totals."""
    lines = [problem_line(problem, color) for problem in outcome.problems]
    for site in outcome.sites:
        place = position(site.path, site.span.line, site.cell)
        where = paint(f"{place}:{site.span.column}:", BOLD, color)
        rule = paint(site.rule, RED, color)
        fixable = " [*]" if site.edits else ""
        lines.append(f"{where} {rule}{fixable} {site.message} ({outcome.names[site.rule]})")
    lines += _check_totals(outcome)
    return "".join(line + "\n" for line in lines)


def _check_totals(outcome: CheckOutcome) -> Iterator[str]:
    count = len(outcome.sites)
    files = counted(outcome.files, "file")
    if outcome.fixed:
        yield f"Fixed {counted(outcome.fixed, 'finding')}."
    if count:
        fixable = sum(1 for s in outcome.sites if s.edits and s.trust == "exact")
        hint = f" {fixable} fixable with `codeopt check --fix` ([*])." if fixable else ""
        yield f"Found {counted(count, 'finding')} in {files}.{hint}"
    elif not outcome.problems:
        yield f"Nothing {'new ' if outcome.known else ''}found in {files}."
    if outcome.known:
        yield f"{counted(outcome.known, 'known finding')} left out."


def suggest_text(outcome: SuggestOutcome, *, color: bool) -> str:
    """Ranked suggestions with their diffs, refusals with their counterexamples, totals."""
    lines: list[str] = [problem_line(problem, color) for problem in outcome.problems]
    for number, suggestion in enumerate(outcome.suggestions, 1):
        lines += ["", *_suggestion_lines(number, suggestion, color)]
    if outcome.rejections:
        lines += ["", paint("Refused: these rewrites would change what the program does", BOLD, color)]
        for rejection in outcome.rejections:
            lines += _rejection_lines(rejection, color)
    lines += ["", *_suggest_totals(outcome)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _suggestion_lines(number: int, suggestion: Suggestion, color: bool) -> Iterator[str]:
    before, after = suggestion.baseline, suggestion.optimized
    place = position(suggestion.path, suggestion.line, suggestion.cell)
    where = paint(f"{place} {suggestion.function}", BOLD, color)
    yield f"{number}. {where}  [{suggestion.id}]"
    saved = paint(f"-{suggestion.saved_percent:.1f} %", GREEN, color)
    peaks = f"{format_bytes(before.peak_bytes)} -> {format_bytes(after.peak_bytes)}"
    floor = f"the call must return or keep {format_bytes(suggestion.floor_bytes)}"
    if suggestion.origin == "run":
        floor = "of the whole process"
    yield f"   peak     {peaks} ({saved}); {floor}"
    resident = f"{format_bytes(before.resident_bytes)} -> {format_bytes(after.resident_bytes)}"
    yield f"   resident {resident}; time {format_seconds(before.seconds)} -> {format_seconds(after.seconds)}"
    yield from _proof_lines(suggestion.verdict, suggestion.trust.value)
    yield f"   workload {suggestion.origin} {suggestion.ref}, {_coverage(suggestion.coverage)}"
    if suggestion.tests:
        yield f"   tests    {counted(len(suggestion.tests), 'test')} of the project that call it still pass"
    for site in suggestion.sites:
        place = position(site.path, site.line, site.cell)
        yield f"   {site.rule} {place} saves {format_bytes(site.saved_bytes)}"
    for change in suggestion.changes:
        for line in (change.readable or change.diff).splitlines():
            tint = {"+": GREEN, "-": RED, "@": CYAN}.get(line[:1], "")
            yield "   " + paint(line, tint, color and bool(tint))


def _coverage(coverage: Coverage) -> str:
    """How far the inputs reach, in words."""
    lines = f"runs {coverage.statements_run} of {counted(coverage.statements, 'touched statement')}"
    if not coverage.branches:
        return lines
    return f"{lines} and takes {coverage.branches_run} of {coverage.branches} ways at branches"


def _rejection_lines(rejection: Rejection, color: bool) -> Iterator[str]:
    where = f"{position(rejection.path, rejection.line, rejection.cell)} {rejection.function}"
    yield f"  {where}  {', '.join(rejection.rules)}: {rejection.verdict}"
    for line in rejection.counterexample.splitlines():
        yield "      " + paint(line, DIM, color)
    if rejection.reproduce:
        script = Path(os.path.relpath(rejection.variant_path)).with_suffix(".sh")
        yield "      " + paint(f"to see it: sh {script}", DIM, color)


def _suggest_totals(outcome: SuggestOutcome) -> Iterator[str]:
    if outcome.unproven:
        reasons: dict[str, int] = {}
        for site in outcome.unproven:
            reasons[site.reason] = reasons.get(site.reason, 0) + 1
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1])[:5]:
            yield f"{counted(count, 'site')} unproven: {reason}."
    stats = outcome.stats
    if outcome.interrupted:
        yield "Interrupted; what had finished is kept."
    if stats is not None:
        found = f"{counted(len(outcome.suggestions), 'suggestion')} from {counted(stats.targets, 'target')}"
        effort = f"{counted(stats.files, 'file')}, {counted(stats.evaluations, 'evaluation')}"
        yield f"{found} in {effort}, {stats.seconds:.1f} s."
    isolation = outcome.environment.get("isolation")
    if isolation == "rlimits":
        yield "Warning: the code ran under resource limits only; `codeopt doctor` says what is missing."
    elif isolation:
        yield f"The code ran in the sandbox {isolation}."
    if outcome.suggestions:
        yield "Write them with `codeopt apply ID ...` or `codeopt apply --all`."


def prove_text(outcome: ProveOutcome, color: bool) -> str:
    """The verdict on two versions, why, and their peaks."""
    return "\n".join(_prove_lines(outcome, color)) + "\n"


def _prove_lines(outcome: ProveOutcome, color: bool) -> Iterator[str]:
    head = paint(f"{outcome.function}: {outcome.old} and {outcome.new}", BOLD, color)
    match outcome.verdict:
        case Same() as same:
            yield f"{head}: {paint('the same', GREEN, color)}"
            yield from _proof_lines(same, same.level.value)
        case Differs(counterexample):
            yield f"{head}: {paint('they differ', RED, color)}"
            yield from (f"   {line}" for line in counterexample.splitlines())
            if outcome.script:
                yield from ("", "To see it, paste into a shell:", "", outcome.script.rstrip())
        case Crashed(reason):
            yield f"{head}: {paint('the new version crashed', RED, color)}: {reason}"
        case TimedOut(seconds):
            yield f"{head}: {paint('the new version', RED, color)} did not finish within {seconds:g} s"
        case Unproven(reason):
            yield f"{head}: {paint('unproven', RED, color)}: {reason}"
    before, after = outcome.baseline, outcome.optimized
    if before is not None and after is not None:
        peaks = f"{format_bytes(before.peak_bytes)} -> {format_bytes(after.peak_bytes)}"
        times = f"{format_seconds(before.seconds)} -> {format_seconds(after.seconds)}"
        yield f"   peak     {peaks}; time {times}"
        yield f"   workload {outcome.workload}"


def _proof_lines(verdict: Same, trust: str) -> Iterator[str]:
    faults = f"{verdict.faults_caught} of {verdict.faults_planted} planted faults caught"
    note = f"; not compared, differs by itself: {', '.join(verdict.unstable[:3])}" if verdict.unstable else ""
    yield f"   proof    {trust}, {verdict.cases} cases, {faults}{note}"
    for caveat in verdict.caveats:
        yield f"   caveat   outside of the workload: {caveat}"


def doctor_text(findings: Sequence[Finding], color: bool) -> str:
    """One line a finding, states in colour."""
    tints = {"ok": GREEN, "warning": YELLOW, "missing": RED}
    width = max(len(f.topic) for f in findings)
    lines = [
        f"{paint(f.state.ljust(7), tints[f.state], color)}  {f.topic.ljust(width)}  {f.detail}"
        for f in findings
    ]
    return "\n".join(lines) + "\n"


def suggest_patch(suggestions: Sequence[Suggestion]) -> str:
    """The diffs alone, best first, for `git apply`."""
    return "".join(change.diff for suggestion in suggestions for change in suggestion.changes)


def problem_line(problem: Problem, color: bool) -> str:
    """A file, or a line of it, that could not be used."""
    where = paint(f"{position(problem.path, problem.line, problem.cell)}:", BOLD, color)
    return f"{where} {paint('error', RED, color)}: {problem.message}"


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def paint(text: str, code: str, color: bool) -> str:
    """The text between an escape code and the end of it, where colour is wanted."""
    return f"{code}{text}{PLAIN}" if color else text
