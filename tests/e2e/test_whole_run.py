"""`suggest --run` on small programs: what is found, what is refused, what bad commands do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., subprocess.CompletedProcess[str]]

TRAIN = '''"""Fit a line."""

import sys
import time

import numpy as np

from kit.features import scores, unused


def main():
    begin = time.perf_counter()
    x = np.random.standard_normal((int(sys.argv[1]), 1000))
    found = scores(x)
    print("mean", float(found.mean()))
    print(f"took {time.perf_counter() - begin:.9f} s", file=sys.stderr)
    np.save("found.npy", found)
    return found


if __name__ == "__main__":
    main()
'''

FEATURES = """import numpy as np


def scores(x):
    # centred, then squashed
    shifted = x - x.mean()
    squashed = np.tanh(shifted)
    return (squashed * 2.0).sum(axis=1)


def unused(x):
    low = x - x.mean()
    return np.exp(low)
"""


def report_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_a_run_lowers_the_peak_of_its_process_and_touches_nothing(project: Path, codeopt: Run) -> None:
    (project / "kit").mkdir()
    (project / "kit" / "__init__.py").write_text("")
    (project / "kit" / "features.py").write_text(FEATURES)
    (project / "train.py").write_text(TRAIN)
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    done = codeopt("suggest", ".", "--run", "python train.py 3000", "--budget", "5", "--format", "json")
    assert done.returncode == 0, done.stderr
    report = report_of(done)
    (suggestion,) = report["suggestions"]
    assert suggestion["path"] == "kit/features.py"
    assert suggestion["workload"]["origin"] == "run"
    assert suggestion["workload"]["ref"] == "python train.py 3000"
    old, new = suggestion["baseline"]["peak_bytes"], suggestion["optimized"]["peak_bytes"]
    assert old > 2 * 24_000_000, "the input and a copy of it, and Python's own"
    assert new < old - 20_000_000
    assert suggestion["floor_bytes"] == 0
    proof = suggestion["equivalence"]
    assert proof["cases"] == 4
    assert proof["faults_caught"] * 2 >= proof["faults_planted"] > 0
    assert any(u["function"] == "unused" for u in report["unproven"]), "no run reaches it"
    files = {path for path in project.rglob("*") if path.is_file() and ".codeopt" not in path.parts}
    assert {path: path.read_bytes() for path in files} == before
    assert codeopt("apply", "--all").returncode == 0
    after = subprocess.run(
        ["python", "train.py", "100"], cwd=project, capture_output=True, text=True, check=True
    )
    assert after.stdout.startswith("mean ")


BAD = {
    "missing.py": ("import nothing_of_this_name\n", "ModuleNotFoundError"),
    "fails.py": (
        "import numpy as np\nx = np.ones(9)\nraise ValueError(f'no luck: {x.sum()}')\n",
        "no luck: 9",
    ),
    "asks.py": ("name = input('who? ')\n", "standard input is empty in a whole run"),
    "fetches.py": (
        "import urllib.request\nurllib.request.urlopen('http://example.com/data.csv')\n",
        "the sandbox has no network",
    ),
    "outside.py": ("open('/usr/codeopt_wrote_here', 'w').write('x')\n", "may write only below"),
    "quits.py": ("import os\nos._exit(4)\n", "ended before its main module did, with status 4"),
    "endless.py": ("import time\nwhile True:\n    time.sleep(0.01)\n", "did not finish within"),
}


def test_bad_commands_are_reported_in_words(project: Path, codeopt: Run) -> None:
    (project / "pyproject.toml").write_text("[tool.codeopt]\ntimeout = 0.8\n")
    for name, (text, _) in BAD.items():
        (project / name).write_text(text)
    commands = [word for name in BAD for word in ("--run", f"python {name}")]
    done = codeopt("suggest", ".", *commands, "--format", "json")
    assert done.returncode == 0, done.stderr
    report = report_of(done)
    assert report["suggestions"] == []
    messages = {error["path"]: error["message"] for error in report["errors"]}
    for name, (_, expected) in BAD.items():
        assert expected in messages[name], (name, messages)


def test_what_is_no_python_command_is_a_usage_error(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text("print(1)\n")
    for command in ("python a.py | cat", "no-such-command", "python b.py"):
        done = codeopt("suggest", ".", "--run", command)
        assert done.returncode == 2
        assert "--run" in done.stderr


STATUS = """import sys

import numpy as np


def squash(x):
    low = x - x.mean()
    high = np.tanh(low)
    out = high * 2.0
    return float(out.sum())


print("start")
np.random.seed(1)
x = np.random.standard_normal(3_000_000)
total = squash(x)
print(f"{total:.3f}")
sys.exit(3 if total else 0)
"""


def test_an_exit_status_of_its_own_is_compared_and_told(project: Path, codeopt: Run) -> None:
    (project / "status.py").write_text(STATUS)
    done = codeopt("suggest", ".", "--run", "python status.py", "--budget", "3", "--format", "json")
    report = report_of(done)
    assert [s["path"] for s in report["suggestions"]] == ["status.py"], done.stdout
    assert any("ends with status 3" in error["message"] for error in report["errors"])
