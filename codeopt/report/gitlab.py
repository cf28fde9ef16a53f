"""A Code Quality report of GitLab: a list of issues, compared between branches by their fingerprints."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from codeopt.report.remarks import Remark

_SEVERITIES = {"warning": "minor", "error": "major"}


class Lines(msgspec.Struct, frozen=True):
    """First and last line, from 1."""

    begin: int
    end: int


class Location(msgspec.Struct, frozen=True):
    """A place in a file, whose path is relative to the repository's root."""

    path: str
    lines: Lines


class Issue(msgspec.Struct, frozen=True):
    """One entry of the report."""

    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: Location


def gitlab_report(remarks: Iterable[Remark]) -> str:
    """The report as JSON; an empty list where there is nothing to say."""
    issues = [
        Issue(
            remark.message,
            f"{remark.rule} {remark.name}",
            remark.fingerprint,
            _SEVERITIES[remark.level],
            Location(remark.path, Lines(remark.span.line, remark.span.end_line)),
        )
        for remark in remarks
    ]
    return msgspec.json.format(msgspec.json.encode(issues), indent=2).decode() + "\n"
