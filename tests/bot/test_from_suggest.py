"""From `codeopt suggest` to a branch: what one verb writes is what the other reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codeopt.bot.artifact import ArtifactLimits, read_artifact

SCORES = '''"""Scores."""

import numpy as np


def scores(x):
    # centred, then squashed
    shifted = x - x.mean()
    squashed = np.tanh(shifted)
    del_me = squashed * 2.0  # doubled
    return float(del_me.sum())
'''
WORKLOADS = """
import numpy as np
from codeopt import Call, workload

@workload("src/scores.py::scores")
def scores(scale, seed):
    rng = np.random.default_rng(seed)
    return Call(args=(rng.standard_normal(max(1, int(1_000_000 * scale))),))

@workload("nb.ipynb::squashed")
def squashed(scale, seed):
    rng = np.random.default_rng(seed)
    return Call(args=(rng.standard_normal(max(1, int(1_000_000 * scale))),))
"""


def notebook() -> str:
    sources = [
        "%matplotlib inline\nimport numpy as np",
        SCORES.partition("\n\n\n")[2].replace("scores", "squashed"),
    ]
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def git(folder: Path, *words: str) -> str:
    settings = ("-c", "user.name=p", "-c", "user.email=p@example.com", "-c", "core.hooksPath=/dev/null")
    command = ["git", "-C", str(folder), *settings, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "checkout"
    (folder / "src").mkdir(parents=True)
    (folder / "src/scores.py").write_text(SCORES)
    (folder / "nb.ipynb").write_text(notebook())
    (folder / "codeopt_workloads.py").write_text(WORKLOADS)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "clone", "-q", "--bare", str(folder), str(folder.parent / "remote.git"))
    return folder


def codeopt(checkout: Path, *words: str) -> str:
    command = [sys.executable, "-P", "-m", "codeopt", *words]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_real_report_is_read_and_becomes_branches(checkout: Path) -> None:
    file, remote = checkout.parent / "report.json", checkout.parent / "remote.git"
    codeopt(checkout, "suggest", "--format", "json", "--output", str(file), "--budget", "20")
    reading = read_artifact(file, checkout, ArtifactLimits())
    assert reading.skipped == ()
    assert sorted(p.group for p in reading.proposals) == ["nb.ipynb::squashed", "src/scores.py::scores"]
    order = ("--forge", "git", "--repository", str(remote), "--base", "main")
    said = codeopt(checkout, "bot", "--artifact", str(file), *order)
    assert said.count("created") == 2
    heads = git(remote, "for-each-ref", "--format=%(objectname)", "refs/heads/codeopt/")
    for proposal in reading.proposals:
        assert proposal.optimized_bytes < proposal.baseline_bytes
        texts = {git(remote, "show", f"{head}:{proposal.path}") for head in heads.split()}
        assert texts == {proposal.before, proposal.after}
    assert codeopt(checkout, "bot", "--artifact", str(file), *order).count("none") == 2
    assert git(remote, "for-each-ref", "--format=%(objectname)", "refs/heads/codeopt/") == heads
