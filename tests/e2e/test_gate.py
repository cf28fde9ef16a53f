"""The memory gate on real repositories, with real measurements."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
CORPUS = Path(__file__).parents[2] / "corpus" / "softmax"

FUNCTION = "import numpy as np\n\n\ndef {name}(x):\n    y = x + 1\n    return y.sum()\n"
DOUBLED = FUNCTION.replace("y = x + 1", "y = x + 1\n    z = x + y\n    y = y + z.min()")
WORKLOAD = """

@workload("{target}")
def build_{name}(scale, seed):
    return Call(args=(np.ones(max(1, int(1_000_000 * scale))),))
"""
ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
}  # fmt: skip


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder: Path, message: str = "a change") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)


def run_in(folder: Path, *words: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codeopt", "suggest", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)


def entries_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert done.stdout, done.stderr
    return {f"{entry['path']}::{entry['function']}": entry for entry in json.loads(done.stdout)["gate"]}


def notebook(text: str) -> str:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": text,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1)


@pytest.fixture
def repository(project: Path) -> Path:
    """A repository with one commit of the corpus program `softmax`."""
    for name in ("softmax.py", "codeopt_workloads.py"):
        shutil.copy(CORPUS / name, project)
    git(project, "init", "-q")
    commit(project, "first")
    return project


def test_a_commit_that_doubles_the_peak_fails(repository: Path) -> None:
    file = repository / "softmax.py"
    kept = "    kept = [a.copy() for a in (scores, scaled, shifted, exps)]\n"
    totals = "    totals = 0 * kept[0][:, :1] + exps"
    file.write_text(file.read_text().replace("    totals = exps", kept + totals))
    commit(repository)
    done = run_in(repository, "--baseline", "HEAD~1", "--format", "json")
    assert done.returncode == 1, done.stdout + done.stderr
    (entry,) = json.loads(done.stdout)["gate"]
    assert (entry["path"], entry["function"], entry["verdict"]) == ("softmax.py", "softmax", "grew")
    assert 1.7 < entry["after_bytes"] / entry["before_bytes"] < 2.5
    assert entry["workload"]["origin"] == "declared"
    assert run_in(repository, "--baseline", "HEAD").returncode == 0


UNRELATED = [
    (
        "def expected_calibration_error(",
        "def unused():\n    return [0] * 10\n\n\ndef expected_calibration_error(",
    ),
    ("    error = 0.0\n", "    error = float(0)\n"),
    ("EPSILON = 1e-6", "EPSILON = 1e-7"),
    ("    # subtract the row maximum", "    # take away the row maximum"),
]


def test_unrelated_commits_pass(repository: Path) -> None:
    file = repository / "softmax.py"
    for old, new in UNRELATED:
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        commit(repository)
        done = run_in(repository, "--baseline", "HEAD~1")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "grew" not in done.stdout


def before_the_change(folder: Path) -> None:
    """Many files, each for one thing that may happen to it."""
    names = [
        "grows",
        "stays",
        "shrinks",
        "old_name",
        "takes",
        "breaks",
        "exhausts",
        "was_broken",
        "crlf",
        "caller",
    ]
    texts = {name: FUNCTION.format(name=name) for name in names}
    texts["shrinks"] = DOUBLED.format(name="shrinks")
    texts["old_name"] = FUNCTION.format(name="moved") + "\n\nNAMES = ['a', 'b']\nMORE = {'c': 1}\nLAST = 2\n"
    texts["was_broken"] += "def (\n"
    texts["caller"] = "from helper import helper\n\n\ndef caller(x):\n    return helper(x)\n"
    texts["helper"] = FUNCTION.format(name="helper")
    texts["uses"] = "from gone.part import part\n\n\ndef uses(x):\n    return part(x)\n"
    texts["alone"] = FUNCTION.format(name="alone")
    texts["breaks_now"] = FUNCTION.format(name="breaks_now")
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "gone").mkdir()
    (folder / "gone" / "part.py").write_text(FUNCTION.format(name="part"))
    (folder / "nb.ipynb").write_text(notebook(FUNCTION.format(name="inside")))
    (folder / "pyproject.toml").write_text("[tool.codeopt]\nmemory-limit = 2048\n")
    targets = [f"{name}.py::{name}" for name in (*names, "uses", "added") if name != "old_name"]
    targets += ["new_name.py::moved", "nb.ipynb::inside"]
    workloads = "import numpy as np\nfrom codeopt import Call, workload\n"
    for target in targets:
        made = WORKLOAD.format(target=target, name=target.rpartition("::")[2])
        workloads += made.replace("),))", "), 1))") if "takes" in target else made
    (folder / "codeopt_workloads.py").write_text(workloads)


def make_the_change(folder: Path) -> None:
    def change(name: str, old: str, new: str) -> None:
        file = folder / f"{name}.py"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    (folder / "grows.py").write_text(DOUBLED.format(name="grows"))
    change("stays", "x + 1", "x + 2")
    (folder / "shrinks.py").write_text(FUNCTION.format(name="shrinks"))
    (folder / "old_name.py").rename(folder / "new_name.py")
    change("new_name", "y = x + 1", "y = x + 1\n    z = x + y\n    y = y + z.min()")
    change("takes", "takes(x)", "takes(x, more)")
    change("breaks", "x + 1", "x + one")
    change("exhausts", "y = x + 1", "y = x + 1\n    np.ones(1 << 30)")
    (folder / "was_broken.py").write_text(FUNCTION.format(name="was_broken"))
    (folder / "crlf.py").write_bytes((folder / "crlf.py").read_bytes().replace(b"\n", b"\r\n"))
    (folder / "helper.py").write_text(DOUBLED.format(name="helper"))
    shutil.rmtree(folder / "gone")
    (folder / "fresh.py").write_text(DOUBLED.format(name="part"))
    change("uses", "gone.part", "fresh")
    (folder / "added.py").write_text(FUNCTION.format(name="added"))
    change("alone", "x + 1", "x + 2")
    change("breaks_now", "return", "return return")
    (folder / "nb.ipynb").write_text(notebook(DOUBLED.format(name="inside")))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, subprocess.CompletedProcess[str]]:
    """One change compared by git, with part of it staged, and with a file."""
    folder = tmp_path_factory.mktemp("many")
    before_the_change(folder)
    git(folder, "init", "-q")
    commit(folder)
    kept = run_in(folder, "--write-baseline", ".codeopt/baseline.json")
    assert kept.returncode == 0, kept.stderr
    make_the_change(folder)
    git(folder, "add", "grows.py", "uses.py")
    found = {
        "git": run_in(folder, "--baseline", "HEAD", "--format", "json"),
        "file": run_in(folder, "--baseline", ".codeopt/baseline.json", "--format", "json"),
    }
    assert "A" not in git(folder, "status", "--porcelain", "--", ".codeopt")
    return found


@pytest.mark.parametrize("by", ["git", "file"])
def test_each_kind_of_change_gets_its_verdict(
    reports: dict[str, subprocess.CompletedProcess[str]], by: str
) -> None:
    done = reports[by]
    entries = entries_of(done)
    assert {name: entry["verdict"] for name, entry in entries.items()} == {
        "grows.py::grows": "grew",
        "stays.py::stays": "same",
        "shrinks.py::shrinks": "fell",
        "new_name.py::moved": "grew",
        "takes.py::takes": "unmeasured",
        "breaks.py::breaks": "unmeasured",
        "exhausts.py::exhausts": "grew",
        "was_broken.py::was_broken": "unmeasured",
        "caller.py::caller": "grew",
        "uses.py::uses": "grew",
        "added.py::added": "new",
        "alone.py::alone": "unmeasured",
        "nb.ipynb::inside": "grew",
    }
    assert done.returncode == 1
    reasons = {name: entry["reason"] for name, entry in entries.items() if entry["verdict"] != "same"}
    assert reasons["takes.py::takes"].startswith("as it was: it raises TypeError: takes() takes 1")
    assert reasons["breaks.py::breaks"] == "as it is now: it raises NameError: name 'one' is not defined"
    assert "takes more memory than there may be" in reasons["exhausts.py::exhausts"]
    assert "SyntaxError" in reasons["was_broken.py::was_broken"]
    assert reasons["alone.py::alone"] == "no workload runs what changed in it"
    assert entries["caller.py::caller"]["changed"] == ["helper.py::helper"]
    assert entries["uses.py::uses"]["changed"] == ["fresh.py::part", "uses.py::uses"]
    assert entries["nb.ipynb::inside"]["cell"] == 1
    (error,) = json.loads(done.stdout)["errors"]
    assert (error["path"], error["line"]) == ("breaks_now.py", 6)


def test_both_ways_measure_the_same(reports: dict[str, subprocess.CompletedProcess[str]]) -> None:
    figures = [
        {name: (entry["before_bytes"], entry["after_bytes"]) for name, entry in entries_of(done).items()}
        for done in reports.values()
    ]
    for name, (before, after) in figures[0].items():
        other = figures[1][name]
        for mine, its in ((before, other[0]), (after, other[1])):
            assert (mine is None) == (its is None), name
            assert mine is None or abs(mine - its) <= 1 << 20, name


@pytest.mark.parametrize("ref", ["HEAD~7", "no-such-branch", "-q", "--output=x", "HEAD:softmax.py", ""])
def test_a_revision_that_cannot_be_used(repository: Path, ref: str) -> None:
    done = run_in(repository, f"--baseline={ref}")
    assert done.returncode == 2
    assert (ref or "''") in done.stderr
    assert done.stdout == ""
    assert not (repository / "x").exists()


def test_no_repository(project: Path) -> None:
    done = run_in(project, "--baseline", "HEAD")
    assert done.returncode == 2
    assert "not a git repository" in done.stderr


def test_a_shallow_clone_says_what_it_lacks(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (repository / "more.py").write_text("x = 1\n")
    commit(repository)
    shallow = tmp_path_factory.mktemp("shallow")
    git(shallow, "clone", "-q", "--depth=1", f"file://{repository}", "clone")
    done = run_in(shallow / "clone", "--baseline", "HEAD~1")
    assert done.returncode == 2
    assert "shallow clone" in done.stderr
    assert "fetch" in done.stderr


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "truncated"),
        (b"\x00\xff", "malformed"),
        (b'{"version": 1}', "missing required field `files`"),
        (b'{"version": 2, "files": {}}', "version 2"),
        (b'{"version": 1, "files": {"a.py": 3}}', "$.files"),
        (b'{"version": 1, "files": {"../a.py": ""}}', "outside of the project: '../a.py'"),
        (b'{"version": 1, "files": {"/a.py": ""}}', "outside of the project: '/a.py'"),
    ],
)
def test_a_broken_baseline_file(project: Path, data: bytes, why: str) -> None:
    (project / "kept.json").write_bytes(data)
    done = run_in(project, "--baseline", "kept.json")
    assert done.returncode == 2
    assert "kept.json" in done.stderr
    assert why in done.stderr


def test_paths_of_another_history(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "a.py").write_text("x = 1\n")
    outside = run_in(repository, "--baseline", "HEAD", str(other))
    assert outside.returncode == 2
    assert "outside of the git repository" in outside.stderr
    git(other, "init", "-q")
    commit(other)
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "module")
    inside = run_in(repository, "--baseline", "HEAD", "module/a.py")
    assert inside.returncode == 2
    assert "in the submodule" in inside.stderr
    assert run_in(repository, "--baseline", "HEAD").returncode == 0


def test_flags_of_the_search_are_refused(repository: Path) -> None:
    done = run_in(repository, "--baseline", "HEAD", "--allow", "exact", "--run", "python softmax.py")
    assert done.returncode == 2
    assert "--run, --allow: not with --baseline" in done.stderr


def test_nothing_of_the_repository_is_run_by_git(repository: Path) -> None:
    mark = repository.parent / f"{repository.name}-ran"
    script = f"touch {mark}; cat"
    (repository / ".gitattributes").write_text("*.py filter=bad diff=bad\n")
    for key in ("filter.bad.clean", "filter.bad.smudge", "diff.bad.textconv", "diff.external", "core.pager"):
        git(repository, "config", key, script)
    git(repository, "config", "core.fsmonitor", f"touch {mark}")
    hook = repository / ".git" / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    (repository / "softmax.py").write_text((repository / "softmax.py").read_text().replace("1e-6", "1e-5"))
    done = run_in(repository, "--baseline", "HEAD")
    assert done.returncode == 0, done.stderr
    assert "1 same" in done.stdout
    assert not mark.exists()


def test_only_what_is_named_is_measured(repository: Path) -> None:
    (repository / "softmax.py").write_text((repository / "softmax.py").read_text().replace("1e-6", "1e-5"))
    (repository / "other.py").write_text("x = 1\n")
    assert "No function changed" in run_in(repository, "--baseline", "HEAD", "other.py").stdout
    named = run_in(repository, "--baseline", "HEAD", "--target", "softmax.py::expected_calibration_error")
    assert named.returncode == 0
    assert "1 unmeasured" in named.stdout


def test_guessed_calls_serve_where_nothing_is_declared(project: Path) -> None:
    (project / "grows.py").write_text(FUNCTION.format(name="grows").replace("(x)", "(x: np.ndarray)"))
    git(project, "init", "-q")
    commit(project)
    (project / "grows.py").write_text(DOUBLED.format(name="grows").replace("(x)", "(x: np.ndarray)"))
    done = run_in(project, "--baseline", "HEAD", "--format", "json")
    (entry,) = entries_of(done).values()
    assert (entry["verdict"], entry["workload"]["origin"]) == ("grew", "guessed")
    assert done.returncode == 1


def test_ctrl_c_keeps_what_was_measured(project: Path) -> None:
    (project / "quick.py").write_text(FUNCTION.format(name="a_quick"))
    (project / "slow.py").write_text(FUNCTION.format(name="slow"))
    targets = (("quick.py::a_quick", "a_quick"), ("slow.py::slow", "slow"))
    workloads = "import numpy as np\nfrom codeopt import Call, workload\n"
    workloads += "".join(WORKLOAD.format(target=target, name=name) for target, name in targets)
    (project / "codeopt_workloads.py").write_text(workloads)
    git(project, "init", "-q")
    commit(project)
    (project / "quick.py").write_text(DOUBLED.format(name="a_quick"))
    slow = "import time\n    time.sleep(50)\n    y = x + 1"
    (project / "slow.py").write_text(FUNCTION.format(name="slow").replace("y = x + 1", slow))
    command = [sys.executable, "-m", "codeopt", "suggest", "--baseline", "HEAD", "--format", "json", "-v"]
    process = subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A suite started in the background has Ctrl-C ignored, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stderr is not None
    assert "grew" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    report = json.loads(out)
    assert report["stats"]["interrupted"] is True
    assert [entry["verdict"] for entry in report["gate"]] == ["grew"]
