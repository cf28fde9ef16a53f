"""Refuses what would put somebody else's code, or what it wrote, beside a token that may write.

A CI job that runs for a fork's change with the rights of the repository must not run that code: it could
read the token. A report that such code wrote must not become a branch of the repository, where other jobs
would run it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from codeopt.bot.checkout import CheckoutUnreadable, commit_of, is_changed, settings
from codeopt.errors import CodeoptError

TOKENS = ("CODEOPT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "GITLAB_PRIVATE_TOKEN")
"""Variables that hold what may write. GitLab's own CI_JOB_TOKEN is in every job, and is not among them."""

_ABOUT_A_CHANGE = ("pull_request_target", "workflow_run")
_WITH_RIGHTS = (*_ABOUT_A_CHANGE, "issue_comment")
_WITH_NAME = re.compile(r"https?://[^/@\s]+@")
_KEPT_CREDENTIALS = r"^(http\..*\.extraheader|remote\..*\.(push)?url)$"
_RECIPE = (
    "run `codeopt {verb}` in a job without a token (on GitHub: event `pull_request`, `permissions: contents: "
    "read`, checkout with `persist-credentials: false`), keep its report as an artifact, and read that in a "
    "second job that runs nothing of the fork"
)


class UntrustedCode(CodeoptError):
    """Code, or a report, of somebody who may not write stands beside a token that may."""


def refuse_foreign_code(
    verb: str, root: Path, paths: Iterable[Path] = (), environment: Mapping[str, str] | None = None
) -> None:
    """Raise UntrustedCode where `verb` would run a fork's code of `root` or `paths` with a token in reach.

    In reach is a token in the environment, and one that a checkout keeps in git's configuration. Where it
    cannot be told whose code is checked out, it counts as a fork's.
    """
    given = os.environ if environment is None else environment
    folders = {root, *(path if path.is_dir() else path.parent for path in paths)}
    where = _foreign_change(folders, given)
    if where and (token := _token_in_reach(folders, given)):
        raise UntrustedCode(f"refused: {where}, and {token} may write; {_RECIPE.format(verb=verb)}")


def refuse_foreign_report(environment: Mapping[str, str] | None = None) -> None:
    """Raise UntrustedCode where the run that made the report was a fork's, as far as the event tells."""
    given = os.environ if environment is None else environment
    if given.get("GITHUB_EVENT_NAME") in _ABOUT_A_CHANGE and _is_foreign(given):
        raise UntrustedCode(
            "refused: the report comes from the run of a fork, and other jobs would run what a branch of the "
            "repository holds; show it as a review instead: `codeopt bot --review NUMBER`"
        )


def _foreign_change(folders: Iterable[Path], given: Mapping[str, str]) -> str:
    """Where the code in the folders comes from if that is a fork; empty if it does not."""
    event = given.get("GITHUB_EVENT_NAME", "")
    if event in _WITH_RIGHTS:
        own = not _is_foreign(given) or all(_is_own_commit(folder, given) for folder in folders)
        return (
            "" if own else f"`{event}` has the rights of the repository, and a fork's code may be checked out"
        )
    source, project = given.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), given.get("CI_PROJECT_ID")
    if source and source != project:
        return "this pipeline of the project is for the code of a fork's merge request"
    return ""


def _is_foreign(given: Mapping[str, str]) -> bool:
    """Whether the event is about a fork, or does not say."""
    event = _event(given)
    home = _at(event, "repository", "full_name") or given.get("GITHUB_REPOSITORY")
    heads = (
        _at(event, "pull_request", "head", "repo", "full_name"),
        _at(event, "workflow_run", "head_repository", "full_name"),
    )
    known = [str(head).lower() for head in heads if head]
    return not home or known != [str(home).lower()]


def _event(given: Mapping[str, str]) -> Any:
    try:
        return msgspec.json.decode(Path(given.get("GITHUB_EVENT_PATH", "")).read_bytes())
    except (OSError, msgspec.DecodeError, RecursionError):
        return None


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _is_own_commit(folder: Path, given: Mapping[str, str]) -> bool:
    """Whether the commit that the event itself stands on is checked out, unchanged: the repository's own."""
    try:
        return commit_of(folder, "HEAD") == given.get("GITHUB_SHA") and not is_changed(folder)
    except CheckoutUnreadable:
        return False


def _token_in_reach(folders: Iterable[Path], given: Mapping[str, str]) -> str:
    """What holds a token, by name; empty if nothing does. Values are never told."""
    for name in TOKENS:
        if given.get(name, "").strip():
            return f"the token in {name}"
    if any(_keeps_token(folder) for folder in folders):
        return "the token that the checkout keeps in git's configuration"
    return ""


def _keeps_token(folder: Path) -> bool:
    try:
        kept = settings(folder, _KEPT_CREDENTIALS)
    except CheckoutUnreadable:
        return True
    return any(name.endswith(".extraheader") or _WITH_NAME.match(value) for name, value in kept)
