"""Reads the JSON report of `codeopt suggest` as what it is to a bot: input that anybody may have written.

What is malformed is refused as a whole, before anything is posted. What merely no longer fits the base
commit is left out by itself.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from codeopt.bot.checkout import Entry, commit_of, contents, entries, place_in_repository
from codeopt.bot.escape import shortened, visible
from codeopt.bot.proposal import Proposal, change_digest, unified_diff
from codeopt.bot.texts import BadText, check_diff, check_text, patched
from codeopt.edit import Trust
from codeopt.errors import CodeoptError
from codeopt.source import NOTEBOOK

_LONGEST_PATH = 1_000
_BYTES = Annotated[int, msgspec.Meta(ge=0, le=2**50)]
_COUNT = Annotated[int, msgspec.Meta(ge=0, le=10**6)]
_SECONDS = Annotated[float, msgspec.Meta(ge=0, le=1e7)]
_CODE = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,30}[0-9]{3,10}\Z")]
# Qualified names; what may stand in them links and refers to nothing where titles and messages are shown.
_NAMES = r"^[\w.<>]+(, [\w.<>]+)*\Z"
_NEVER_IN = frozenset({".git", ".github", ".gitlab", ".hg", ".svn"})
_SHORT_NAME = re.compile(r"(git(hub|lab)?|gi[0-9a-f]{4})~\d+")
_SUFFIXES = (".py", NOTEBOOK)


class ArtifactRefused(CodeoptError):
    """A report that is not used at all; the message names the file and the cause."""


@dataclass(frozen=True, slots=True)
class ArtifactLimits:
    """How much of a report is read: bytes of the report and of one file, suggestions, and the lines and
    characters that one of them may remove and add."""

    report_bytes: int = 64 * 2**20
    file_bytes: int = 16 * 2**20
    suggestions: int = 200
    changed_lines: int = 600
    changed_characters: int = 60_000


@dataclass(frozen=True, slots=True)
class Skipped:
    """A suggestion that does not fit the base commit: what it is for, and why it is left out."""

    group: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a report offers at the base commit, and what of it is left out."""

    proposals: tuple[Proposal, ...]
    skipped: tuple[Skipped, ...]


class _Figures(msgspec.Struct, frozen=True):
    peak_bytes: _BYTES
    seconds: _SECONDS


class _Equivalence(msgspec.Struct, frozen=True):
    verdict: Literal["same"]
    level: Trust
    cases: Annotated[int, msgspec.Meta(ge=1, le=10**6)]
    faults_planted: _COUNT
    faults_caught: _COUNT


class _Workload(msgspec.Struct, frozen=True):
    origin: Literal["declared", "traced", "tests", "guessed", "run"]


class _OtherFile(msgspec.Struct, frozen=True):
    path: str


class _Suggestion(msgspec.Struct, frozen=True):
    path: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_PATH)]
    function: Annotated[str, msgspec.Meta(max_length=400, pattern=_NAMES)]
    rules: Annotated[tuple[_CODE, ...], msgspec.Meta(min_length=1, max_length=50)]
    trust: Trust
    diff: str
    source: str
    workload: _Workload
    baseline: _Figures
    optimized: _Figures
    floor_bytes: _BYTES
    equivalence: _Equivalence
    other_files: tuple[_OtherFile, ...] = ()

    @property
    def group(self) -> str:
        return f"{self.path}::{self.function}"


class _Report(msgspec.Struct, frozen=True):
    version: Literal[1]
    suggestions: tuple[_Suggestion, ...]


def read_artifact(path: Path, checkout: Path, limits: ArtifactLimits, *, base: str = "HEAD") -> Reading:
    """The changes that a report offers to the commit `base` of the repository that `checkout` is a folder of.

    Paths in the report are relative to that folder, those of the proposals to the repository's root. Of the
    checkout only git's own store is read. Raises ArtifactRefused for a report that is too large,
    malformed or asks for what no run of codeopt would ask for, CheckoutUnreadable where there is no such
    commit.
    """
    given = _decode(path, _read(path, limits), limits)
    prefix = place_in_repository(checkout)
    suggestions = [msgspec.structs.replace(one, path=prefix + one.path) for one in given]
    groups = Counter(suggestion.group for suggestion in suggestions)
    for number, suggestion in enumerate(suggestions):
        try:
            _check(suggestion, limits)
            if groups[suggestion.group] > 1:
                raise BadText("is there more than once")
        except BadText as bad:
            raise _refused(path, number, suggestion, str(bad)) from bad
    commit = commit_of(checkout, base)
    return _against(path, suggestions, prefix, checkout, commit, limits)


def _refused(path: Path, number: int, suggestion: _Suggestion, reason: str) -> ArtifactRefused:
    return _refusal(path, f"suggestion {number + 1}, {suggestion.group[:200]!r}: {reason}")


def _refusal(path: Path, reason: str) -> ArtifactRefused:
    """The reason may quote the report, and is for a terminal or a log."""
    return ArtifactRefused(f"{path}: refused, nothing is posted: {shortened(visible(reason), 600)}")


