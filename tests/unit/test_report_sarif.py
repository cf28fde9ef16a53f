"""SARIF logs: what they hold, and that the standard's schema and the validator of its makers agree."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codeopt.commands.check import Wanted, check
from codeopt.config import Config
from codeopt.edit import Trust
from codeopt.registry import load_rules
from codeopt.report.forms import check_report, suggest_report
from tests.tools import npm, program
from tests.unit.suggested import AFTER, BEFORE, NOTEBOOK, outcome

FOUND = "import os\n\ndef total(n):\n    return sum([x * x for x in range(len(n))])  # squares é\n"
MULTITOOL = ("@microsoft/sarif-multitool-linux", "5.7.0")


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def checked(folder: Path) -> str:
    return check_report(check([folder], Config(), folder, Wanted(texts=True)), "sarif", color=False)


def suggested() -> str:
    return suggest_report(outcome(), "sarif", color=False)


def run_of(text: str) -> dict[str, Any]:
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


def fixed(text: str, changes: list[dict[str, Any]]) -> str:
    """A text with the replacements of one artifact made, by lines and columns."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines) + 1)]

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    for one in reversed(changes):
        region = one["deletedRegion"]
        begin = offset(region["startLine"], region["startColumn"])
        end = offset(region["endLine"], region["endColumn"])
        text = text[:begin] + one.get("insertedContent", {"text": ""})["text"] + text[end:]
    return text


def test_a_finding_has_its_place_rule_name_and_fix(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FOUND)
    run = run_of(checked(tmp_path))
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] == "MEM101"
    page = next(loaded.page for loaded in load_rules() if loaded.rule.code == "MEM101")
    assert rule["help"]["text"] == page
    assert "### When it is safe" in rule["help"]["markdown"]
    place = result["locations"][0]
    region = {"startLine": 4, "startColumn": 12, "endLine": 4, "endColumn": 47}
    assert place["physicalLocation"]["region"] == region
    assert place["logicalLocations"] == [{"fullyQualifiedName": "total", "kind": "function"}]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert fixed(FOUND, change["replacements"]) == FOUND.replace("[x", "x").replace("])", ")")
    fingerprint = result["partialFingerprints"]["codeopt/v1"]
    (tmp_path / "a.py").write_text("\n\n" + FOUND)
    assert run_of(checked(tmp_path))["results"][0]["partialFingerprints"]["codeopt/v1"] == fingerprint


def test_a_fix_brings_the_import_that_it_needs(tmp_path: Path) -> None:
    name = "sklearn.metrics"
    text = f"from {name} import pairwise_distances\n\ndef nearest(a, b):\n"
    text += "    return pairwise_distances(a, b).argmin(axis=1)\n"
    (tmp_path / "a.py").write_text(text)
    done = check([tmp_path], Config(), tmp_path, Wanted(texts=True))
    assert [site.imports for site in done.sites] == [(f"from {name} import pairwise_distances_argmin",)]
    (result,) = run_of(check_report(done, "sarif", color=False))["results"]
    after = fixed(text, result["fixes"][0]["artifactChanges"][0]["replacements"])
    check([tmp_path], Config(), tmp_path, Wanted(fixes=Trust.EXACT))
    assert (tmp_path / "a.py").read_text() == after
    assert f"from {name} import pairwise_distances_argmin" in after


def test_a_suggestion_has_its_figures_proof_and_fix() -> None:
    run = run_of(suggested())
    problem, result, of_notebook = run["results"]
    assert (problem["ruleId"], problem["level"]) == ("MEM000", "error")
    assert result["ruleId"] == "MEM103", "the edit that saves most"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "src/a%20b.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 6, "startColumn": 5, "endLine": 7, "endColumn": 19}
    (other,) = result["relatedLocations"]
    assert other["physicalLocation"]["region"]["startLine"] == 5
    assert "saves 1.0 MiB" in other["message"]["text"]
    told = result["properties"]
    assert (told["baseline"]["peak_bytes"], told["optimized"]["peak_bytes"]) == (16 << 20, 8 << 20)
    assert told["saved_bytes"] == 8 << 20
    assert told["equivalence"]["cases"] == 48
    assert told["equivalence"]["faults_caught"] == 9
    assert "from 16.0 MiB to 8.0 MiB (-50.0 %)" in result["message"]["text"]
    assert fixed(BEFORE, result["fixes"][0]["artifactChanges"][0]["replacements"]) == AFTER
    after = fixed(NOTEBOOK, of_notebook["fixes"][0]["artifactChanges"][0]["replacements"])
    assert "".join(json.loads(after)["cells"][0]["source"]) == AFTER
    assert (of_notebook["properties"]["cell"], of_notebook["properties"]["cell_line"]) == (1, 6)
    line = of_notebook["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert "z = y * 2" in NOTEBOOK.splitlines()[line - 1]
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_a_run_that_was_interrupted_says_so() -> None:
    cut = outcome()
    cut.interrupted = True
    run = run_of(suggest_report(cut, "sarif", color=False))
    assert run["invocations"] == [{"executionSuccessful": False}]


def all_examples(folder: Path) -> str:
    """A log of what every rule finds in its own examples: each page, and fixes of all kinds."""
    for loaded in load_rules():
        for number, example in enumerate(loaded.rule.examples):
            (folder / f"{loaded.rule.code}_{number}.py").write_text(example.before)
    (folder / "n.ipynb").write_text(NOTEBOOK.replace("np.exp(x)", "sum([i * i for i in range(9)])"))
    (folder / "bad.py").write_text("def f(:\n")
    (folder / "é ü#?.py").write_text(FOUND + "x = 1  # codeopt: ignore[MEM101]\n")
    return checked(folder)


def multitool() -> Path:
    """The program itself, which its package for one system does not mark as one."""
    found = npm(*MULTITOOL, "./Sarif.Multitool")
    found.chmod(0o755)
    return found


MADE = {"check": all_examples, "suggest": lambda folder: suggested(), "nothing": checked}


@pytest.mark.parametrize("kind", MADE)
def test_the_schema_of_the_standard_and_the_validator_accept_the_log(kind: str, tmp_path: Path) -> None:
    schema = npm(*MULTITOOL, "./sarif-2.1.0.json")
    log = tmp_path / "log.sarif"
    (tmp_path / "made").mkdir()
    log.write_text(MADE[kind](tmp_path / "made"))
    if kind == "check":
        assert len(run_of(log.read_text())["tool"]["driver"]["rules"]) > 30
    command = [str(program("check-jsonschema==0.39.0", "check-jsonschema")), "--schemafile", str(schema)]
    done = subprocess.run([*command, str(log)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert errors_in(log) == []


def errors_in(log: Path) -> list[str]:
    """What the validator calls an error, by the rules of the standard and those of GitHub."""
    command = [str(multitool()), "validate", str(log), "--rule-kind", "Sarif;Ghas"]
    plain = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=plain)
    # It exits with 0 whatever it finds, and says so only here.
    assert "Analysis completed successfully" in done.stdout, done.stdout + done.stderr
    return re.findall(r"error \w+:.*", done.stdout)


def test_the_validator_would_find_one(tmp_path: Path) -> None:
    broken = json.loads(suggested())
    del broken["runs"][0]["tool"]["driver"]["rules"]
    (tmp_path / "log.sarif").write_text(json.dumps(broken))
    assert any("GH1018" in error for error in errors_in(tmp_path / "log.sarif"))
