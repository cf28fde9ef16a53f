"""What `init` proposes beside workloads: new files, and additions at the end of those that are there."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from codeopt.cli import app
from codeopt.commands.set_up import GITLAB, HOOKS, PYPROJECT, WORKFLOW, pieces, write_piece
from codeopt.config import Config, load_config
from codeopt.errors import UsageError
from codeopt.report.survey import Piece, Survey, survey_text


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(root: Path) -> dict[str, Piece]:
    return {piece.file: piece for piece in pieces(root)}


def written(root: Path, name: str) -> Any:
    """The file as YAML once what is proposed for it was written."""
    piece = found(root)[name]
    assert piece.text, piece.reason
    write_piece(piece, root)
    return yaml.safe_load((root / name).read_text())


def init(*arguments: str) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["init", "--no-workloads", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout, result.stderr


def test_everything_is_shown_and_written_only_when_told(root: Path) -> None:
    shown, told = init("--dry-run")
    assert [name for name in (PYPROJECT, HOOKS, WORKFLOW) if f"--- {name}\n" in shown] == [
        PYPROJECT,
        HOOKS,
        WORKFLOW,
    ]
    assert told == ""
    _, told = init()
    assert told.count("nothing was written; --yes writes without asking") == 3
    assert [path.name for path in root.iterdir()] == [".git"]
    init("--yes")
    assert load_config(None, root) == Config()
    for name in (PYPROJECT, HOOKS, WORKFLOW):
        assert (root / name).read_text().strip() in shown
    assert init("--yes") == ("", "")


def test_the_same_as_json(root: Path) -> None:
    document = json.loads(init("--dry-run", "--format", "json")[0])
    assert [(piece["file"], piece["exists"]) for piece in document["pieces"]] == [
        (PYPROJECT, False), (HOOKS, False), (WORKFLOW, False),
    ]  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_table_is_added_at_the_end_and_comments_stay(root: Path, newline: str) -> None:
    before = newline.join(
        ["# mine", "[project]", 'name = "x"  # here too', "", "[tool.ruff]", "line-length = 99"]
    )
    (root / PYPROJECT).write_bytes(before.encode())
    piece = found(root)[PYPROJECT]
    write_piece(piece, root)
    after = (root / PYPROJECT).read_bytes().decode()
    assert after.startswith(before + newline)
    assert after.count("\n") == after.count(newline)
    assert tomllib.loads(after)["tool"]["ruff"] == {"line-length": 99}
    assert load_config(None, root) == Config()
    assert PYPROJECT not in found(root)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[project\n", "not valid TOML"), ("tool = {ruff = {line-length = 9}}\n", "cannot stand at its end")],
)
def test_a_table_that_cannot_be_added_is_left_to_a_person(root: Path, text: str, reason: str) -> None:
    (root / PYPROJECT).write_text(text)
    piece = found(root)[PYPROJECT]
    assert reason in piece.reason
    assert not piece.text
    only = Survey((), (), "", "", False, (piece,), workloads=False)
    assert survey_text(only) == f"\n{PYPROJECT} stays as it is: {piece.reason}\n"


def test_how_a_project_is_built_does_not_change(root: Path) -> None:
    (root / "setup.py").write_text("")
    assert PYPROJECT not in found(root)


@pytest.mark.parametrize("indent", ["", "  ", "    "])
def test_a_hook_is_added_to_the_list_at_the_end(root: Path, indent: str) -> None:
    entry = ["- repo: https://example.org/a", "  rev: v1", "  hooks:", "  - id: a  # here too"]
    before = "# mine\nci: {skip: [a]}\nrepos:\n# first\n" + "".join(f"{indent}{line}\n" for line in entry)
    (root / HOOKS).write_text(before)
    repositories = written(root, HOOKS)["repos"]
    assert (root / HOOKS).read_text().startswith(before)
    assert [one["hooks"][0]["id"] for one in repositories] == ["a", "codeopt"]
    assert HOOKS not in found(root)


@pytest.mark.parametrize(
    "text",
    [
        "repos: []\n",
        "repos: [{repo: meta, hooks: [{id: identity}]}]\n",
        "repos:\n- repo: meta\n  hooks: [{id: identity}]\nfail_fast: true\n",
        "{repos: []}\n",
        "repos:\n- repo: meta\n  hooks: [{id: identity}]\n...\n",
    ],
)
def test_a_hook_that_cannot_be_added_is_left_to_a_person(root: Path, text: str) -> None:
    (root / HOOKS).write_text(text)
    piece = found(root)[HOOKS]
    assert not piece.text
    assert "by hand" in piece.reason
    assert "id: codeopt" in piece.reason


def test_a_workflow_that_names_codeopt_is_enough(root: Path) -> None:
    other = root / ".github" / "workflows" / "lint.yaml"
    other.parent.mkdir(parents=True)
    other.write_text("jobs: {a: {steps: [{run: codeopt check}]}}\n")
    assert WORKFLOW not in found(root)


def test_a_job_for_gitlab_where_the_repository_is_there(root: Path) -> None:
    subprocess.run(["git", "remote", "add", "origin", "git@gitlab.example.org:a/b.git"], check=True)
    assert set(found(root)) == {PYPROJECT, HOOKS, GITLAB}
    (root / GITLAB).write_text("# mine\ntest:\n  script:\n    - |\n      make test\n")
    jobs = written(root, GITLAB)
    assert jobs["test"] == {"script": ["make test\n"]}
    assert "codeopt check --format gitlab" in jobs["codeopt-check"]["script"][1]
    assert GITLAB not in found(root)


def test_what_changed_since_it_was_looked_at_is_not_written(root: Path) -> None:
    piece = found(root)[HOOKS]
    (root / HOOKS).write_text("repos: []\n")
    with pytest.raises(UsageError, match="come or gone"):
        write_piece(piece, root)


def test_without_a_repository_there_is_neither_hook_nor_job(tmp_path: Path) -> None:
    assert pieces(tmp_path) == ()


def test_on_a_terminal_each_file_is_asked_about(root: Path) -> None:
    leader, follower = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-m", "codeopt", "init", "--no-workloads"],
        stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(follower)
    os.write(leader, b"y\nn\ny\n")
    shown, told = asked.communicate(timeout=60)
    os.close(leader)
    assert asked.returncode == 0, told
    assert re.findall(r"(\S+ \S+)\? \[y/N\]", told) == [
        f"write {PYPROJECT}", f"write {HOOKS}", f"write {WORKFLOW}",
    ]  # fmt: skip
    assert [(root / name).exists() for name in (PYPROJECT, HOOKS, WORKFLOW)] == [True, False, True]
    assert f"--- {HOOKS}\n" in shown
