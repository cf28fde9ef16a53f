"""Findings that are known and accepted: a file of them, which a check leaves out of what it reports.

A finding is known again by its rule, its file, the function around it and the code on its lines, never by
line numbers: what moves up or down stays known, what is edited counts as new. Equal findings are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from codeopt.edit import Site
from codeopt.errors import UsageError
from codeopt.report.outcome import CheckOutcome
from codeopt.report.remarks import on_disk, path_in
from codeopt.source import write_atomic

_VERSION = 1


class Entry(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """One kind of finding and how often it stands there; `path` is relative to the project's root, `code`
    the lines it spans without the space around them."""

    path: str
    function: str
    rule: str
    code: str
    count: int = 1


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The findings of a project that are known."""

    version: int
    findings: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """An outcome without what is known, and lines that tell what else there is to know."""

    outcome: CheckOutcome
    told: str


def held_against(outcome: CheckOutcome, file: Path, root: Path) -> Compared:
    """The outcome without the findings of a baseline file, and which entries nothing was found for.

    Raises UsageError as `read_baseline`.
    """
    left, gone = without_known(outcome, read_baseline(file), root)
    lines = [f"{file}: gone: {_told(entry)}" for entry in gone]
    if gone:
        lines.append(f"write {file} anew with `codeopt check --write-baseline {file}`")
    return Compared(left, "".join(f"codeopt: {line}\n" for line in lines))


def written_to(outcome: CheckOutcome, file: Path, root: Path) -> Compared:
    """The outcome without its findings, once they are in a file. Raises UsageError if that fails."""
    number = write_baseline(file, outcome, root)
    left = replace(outcome, sites=(), known=number)
    return Compared(left, f"codeopt: wrote {number} {'finding' if number == 1 else 'findings'} to {file}\n")


def read_baseline(file: Path) -> Baseline:
    """A baseline file. Raises UsageError, naming the file and the cause, for one that cannot be used."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Baseline)
    except OSError as error:
        raise UsageError(f"{file}: the baseline cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not a baseline of findings: {error}") from error
    if found.version != _VERSION:
        raise UsageError(f"{file}: a baseline of version {found.version}; this codeopt reads {_VERSION}")
    return found


def write_baseline(file: Path, outcome: CheckOutcome, root: Path) -> int:
    """Write all findings of an outcome, and return how many there are. Raises UsageError if that fails."""
    counted = Counter(_entry(site, outcome, root) for site in outcome.sites)
    entries = sorted(msgspec.structs.replace(entry, count=count) for entry, count in counted.items())
    text = msgspec.json.format(msgspec.json.encode(Baseline(_VERSION, tuple(entries))), indent=2)
    try:
        write_atomic(file, text + b"\n")
    except OSError as error:
        raise UsageError(f"{file}: the baseline cannot be written: {error.strerror}") from error
    return len(outcome.sites)


def without_known(
    outcome: CheckOutcome, baseline: Baseline, root: Path
) -> tuple[CheckOutcome, tuple[Entry, ...]]:
    """The outcome without the findings that the baseline holds, and the entries (with how many of each)
    that nothing was found for any more.

    Entries of files that were renamed are found again in the new file. Of files that were not looked at
    nothing is said, unless they are no longer there.
    """
    left: Counter[Entry] = Counter()
    for entry in baseline.findings:
        left[msgspec.structs.replace(entry, count=1)] += entry.count
    entries = [_entry(site, outcome, root) for site in outcome.sites]
    new: list[int] = []
    for place, entry in enumerate(entries):
        if left[entry] > 0:
            left[entry] -= 1
        else:
            new.append(place)
    new = _not_renamed(new, entries, left, root)
    looked_at = {path_in(root, name) for name in outcome.checked}
    gone = sorted(
        msgspec.structs.replace(entry, count=count)
        for entry, count in left.items()
        if count > 0 and (entry.path in looked_at or not (root / entry.path).exists())
    )
    sites = tuple(outcome.sites[place] for place in new)
    return replace(outcome, sites=sites, known=len(outcome.sites) - len(sites)), tuple(gone)


def _told(entry: Entry) -> str:
    first, *more = entry.code.split("\n")
    times = f" ({entry.count} times)" if entry.count > 1 else ""
    return f"{entry.rule} in {entry.path}, {entry.function}: {first}{' ...' if more else ''}{times}"


def _not_renamed(new: Iterable[int], entries: list[Entry], left: Counter[Entry], root: Path) -> list[int]:
    """The findings that no entry of a file which is gone accounts for."""
    moved: dict[Any, list[Entry]] = {}
    for entry in left:
        if left[entry] > 0 and not (root / entry.path).exists():
            moved.setdefault((entry.function, entry.rule, entry.code), []).append(entry)
    still: list[int] = []
    for place in new:
        found = entries[place]
        known = moved.get((found.function, found.rule, found.code), [])
        old = next((entry for entry in known if left[entry] > 0), None)
        if old is None:
            still.append(place)
        else:
            left[old] -= 1
    return still


def _entry(site: Site, outcome: CheckOutcome, root: Path) -> Entry:
    source = outcome.sources.get(site.path)
    code = "" if source is None else on_disk(source).excerpt(site.cell, site.span.line, site.span.end_line)
    return Entry(path_in(root, site.path), site.function, site.rule, code)
