"""What `doctor` says of a project: it looks for workloads where `check` looks for code."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.bot.trust import TOKENS
from codeopt.commands.doctor import around, project
from codeopt.config import Config


def detail(root: Path) -> tuple[str, str]:
    (finding,) = project(Config(), root)
    return finding.state, finding.detail


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "codeopt_workloads.py").write_text("")


def test_a_hidden_folder_above_the_project_hides_nothing(tmp_path: Path) -> None:
    root = tmp_path / ".work" / "project"
    write(root / "b")
    write(root / "a")
    found = "2 workload files below"
    assert detail(root) == ("ok", f"{found} {root} (a/codeopt_workloads.py, b/codeopt_workloads.py)")


def test_environments_are_not_searched(tmp_path: Path) -> None:
    write(tmp_path / ".venv" / "lib")
    write(tmp_path / "build")
    assert detail(tmp_path) == ("warning", f"0 workload files below {tmp_path}")


def test_only_the_first_are_named(tmp_path: Path) -> None:
    for name in "abcd":
        write(tmp_path / name)
    assert detail(tmp_path)[1].endswith("c/codeopt_workloads.py, ...)")


def test_what_hook_and_bot_need_is_said_and_tokens_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in TOKENS:
        monkeypatch.delenv(name, raising=False)
    found = {finding.topic: finding for finding in around(tmp_path)}
    assert found["tokens"].detail == "none in the environment"
    assert f"no repository at {tmp_path}" in found["git"].detail
    assert found["hook"].detail == ".pre-commit-config.yaml has no hook of codeopt"
    monkeypatch.setenv("GH_TOKEN", "ghp_secret")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".pre-commit-config.yaml").write_text("repos: [{repo: local, hooks: [{id: codeopt}]}]\n")
    found = {finding.topic: finding for finding in around(tmp_path)}
    assert found["tokens"].detail == "in the environment: GH_TOKEN"
    assert f"; a repository at {tmp_path}" in found["git"].detail
    assert found["hook"].detail == ".pre-commit-config.yaml names codeopt"
    assert not any("ghp_secret" in finding.detail for finding in found.values())


def test_git_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    git = next(finding for finding in around(tmp_path) if finding.topic == "git")
    assert (git.state, git.detail) == ("warning", f"git is not installed; no repository at {tmp_path}")
