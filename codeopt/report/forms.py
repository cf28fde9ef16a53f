"""The forms of a report, each made of the same plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeopt.notices import NOTICES
from codeopt.report.outcome import CheckOutcome, SuggestOutcome
from codeopt.report.text import check_text, suggest_patch, suggest_text

if TYPE_CHECKING:
    from codeopt.report.remarks import Remark
    from codeopt.report.sarif import RulePage

IN_TERMS_OF_LINES = frozenset({"sarif", "github", "gitlab", "junit", "markdown"})
"""Forms that place findings in the files on disk, and so need their texts."""


def check_report(outcome: CheckOutcome, form: str, *, color: bool) -> str:
    """The report of `check` in one of the forms."""
    if form == "text":
        return check_text(outcome, color=color)
    if form == "json":
        from codeopt.report.json import check_json

        return check_json(outcome) + "\n"
    if form == "patch":
        return "".join(change.diff for change in outcome.changes)
    from codeopt.report.remarks import check_remarks, repository_root

    remarks = check_remarks(outcome, repository_root(Path.cwd()))
    if form == "markdown":
        from codeopt.report.markdown import check_markdown

        return check_markdown(remarks, outcome.files)
    if form == "junit":
        from codeopt.report.junit import junit_report

        return junit_report(remarks, outcome.seconds)
    return for_forges(remarks, form, complete=True, about={})


def suggest_report(outcome: SuggestOutcome, form: str, *, color: bool) -> str:
    """The report of `suggest` in one of the forms."""
    if form == "text":
        return suggest_text(outcome, color=color)
    if form == "json":
        from codeopt.report.json import suggest_json

        return suggest_json(outcome) + "\n"
    if form == "patch":
        return suggest_patch(outcome.suggestions)
    from codeopt.report.remarks import path_in, repository_root
    from codeopt.report.suggested import suggest_remarks

    root = repository_root(Path.cwd())
    remarks = suggest_remarks(outcome, root)
    if form == "markdown":
        from codeopt.report.markdown import suggest_markdown

        return suggest_markdown(remarks, outcome)
    if form == "junit":
        from codeopt.report.junit import Skipped, junit_report

        unproven = [
            Skipped(path_in(root, site.path), site.line, f"{site.rule} in {site.function}", site.reason)
            for site in outcome.unproven
        ]
        return junit_report(remarks, outcome.stats.seconds if outcome.stats else 0.0, unproven)
    about = {"environment": outcome.environment}
    return for_forges(remarks, form, complete=not outcome.interrupted, about=about)


def for_forges(remarks: tuple[Remark, ...], form: str, *, complete: bool, about: Mapping[str, Any]) -> str:
    """Remarks as `github`, `gitlab` or `sarif`; `about` says more of the run, which may not be `complete`."""
    if form == "github":
        from codeopt.report.github import github_commands

        return github_commands(remarks)
    if form == "gitlab":
        from codeopt.report.gitlab import gitlab_report

        return gitlab_report(remarks)
    from codeopt.report.sarif import sarif_log

    return sarif_log(remarks, _pages(remarks), complete=complete, about=about)


def _pages(remarks: Iterable[Remark]) -> dict[str, RulePage]:
    """The pages of the rules that the remarks name."""
    from codeopt.registry import load_rules
    from codeopt.report.sarif import RulePage

    codes = {remark.rule for remark in remarks}
    pages = {n.code: RulePage(n.code, n.name, n.summary, n.page, n.level) for n in NOTICES}
    if codes - set(pages):
        for loaded in load_rules():
            rule = loaded.rule
            pages[rule.code] = RulePage(
                rule.code, rule.name, rule.summary, loaded.page, trust=rule.trust.value, area=rule.area
            )
    return pages
