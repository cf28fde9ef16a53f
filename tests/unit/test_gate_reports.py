"""What the reports of the gate say, in every form."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from codeopt.flags import FORMS
from codeopt.gate.entry import GateEntry, GateOutcome, Judgement, Verdict
from codeopt.report.gate import gate_report
from codeopt.source import Problem
from tests.tools import npm, program
from tests.unit.test_report_sarif import MULTITOOL, errors_in

MIB = 1 << 20
TEXT = "import os\n\ndef f(x):\n    return x\n"
CELL: dict[str, object] = {
    "cell_type": "code",
    "execution_count": None,
    "metadata": {},
    "outputs": [],
    "source": TEXT,
}
NOTEBOOK: dict[str, object] = {"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


@pytest.fixture
def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GateOutcome:
    """One entry of each verdict, one in a notebook, and a problem."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.py").write_text(TEXT)
    (tmp_path / "nb.ipynb").write_text(json.dumps(NOTEBOOK, indent=1))
    grew = Judgement(Verdict.GREW, 50 * MIB, 100 * MIB, 3 * MIB)
    served = ("declared", "codeopt_workloads.py:6")
    return GateOutcome(
        "main",
        {"python": "3.11"},
        [
            GateEntry("a.py", "f", 3, grew, ("a.py::f", "b.py::g"), *served),
            GateEntry("nb.ipynb", "f", 3, grew, ("nb.ipynb::f",), *served, cell=1),
            GateEntry("a.py", "g", 3, Judgement(Verdict.SAME, MIB, MIB, MIB), ("a.py::g",), *served),
            GateEntry("a.py", "h", 3, Judgement(Verdict.UNMEASURED, reason="<b>|@you</b>"), ("a.py::h",)),
            GateEntry("a.py", "i", 3, Judgement(Verdict.NEW, None, MIB, None, "it is new"), (), *served),
        ],
        [Problem("b.py", 7, "does not parse")],
        files=2,
        functions=5,
        seconds=2.0,
    )


def test_text(outcome: GateOutcome) -> None:
    assert gate_report(outcome, "text", color=False).splitlines() == [
        "b.py:7: error: does not parse",
        "a.py:3 f: grew 50.0 MiB -> 100.0 MiB (noise 3.0 MiB)",
        "   changed  a.py::f, b.py::g",
        "   workload declared codeopt_workloads.py:6",
        "nb.ipynb:cell 1:3 f: grew 50.0 MiB -> 100.0 MiB (noise 3.0 MiB)",
        "   changed  nb.ipynb::f",
        "   workload declared codeopt_workloads.py:6",
        "a.py:3 g: same 1.0 MiB -> 1.0 MiB (noise 1.0 MiB)",
        "a.py:3 h: unmeasured; <b>|@you</b>",
        "a.py:3 i: new 1.0 MiB; it is new",
        "5 functions in 2 files changed since main; peaks: 2 grew, 1 same, 1 new, 1 unmeasured (2.0 s).",
    ]
    assert "\x1b[31mgrew\x1b[0m" in gate_report(outcome, "text", color=True)
    assert gate_report(GateOutcome("main", {}), "text", color=False) == "No function changed since main.\n"


def test_json(outcome: GateOutcome) -> None:
    report = json.loads(gate_report(outcome, "json", color=False))
    assert list(report) == ["version", "environment", "baseline", "gate", "errors", "stats"]
    first, second, _, unmeasured, new = report["gate"]
    assert first == {
        "path": "a.py", "function": "f", "line": 3, "verdict": "grew", "before_bytes": 50 * MIB,
        "after_bytes": 100 * MIB, "noise_bytes": 3 * MIB, "reason": "", "changed": ["a.py::f", "b.py::g"],
        "workload": {"origin": "declared", "ref": "codeopt_workloads.py:6", "scale": 1.0},
    }  # fmt: skip
    assert second["cell"] == 1
    assert (unmeasured["workload"], unmeasured["after_bytes"]) == (None, None)
    assert (new["before_bytes"], new["after_bytes"]) == (None, MIB)
    assert report["stats"]["interrupted"] is False


def test_markdown_is_escaped(outcome: GateOutcome) -> None:
    text = gate_report(outcome, "markdown", color=False)
    assert "| `a.py::f` | **grew** |" in text
    assert "<b>" not in text
    assert "@you" not in text
    rows = [line for line in text.splitlines() if line.startswith("| `a.py::")]
    assert [line.count("|") - line.count("\\|") for line in rows] == [5, 5, 5, 5]


def test_forges_are_told_what_grew_and_what_is_broken(outcome: GateOutcome) -> None:
    commands = gate_report(outcome, "github", color=False).splitlines()
    assert [command.partition(",")[0] for command in commands] == [
        "::error file=b.py", "::error file=a.py", "::error file=nb.ipynb",
    ]  # fmt: skip
    line = json.dumps(NOTEBOOK, indent=1).splitlines().index(next(
        found for found in json.dumps(NOTEBOOK, indent=1).splitlines() if '"source"' in found
    ))  # fmt: skip
    assert f"line={line + 1}," in commands[2]
    found = json.loads(gate_report(outcome, "gitlab", color=False))
    assert [one["check_name"] for one in found] == ["MEM000 unusable-file", *["MEM002 peak-grew"] * 2]
    assert len({one["fingerprint"] for one in found}) == 3
    suites = xml.fromstring(gate_report(outcome, "junit", color=False))
    assert (suites.get("errors"), suites.get("skipped")) == ("3", "1")
    assert gate_report(outcome, "patch", color=False) == ""


def test_fingerprints_stay_when_figures_and_lines_change(outcome: GateOutcome) -> None:
    before = json.loads(gate_report(outcome, "gitlab", color=False))
    outcome.entries[0] = GateEntry("a.py", "f", 1, Judgement(Verdict.GREW, MIB, 9 * MIB, MIB))
    after = json.loads(gate_report(outcome, "gitlab", color=False))
    assert [one["fingerprint"] for one in before] == [one["fingerprint"] for one in after]


def test_every_form_can_be_asked_for(outcome: GateOutcome) -> None:
    outcome.interrupted = True
    for form in FORMS.choices:
        assert isinstance(gate_report(outcome, form, color=False), str)
    assert "Interrupted" in gate_report(outcome, "text", color=False)


def test_the_schema_of_the_standard_and_the_validator_accept_the_log(
    outcome: GateOutcome, tmp_path: Path
) -> None:
    log = tmp_path / "log.sarif"
    log.write_text(gate_report(outcome, "sarif", color=False))
    results = json.loads(log.read_text())["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["MEM000", "MEM002", "MEM002"]
    assert results[1]["properties"]["before_bytes"] == 50 * MIB
    schema = npm(*MULTITOOL, "./sarif-2.1.0.json")
    checker = str(program("check-jsonschema==0.39.0", "check-jsonschema"))
    done = subprocess.run(
        [checker, "--schemafile", str(schema), str(log)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert errors_in(log) == []
