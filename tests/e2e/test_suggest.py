"""The whole path on small projects: what is found, kept, written, and what bad input does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

SCORES = '''"""Scores."""

import numpy as np


def scores(x):
    # centred, then squashed
    shifted = x - x.mean()
    squashed = np.tanh(shifted)
    del_me = squashed * 2.0  # doubled
    return float(del_me.sum())
'''

WORKLOAD = """
import numpy as np
from codeopt import Call, workload

@workload("{path}::{name}")
def build(scale, seed):
    rng = np.random.default_rng(seed)
    return Call(args=(rng.standard_normal(max(1, int(1_000_000 * scale))),))
"""

TRAP = """import numpy as np


def centre(x):
    x = np.asarray(x)
    x = x - x.mean()
    return float(np.abs(x).max())
"""


def add(project: Path, name: str, text: str, function: str) -> None:
    (project / f"{name}.py").write_text(text)
    with (project / "codeopt_workloads.py").open("a") as file:
        file.write(WORKLOAD.format(path=f"{name}.py", name=function).replace("build(", f"build_{name}("))


def report_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_a_rewrite_is_found_proven_applied_and_then_nothing_is_left(project: Path, codeopt: Run) -> None:
    add(project, "scores", SCORES, "scores")
    done = codeopt("suggest", ".", "--format", "json", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    report = report_of(done)
    assert report["errors"] == []
    (suggestion,) = report["suggestions"]
    assert suggestion["path"] == "scores.py"
    assert suggestion["function"] == "scores"
    assert suggestion["optimized"]["peak_bytes"] <= 0.7 * suggestion["baseline"]["peak_bytes"]
    assert suggestion["baseline"]["peak_bytes"] > 16_000_000
    assert suggestion["equivalence"]["verdict"] == "same"
    assert suggestion["equivalence"]["cases"] >= 20
    assert suggestion["equivalence"]["faults_caught"] >= 1
    assert sum(site["saved_bytes"] for site in suggestion["sites"]) > 0
    assert (project / "scores.py").read_text() == SCORES, "suggest writes no source"

    applied = codeopt("apply", suggestion["id"])
    assert applied.returncode == 0, applied.stderr
    rewritten = (project / "scores.py").read_text()
    assert rewritten == suggestion["source"]
    assert "# centred, then squashed" in rewritten
    again = report_of(codeopt("suggest", ".", "--format", "json"))
    assert again["suggestions"] == []
    assert codeopt("apply", suggestion["id"]).returncode == 2


def test_an_edit_of_the_file_after_suggest_refuses_apply(project: Path, codeopt: Run) -> None:
    add(project, "scores", SCORES, "scores")
    assert codeopt("suggest", ".").returncode == 0
    changed = SCORES + "\n# later\n"
    (project / "scores.py").write_text(changed)
    done = codeopt("apply", "--all")
    assert done.returncode == 2
    assert "scores.py changed since" in done.stderr
    assert (project / "scores.py").read_text() == changed


def test_a_trap_is_refused_with_a_counterexample(project: Path, codeopt: Run) -> None:
    add(project, "trap", TRAP, "centre")
    (project / "trap.py").write_text(TRAP.replace("x = x - x.mean()", "x -= x.mean()"))
    plain = report_of(codeopt("suggest", ".", "--format", "json"))
    (project / "trap.py").write_text(TRAP)
    report = report_of(codeopt("suggest", ".", "--format", "json"))
    for suggestion in [*plain["suggestions"], *report["suggestions"]]:
        assert "+    x -= " not in suggestion["diff"]
    for rejection in report["rejected"]:
        assert rejection["verdict"] in {"differs", "crashed"}
        assert rejection["counterexample"].strip()


BAD: dict[str, tuple[str, str]] = {
    "loops": ("import time\nimport numpy as np\ndef f(x):\n    y = np.exp(x)\n    z = y * 2\n"
              "    while True:\n        time.sleep(0.01)\n    return z.sum()\n", "did not finish within"),
    "exits": ("import os\nimport numpy as np\ndef f(x):\n    y = np.exp(x)\n    z = y * 2\n"
              "    os._exit(3)\n    return z.sum()\n", "exited with status 3"),
    "hungry": ("import numpy as np\ndef f(x):\n    y = np.exp(x)\n    z = y * 2\n"
               "    w = np.ones(100 << 27)\n    return z.sum() + w.sum()\n", "MemoryError"),
    "raises": ("import numpy as np\ndef f(x):\n    y = np.exp(x)\n    z = y * 2\n"
               "    raise RuntimeError('no luck')\n    return z.sum()\n", "no luck"),
}  # fmt: skip


@pytest.fixture(scope="module")
def unruly(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int, str]:
    """One run over a good target among bad ones: (report, exit code, stderr)."""
    project = tmp_path_factory.mktemp("unruly")
    (project / "pyproject.toml").write_text("[tool.codeopt]\ntimeout = 4\n")
    add(project, "scores", SCORES, "scores")
    for name, (text, _) in BAD.items():
        add(project, name, text, "f")
    printer = (
        "import numpy as np\ndef f(x):\n    y = np.exp(x)\n    z = y * 2\n"
        "    print('x' * (10 * len(x)))\n    return float(z.sum())\n"
    )
    add(project, "printer", printer, "f")
    add(project, "missing", "import numpy as np\ndef g(x):\n    return sum([v for v in x])\n", "f")
    with (project / "codeopt_workloads.py").open("a") as file:
        file.write('\n@workload("scores.py::scores")\ndef wrong(scale, seed):\n    return 42\n')
        file.write('\n@workload("nowhere.py::f")\ndef lost(scale, seed):\n    return Call()\n')
    (project / "bad.py").write_text("def f(:\n")
    done = subprocess.run(
        [sys.executable, "-m", "codeopt", "suggest", ".", "--format", "json"],
        cwd=project, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    return json.loads(done.stdout), done.returncode, done.stderr


def test_one_bad_target_leaves_the_others_unharmed(unruly: tuple[dict[str, Any], int, str]) -> None:
    report, code, _ = unruly
    assert code == 0
    assert "scores.py" in {s["path"] for s in report["suggestions"]}


@pytest.mark.parametrize("name", BAD)
def test_each_bad_target_is_reported_in_words(unruly: tuple[dict[str, Any], int, str], name: str) -> None:
    report, _, _ = unruly
    messages = [e["message"] for e in report["errors"]]
    messages += [u["reason"] for u in report["unproven"] if u["path"] == f"{name}.py"]
    assert any(BAD[name][1] in message for message in messages), messages


def test_bad_declarations_name_file_and_line(unruly: tuple[dict[str, Any], int, str]) -> None:
    errors = {(e["path"], e["message"]): e["line"] for e in unruly[0]["errors"]}
    text = {message for _, message in errors}
    assert any("returned int, not codeopt.Call" in message for message in text), text
    assert any("no file 'nowhere.py'" in message for message in text), text
    assert any("no 'f' in" in message for message in text), text
    assert all(line > 1 for (path, _), line in errors.items() if path == "codeopt_workloads.py")
    assert ("bad.py", "cannot parse: invalid syntax") in errors


def test_a_workload_file_that_raises_is_reported_with_its_line(project: Path, codeopt: Run) -> None:
    (project / "scores.py").write_text(SCORES)
    (project / "codeopt_workloads.py").write_text("import numpy\n\nvalue = 1 / 0\n")
    done = codeopt("suggest", ".", "--format", "json")
    assert done.returncode == 0
    (error,) = report_of(done)["errors"]
    assert error == {
        "path": "codeopt_workloads.py",
        "line": 3,
        "message": "ZeroDivisionError: division by zero",
    }


def test_missing_workload_file_and_path_are_usage_errors(codeopt: Run) -> None:
    for arguments in (["suggest", "nowhere"], ["suggest", ".", "--workloads", "none.py"]):
        done = codeopt(*arguments)
        assert done.returncode == 2
        assert "no such" in done.stderr


def test_fail_on_suggestion_and_patch_format(project: Path, codeopt: Run) -> None:
    add(project, "scores", SCORES, "scores")
    done = codeopt("suggest", ".", "--format", "patch", "--fail-on-suggestion")
    assert done.returncode == 1
    assert done.stdout.startswith("--- a/scores.py\n+++ b/scores.py\n")
    subprocess.run(["patch", "-p1", "--dry-run"], input=done.stdout, text=True, cwd=project, check=True,
                   capture_output=True)  # fmt: skip


def test_packages_relative_imports_classes_decorators_and_several_files(project: Path, codeopt: Run) -> None:
    package = project / "src" / "kit"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .model import Model\n")
    (package / "ops.py").write_text(
        "import numpy as np\n\n\ndef squash(x):\n    low = x - x.mean()\n    high = np.tanh(low)\n"
        "    out = high * 3.0\n    return float(out.sum())\n"
    )
    (package / "model.py").write_text(
        "import functools\n\nimport numpy as np\n\nfrom .ops import squash\n\n\ndef noisy(f):\n"
        "    @functools.wraps(f)\n    def inner(*args):\n        return f(*args)\n    return inner\n\n\n"
        "class Model:\n    def __init__(self, scale):\n        self.scale = scale\n\n    @noisy\n"
        "    def __call__(self, x):\n        y = np.exp(-x * x)\n        z = np.sqrt(y)\n"
        "        w = z * self.scale\n        total = float(w.sum())\n        return total + squash(x)\n\n\n"
        "if __name__ == '__main__':\n    raise SystemExit('not here')\n"
    )
    (project / "codeopt_workloads.py").write_text(
        "import numpy as np\nfrom codeopt import Call, workload\n\n"
        '@workload("src/kit/model.py::Model")\ndef build(scale, seed):\n'
        "    x = np.random.default_rng(seed).standard_normal(max(1, int(1_000_000 * scale)))\n"
        "    return Call(args=(x,), init=Call(args=(2.0,)))\n"
    )
    report = report_of(codeopt("suggest", "src", "--format", "json"))
    (suggestion,) = report["suggestions"]
    touched = {suggestion["path"], *(f["path"] for f in suggestion["other_files"])}
    assert touched == {"src/kit/model.py", "src/kit/ops.py"}, suggestion["diff"]
    assert suggestion["optimized"]["peak_bytes"] < suggestion["baseline"]["peak_bytes"]
    assert codeopt("apply", "--all").returncode == 0
    assert report_of(codeopt("suggest", "src", "--format", "json"))["suggestions"] == []


def test_ctrl_c_keeps_finished_results(project: Path) -> None:
    add(project, "ascores", SCORES, "scores")
    slow = SCORES.replace("import numpy as np", "import time\n\nimport numpy as np").replace(
        "    # centred", "    time.sleep(1.5)\n    # centred"
    )
    add(project, "zslow", slow, "scores")
    process = subprocess.Popen(
        [sys.executable, "-m", "codeopt", "suggest", ".", "--format", "json"],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # A suite started in the background has Ctrl-C ignored, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "[2/2]" in line:
            break
    time.sleep(1)
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert [s["path"] for s in json.loads(out)["suggestions"]] == ["ascores.py"]


def test_two_suggestions_of_one_file_are_applied_one_by_one(project: Path, codeopt: Run) -> None:
    second = SCORES.split("\n\n\n", 1)[1].replace("def scores", "def ranks").replace("np.tanh", "np.arctan")
    (project / "both.py").write_text(SCORES + "\n\n" + second)
    workloads = WORKLOAD.format(path="both.py", name="scores")
    workloads += WORKLOAD.format(path="both.py", name="ranks").replace("def build", "def build_ranks")
    (project / "codeopt_workloads.py").write_text(workloads)
    report = report_of(codeopt("suggest", ".", "--format", "json"))
    first, other = report["suggestions"]
    assert codeopt("apply", first["id"]).returncode == 0
    assert codeopt("apply", other["id"][:5]).returncode == 0
    text = (project / "both.py").read_text()
    assert text.count("# centred, then squashed") == 2
    assert report_of(codeopt("suggest", ".", "--format", "json"))["suggestions"] == []