def _read(path: Path, limits: ArtifactLimits) -> bytes:
    """The bytes of the report. Neither follows a link nor waits for a pipe."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        linked = path.is_symlink()
        raise _refusal(
            path, "is a symbolic link" if linked else f"cannot be read: {error.strerror}"
        ) from error
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise _refusal(path, "is not a plain file")
        if about.st_size > limits.report_bytes:
            raise _refusal(path, f"holds {about.st_size} bytes, and {limits.report_bytes} are allowed")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(limits.report_bytes)
    finally:
        os.close(handle)


def _decode(path: Path, data: bytes, limits: ArtifactLimits) -> tuple[_Suggestion, ...]:
    try:
        report = msgspec.json.decode(data, type=_Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal(path, f"is not a report of `codeopt suggest --format json`: {error}") from error
    except RecursionError as error:
        raise _refusal(path, "nested too deeply") from error
    if (count := len(report.suggestions)) > limits.suggestions:
        raise _refusal(path, f"holds {count} suggestions, and {limits.suggestions} are allowed")
    return report.suggestions


def _check(suggestion: _Suggestion, limits: ArtifactLimits) -> None:
    """What can be said of a suggestion alone. Raises BadText."""
    _check_path(suggestion.path)
    if len(suggestion.source.encode()) > limits.file_bytes:
        raise BadText(f"its new text has more than {limits.file_bytes} bytes")
    check_diff(suggestion.diff, limits.changed_lines, limits.changed_characters)
    proof = suggestion.equivalence
    if proof.faults_caught > proof.faults_planted:
        raise BadText("more planted faults were caught than were planted")
    if not proof.level.within(suggestion.trust):
        raise BadText(f"claims to be {suggestion.trust}, but was proven {proof.level}")


def _check_path(path: str) -> None:
    parts = path.split("/")
    if len(path) > _LONGEST_PATH:
        raise BadText(f"its path has more than {_LONGEST_PATH} characters")
    if not path.isprintable() or "\\" in path:
        raise BadText("its path holds characters that no path should hold")
    if path.startswith("/") or ":" in parts[0] or "~" in parts[0][:1]:
        raise BadText("its path is absolute")
    if any(part in ("", ".", "..") for part in parts):
        raise BadText("its path leads out of the repository, or is not in its plain form")
    for part in parts:
        # Some file systems take these names for those of the folders that steer a repository.
        name = part.partition(":")[0].rstrip(". ").casefold()
        if name in _NEVER_IN or _SHORT_NAME.fullmatch(name):
            raise BadText(f"its path leads into {name}")
    if not path.endswith(_SUFFIXES):
        raise BadText("its path is neither that of a Python file nor of a notebook")


def _against(
    path: Path,
    suggestions: Sequence[_Suggestion],
    prefix: str,
    checkout: Path,
    commit: str,
    limits: ArtifactLimits,
) -> Reading:
    tracked = entries(checkout, commit, sorted({s.path for s in suggestions}))
    skipped: list[Skipped] = []
    fitting: list[tuple[int, _Suggestion, Entry]] = []
    for number, suggestion in enumerate(suggestions):
        reason = _unfit(suggestion, tracked.get(suggestion.path), limits)
        if reason:
            skipped.append(Skipped(suggestion.group, reason))
        else:
            fitting.append((number, suggestion, tracked[suggestion.path]))
    proposals: list[Proposal] = []
    texts = contents(checkout, [entry for _, _, entry in fitting])
    for (number, suggestion, _), data in zip(fitting, texts, strict=True):
        try:
            found = _proposal(suggestion, data, prefix)
        except BadText as bad:
            raise _refused(path, number, suggestion, str(bad)) from bad
        if isinstance(found, Skipped):
            skipped.append(found)
        else:
            proposals.append(found)
    return Reading(tuple(proposals), tuple(skipped))


def _unfit(suggestion: _Suggestion, entry: Entry | None, limits: ArtifactLimits) -> str:
    """Why a suggestion cannot be offered on the base commit; empty if it may be."""
    if suggestion.optimized.peak_bytes >= suggestion.baseline.peak_bytes:
        return "does not lower the peak, which is what pull requests are for"
    if suggestion.other_files:
        return "changes several files at once, which no single pull request of the bot offers"
    if entry is None:
        return "its file is not tracked at the base commit"
    if entry.reason:
        return f"its path {entry.reason} at the base commit"
    return "its file is too large" if entry.size > limits.file_bytes else ""


def _proposal(suggestion: _Suggestion, data: bytes, prefix: str) -> Proposal | Skipped:
    """The change as it is on the base commit. Raises BadText."""
    bom = "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""
    try:
        before = data.decode()
    except UnicodeDecodeError:
        return Skipped(suggestion.group, "its file is not UTF-8 at the base commit")
    # A report's texts are without the mark that may begin a file.
    after = bom + suggestion.source
    # The new text was made of an old one: only where their difference fits is that the one here.
    name = suggestion.path.removeprefix(prefix)
    if patched(name, before.removeprefix(bom), suggestion.diff) != suggestion.source:
        return Skipped(suggestion.group, "its file changed since the report was made")
    check_text(suggestion.path, before, after)
    return _made(suggestion, before, after)


def _made(suggestion: _Suggestion, before: str, after: str) -> Proposal:
    baseline, optimized, proof = suggestion.baseline, suggestion.optimized, suggestion.equivalence
    share = 100 * (baseline.peak_bytes - optimized.peak_bytes) / baseline.peak_bytes
    return Proposal(
        group=suggestion.group,
        path=suggestion.path,
        before=before,
        after=after,
        title=f"Lower the peak memory of {suggestion.function} by {share:.0f} %",
        rules=suggestion.rules,
        trust=suggestion.trust,
        baseline_bytes=baseline.peak_bytes,
        optimized_bytes=optimized.peak_bytes,
        floor_bytes=suggestion.floor_bytes,
        baseline_seconds=baseline.seconds,
        optimized_seconds=optimized.seconds,
        origin=suggestion.workload.origin,
        cases=proof.cases,
        faults_planted=proof.faults_planted,
        faults_caught=proof.faults_caught,
        diff=unified_diff(suggestion.path, before, after),
        digest=change_digest(suggestion.group, before, after),
    )
