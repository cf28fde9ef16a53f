"""Two versions of a function held against each other, as a person does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

OLD = """import numpy as np


def scaled(x, factor=2.0):
    centred = x - x.mean(axis=0)
    return np.abs(centred * factor)
"""
SOUND = """import numpy as np


def scaled(x, factor=2.0):
    centred = x - x.mean(axis=0)
    doubled = centred * factor
    del centred
    return np.abs(doubled)
"""
IN_PLACE = OLD.replace("centred = x - x.mean(axis=0)", "x -= x.mean(axis=0)\n    centred = x")
CALL = "rng.standard_normal((int(20000 * scale) + 2, 8))"


def write(project: Path, new: str) -> None:
    (project / "old.py").write_text(OLD)
    (project / "new.py").write_text(new)


def test_a_sound_rewrite_is_the_same_and_its_peak_is_told(project: Path, codeopt: Run) -> None:
    write(project, SOUND)
    done = codeopt("prove", "old.py", "new.py", "--target", "scaled", "--call", CALL, "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["equivalence"]["verdict"] == "same"
    assert report["equivalence"]["level"] == "exact"
    assert report["equivalence"]["faults_caught"] >= report["equivalence"]["faults_planted"] / 2 > 0
    assert report["optimized"]["peak_bytes"] <= report["baseline"]["peak_bytes"]
    assert report["environment"]["isolation"] in ("bubblewrap", "sandlock", "rlimits")


def test_a_difference_comes_with_a_script_that_shows_it(project: Path, codeopt: Run) -> None:
    write(project, IN_PLACE)
    done = codeopt("prove", "old.py", "new.py", "--target", "scaled", "--call", CALL, "--format", "json")
    found = json.loads(done.stdout)["equivalence"]
    assert done.returncode == 1
    assert found["verdict"] == "differs"
    assert "args[0]" in found["counterexample"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shown = subprocess.run(
        ["sh", "-c", found["reproduce"]],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": path},
        check=True,
    )
    old, new = (line.partition(": ")[2] for line in shown.stdout.splitlines())
    assert old != new


def test_the_old_version_may_lie_elsewhere_than_the_declared_file(project: Path, codeopt: Run) -> None:
    """The usual case: the file was changed in place, and the old text taken from version control."""
    (project / "shapes.py").write_text("ROWS = 64\n")
    (project / "work.py").write_text("from shapes import ROWS\n" + IN_PLACE)
    (project / "codeopt_workloads.py").write_text(
        "import numpy as np\nfrom codeopt import Call, workload\n\n"
        '@workload("work.py::scaled")\ndef build(scale, seed):\n'
        f"    rng = np.random.default_rng(seed)\n    return Call(args=({CALL},))\n"
    )
    folder = project / "elsewhere"
    folder.mkdir()
    (folder / "before.py").write_text("from shapes import ROWS\n" + OLD)
    done = codeopt("prove", "elsewhere/before.py", "work.py", "--target", "scaled")
    assert done.returncode == 1
    assert "they differ" in done.stdout
    (project / "work.py").write_text("from shapes import ROWS\n" + SOUND)
    done = codeopt("prove", "elsewhere/before.py", "work.py", "--target", "scaled")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same" in done.stdout


@pytest.mark.parametrize(
    ("new", "arguments", "words"),
    [
        (SOUND, [], "no workload is declared for 'scaled'"),
        (SOUND, ["--call", "rng.normal("], "not the arguments of a call"),
        (SOUND, ["--call", "missing_name"], "NameError"),
        ("def scaled(:\n", ["--call", CALL], "new.py:1"),
    ],
)
def test_what_cannot_be_used_is_said(
    project: Path, codeopt: Run, new: str, arguments: list[str], words: str
) -> None:
    write(project, new)
    done = codeopt("prove", "old.py", "new.py", "--target", "scaled", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "internal error" not in done.stderr


def test_a_new_version_that_cannot_run_is_no_error_of_ours(project: Path, codeopt: Run) -> None:
    write(project, "import no_such_module\n" + SOUND)
    done = codeopt("prove", "old.py", "new.py", "--target", "scaled", "--call", CALL)
    assert done.returncode == 1
    assert "no_such_module" in done.stdout
    write(project, SOUND.replace("def scaled", "def other"))
    done = codeopt("prove", "old.py", "new.py", "--target", "scaled", "--call", CALL)
    assert done.returncode == 1
    assert "no 'scaled'" in done.stdout


def test_one_case_is_proven_again(project: Path, codeopt: Run) -> None:
    write(project, IN_PLACE)
    arguments = ["old.py", "new.py", "--target", "scaled", "--call", CALL, "--format", "json"]
    done = codeopt("prove", *arguments, "--case", "scale 0.001, seed 3, args[0] readonly")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["baseline"] is None
    assert "read-only" in report["equivalence"]["counterexample"]
    done = codeopt("prove", *arguments, "--case", "no case at all")
    assert done.returncode == 2
    assert "not a case" in done.stderr


def test_doctor_names_the_rung_in_use(codeopt: Run) -> None:
    done = codeopt("doctor", "--format", "json")
    findings = {f["topic"]: f for f in json.loads(done.stdout)["findings"]}
    assert done.returncode == 0
    assert findings["isolation rlimits"]["state"] == "ok"
    assert sum("in use" in f["detail"] for f in findings.values()) == 1
    forced = codeopt("doctor", "--isolation", "rlimits")
    assert "in use" in next(line for line in forced.stdout.splitlines() if "isolation rlimits" in line)
    assert "install bubblewrap" in forced.stdout
