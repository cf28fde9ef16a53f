"""A fork's code never runs beside a token that may write, and what it wrote never becomes a branch."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from codeopt.bot.trust import TOKENS, UntrustedCode, refuse_foreign_code, refuse_foreign_report

HOME, FORK = "acme/tool", "mallory/tool"


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *settings, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the commit of the base, and on it, checked out, that of a pull request."""
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for text in ("base", "head"):
        (root / "a.py").write_text(f"x = '{text}'\n")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", text)
    return root


def event(folder: Path, name: str, head: str | None, **more: str) -> Mapping[str, str]:
    """The environment of a job on GitHub for an event about `head`'s change."""
    repository = None if head is None else {"full_name": head}
    payloads: dict[str, dict[str, object]] = {
        "pull_request_target": {"pull_request": {"head": {"repo": repository, "sha": "1" * 40}}},
        "pull_request": {"pull_request": {"head": {"repo": repository, "sha": "1" * 40}}},
        "workflow_run": {"workflow_run": {"head_repository": repository, "head_sha": "1" * 40}},
        "issue_comment": {"issue": {"number": 1}, "comment": {"body": "/codeopt"}},
        "push": {"after": "1" * 40},
    }
    file = folder.parent / f"{name} of {str(head).replace('/', ' ')}.json"
    file.write_text(json.dumps({**payloads[name], "repository": {"full_name": HOME}}))
    return {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file), "GITHUB_REPOSITORY": HOME, **more}


def refused(checkout: Path, environment: Mapping[str, str], *paths: Path) -> str:
    with pytest.raises(UntrustedCode) as error:
        refuse_foreign_code("suggest", checkout, paths, environment)
    assert error.value.exit_code == 2
    assert "secret" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run", "issue_comment"])
@pytest.mark.parametrize("token", TOKENS)
def test_a_forks_code_beside_a_token(checkout: Path, name: str, token: str) -> None:
    message = refused(checkout, event(checkout, name, FORK, **{token: "secret"}))
    assert f"`{name}`" in message
    assert f"the token in {token}" in message
    assert "`persist-credentials: false`" in message


@pytest.mark.parametrize("head", [None, "acme/tool-fork", ""])
def test_a_head_that_is_gone_or_only_named_alike(checkout: Path, head: str | None) -> None:
    refused(checkout, event(checkout, "pull_request_target", head, GITHUB_TOKEN="secret"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("http.https://github.com/.extraheader", "AUTHORIZATION: basic secret"),
        ("remote.origin.url", "https://x-access-token:secret@github.com/acme/tool"),
        ("remote.origin.pushurl", "https://secret@github.com/acme/tool"),
    ],
)
def test_a_token_that_the_checkout_keeps(checkout: Path, key: str, value: str) -> None:
    environment = event(checkout, "workflow_run", FORK)
    refuse_foreign_code("suggest", checkout, (), environment)
    git(checkout, "config", key, value)
    assert "git's configuration" in refused(checkout, environment)


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run", "issue_comment"])
def test_what_may_run(checkout: Path, name: str) -> None:
    token = {"GITHUB_TOKEN": "secret"}
    for environment in (
        event(checkout, name, FORK),
        event(checkout, name, FORK, GITHUB_TOKEN=" "),
        event(checkout, "push", FORK, **token),
        event(checkout, "pull_request", FORK, **token),
        event(checkout, "pull_request_target", "Acme/Tool", **token),
        {**token, "GITHUB_REPOSITORY": HOME},
        {},
    ):
        refuse_foreign_code("suggest", checkout, (), environment)


def test_the_base_itself_may_run_as_long_as_it_is_unchanged(checkout: Path, tmp_path: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD~")
    environment = event(checkout, "pull_request_target", FORK, GITHUB_TOKEN="secret", GITHUB_SHA=base)
    refused(checkout, environment)
    inner = checkout / "pr"
    git(checkout, "worktree", "add", "-q", str(inner), "HEAD")
    git(checkout, "checkout", "-q", base)
    refuse_foreign_code("suggest", checkout, (), environment)
    refuse_foreign_code("suggest", checkout, (checkout / "a.py",), environment)
    refused(checkout, environment, inner)
    refused(checkout, environment, inner / "a.py")
    git(checkout, "checkout", "-q", "main", "--", "a.py")
    refused(checkout, environment)


def test_asking_git_runs_nothing(checkout: Path, tmp_path: Path) -> None:
    caught, script = tmp_path / "caught", tmp_path / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch '{caught}'\n")
    script.chmod(0o755)
    (checkout / ".git" / "hooks" / "post-index-change").write_text(script.read_text())
    (checkout / ".git" / "hooks" / "post-index-change").chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(script))
    head = git(checkout, "rev-parse", "HEAD")
    (checkout / "a.py").touch()
    environment = event(checkout, "workflow_run", FORK, GITHUB_TOKEN="secret", GITHUB_SHA=head)
    refuse_foreign_code("suggest", checkout, (), environment)
    assert not caught.exists()
    git(checkout, "status")
    assert caught.exists()


def test_what_cannot_be_told_counts_as_a_forks(checkout: Path, tmp_path: Path) -> None:
    token = {"GITHUB_TOKEN": "secret", "GITHUB_EVENT_NAME": "workflow_run"}
    for text in ("", "no json", "[]", "{}", '{"workflow_run": 7}', "[" * 100_000):
        file = tmp_path / "payload.json"
        file.write_text(text)
        refused(checkout, {**token, "GITHUB_EVENT_PATH": str(file)})
    refused(checkout, {**token, "GITHUB_EVENT_PATH": str(tmp_path / "none.json")})
    refused(checkout, token)
    bare = tmp_path / "no repository"
    bare.mkdir()
    refused(bare, {**token, "GITHUB_SHA": git(checkout, "rev-parse", "HEAD")})


def test_a_merge_request_of_a_fork_on_gitlab(checkout: Path) -> None:
    pipeline = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_PROJECT_ID": "7", "CI_JOB_TOKEN": "secret"}
    fork = {**pipeline, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8"}
    assert "merge request" in refused(checkout, {**fork, "GITLAB_TOKEN": "secret"})
    for environment in (
        fork,
        {**pipeline, "GITLAB_TOKEN": "secret"},
        {**pipeline, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7", "GITLAB_TOKEN": "secret"},
    ):
        refuse_foreign_code("suggest", checkout, (), environment)


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run"])
def test_a_forks_report_becomes_no_branch(checkout: Path, name: str) -> None:
    with pytest.raises(UntrustedCode, match="--review"):
        refuse_foreign_report(event(checkout, name, FORK))
    with pytest.raises(UntrustedCode):
        refuse_foreign_report({"GITHUB_EVENT_NAME": name})
    for environment in (event(checkout, name, HOME), event(checkout, "push", FORK), {}):
        refuse_foreign_report(environment)
