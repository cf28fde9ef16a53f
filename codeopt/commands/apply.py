"""`codeopt apply`: write suggestions of the last run, if their files are still what they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from codeopt.errors import UsageError
from codeopt.merge import MergeConflict, merge
from codeopt.output_check import RefusedOutput, check_output
from codeopt.source import Problem, SourceFile, read_source, write_atomic
from codeopt.store import StoredRun, StoredSuggestion, load_run, write_run


@dataclass
class ApplyOutcome:
    """Suggestions written, and those refused with the reason."""

    applied: list[StoredSuggestion] = field(default_factory=list)
    refused: list[tuple[StoredSuggestion, str]] = field(default_factory=list)


def apply(ids: Sequence[str], root: Path, *, everything: bool) -> ApplyOutcome:
    """Write the suggestions named by id (a unique prefix will do), or all of them.

    Raises UsageError for an unknown id or when nothing is stored. Each file is written once,
    atomically; a suggestion whose files changed since is refused and the rest goes on.
    """
    run = load_run(root)
    chosen = _chosen(run, ids, everything)
    outcome = ApplyOutcome()
    done = list(run.applied)
    for suggestion in chosen:
        if suggestion.id in done:
            outcome.refused.append((suggestion, "already applied"))
            continue
        try:
            texts = _texts(run, done, suggestion)
        except _Refused as refusal:
            outcome.refused.append((suggestion, str(refusal)))
            continue
        for source, text in texts:
            write_atomic(source.path, source.encode(text))
        done.append(suggestion.id)
        outcome.applied.append(suggestion)
        write_run(root, msgspec.structs.replace(run, applied=done))
    return outcome


class _Refused(Exception):
    """Why one suggestion cannot be written."""


def _chosen(run: StoredRun, ids: Sequence[str], everything: bool) -> list[StoredSuggestion]:
    if everything:
        return [s for s in run.suggestions if s.id not in run.applied]
    chosen = []
    for wanted in ids:
        found = [s for s in run.suggestions if s.id.startswith(wanted)]
        if len(found) != 1:
            known = ", ".join(s.id for s in run.suggestions) or "none"
            state = "no suggestion has" if not found else "several suggestions have"
            raise UsageError(f"{state} the id {wanted!r}; the last run's are: {known}")
        chosen.append(found[0])
    return chosen


def _texts(run: StoredRun, done: Sequence[str], suggestion: StoredSuggestion) -> list[tuple[SourceFile, str]]:
    """Every file of the suggestion with its new text. Raises _Refused."""
    texts = []
    for change in suggestion.changes:
        source = read_source(Path(change.path), change.name)
        if isinstance(source, Problem):
            raise _Refused(f"{source.path}: {source.message}")
        earlier = _afters(run, done, change.path)
        if source.text != merge(change.before, earlier):
            raise _Refused(
                f"{change.name} changed since the suggestion was made; run `codeopt suggest` again"
            )
        try:
            texts.append((source, merge(change.before, [*earlier, change.after])))
        except MergeConflict as conflict:
            raise _Refused(
                f"{change.name}: {conflict} (by a suggestion written before); run `codeopt suggest` again"
            ) from conflict
        try:
            check_output(change.name, source.text, texts[-1][1])
        except RefusedOutput as refused:
            raise _Refused(str(refused)) from refused
    return texts


def _afters(run: StoredRun, done: Sequence[str], path: str) -> list[str]:
    by_id: Mapping[str, StoredSuggestion] = {s.id: s for s in run.suggestions}
    return [c.after for i in done for c in by_id[i].changes if c.path == path]
