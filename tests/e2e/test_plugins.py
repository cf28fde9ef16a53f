"""Rules of another distribution, as its user meets them: listed, found, fixed, suggested, or refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codeopt.commands.new_rule import new_rule
from codeopt.plugins import files_state, rule_packages

Run = Callable[..., subprocess.CompletedProcess[str]]

CODE = 'def header(data):\n    return len(data.decode().split("\\n")[0]) + 1\n'
FIXED = CODE.replace('"\\n"', '"\\n", maxsplit=1')
WORKLOAD = r"""
from codeopt import Call, workload

@workload("a.py::header")
def build(scale, seed):
    return Call(args=(b"time,value\n" + b"1700000000,%d\n" % seed * int(300_000 * scale),))
"""


def install(site: Path, distribution: str, value: str, version: str = "1.2") -> None:
    """What an installer leaves behind: the metadata folder of a distribution with one entry point."""
    folder = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (folder / "entry_points.txt").write_text(
        f"[console_scripts]\nacme = a:b\n\n[codeopt.rules]\nx = {value}\n"
    )


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path of every process of the test, with the distribution acme-rules in it."""
    folder = tmp_path_factory.mktemp("site") / "acme"
    new_rule("text-split-first", folder)
    install(folder, "acme-rules", "acme")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    report: dict[str, Any] = json.loads(done.stdout)
    return [error["message"] for error in report["errors"]]


def test_a_rule_of_another_package_is_one_of_the_rules(site: Path, project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(CODE)
    listed = json.loads(codeopt("rules", "--format", "json").stdout)
    assert listed["errors"] == []
    last = listed["rules"][-1]
    assert (last["code"], last["area"], last["package"]) == ("ACME001", "python", "acme-rules")
    page = codeopt("explain", "text-split-first").stdout
    assert page.startswith("ACME001 text-split-first (python, exact, acme-rules)\n")
    assert "Measured on its pair text_split_first: 19.99 MiB before, 6.87 MiB after." in page
    (finding,) = json.loads(codeopt("check", "--format", "json").stdout)["findings"]
    assert (finding["rule"], finding["name"], finding["line"]) == ("ACME001", "text-split-first", 2)
    assert codeopt("check", "--select", "ACME").returncode == 1
    assert codeopt("check", "--select", "text-split-first").returncode == 1
    assert codeopt("check", "--ignore", "acme001").returncode == 0
    assert codeopt("check", "--select", "MEM").returncode == 0


@pytest.mark.parametrize(
    "comment", ["codeopt: ignore[ACME001]", "codeopt: ignore[text-split-first]", "noqa: ACME001"]
)
def test_a_comment_switches_it_off(site: Path, project: Path, codeopt: Run, comment: str) -> None:
    (project / "a.py").write_text(CODE[:-1] + f"  # {comment}\n")
    assert codeopt("check").returncode == 0


def test_it_fixes(site: Path, project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(CODE)
    assert codeopt("check", "--fix").returncode == 0
    assert (project / "a.py").read_text() == FIXED


def test_it_is_found_in_the_processes_of_a_large_project(site: Path, project: Path, codeopt: Run) -> None:
    for number in range(30):
        (project / f"m{number}.py").write_text(CODE)
    report = json.loads(codeopt("check", "--jobs", "2", "--format", "json").stdout)
    assert [f["rule"] for f in report["findings"]] == ["ACME001"] * 30


def test_suggest_proves_it(site: Path, project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(CODE)
    (project / "codeopt_workloads.py").write_text(WORKLOAD)
    done = codeopt("suggest", "--select", "ACME", "--format", "json")
    report = json.loads(done.stdout)
    (suggestion,) = report["suggestions"]
    assert suggestion["rules"] == ["ACME001"]
    assert suggestion["equivalence"]["verdict"] == "same"
    assert suggestion["optimized"]["peak_bytes"] < 0.4 * suggestion["baseline"]["peak_bytes"]
    assert codeopt("apply", "--all").returncode == 0
    assert (project / "a.py").read_text() == FIXED


RULE = "RULE = Rule('ACME002', 'a-b', Trust.EXACT, 's', (), (), ())\ndef find(facts): return iter(())\n"
HEAD = "from codeopt.rule import Rule\nfrom codeopt.edit import Trust\n"
VALID = HEAD + RULE
BROKEN = {
    "raises": ("1 / 0\n", "cannot import acme.x: ZeroDivisionError: division by zero"),
    "exits": ("import sys\nsys.exit(3)\n", "cannot import acme.x: SystemExit: 3"),
    "no syntax": ("def f(:\n", "cannot import acme.x: SyntaxError: invalid syntax"),
    "no rule": ("x = 1\n", "acme.x: has no RULE"),
    "another type": ("RULE = {'code': 'ACME002'}\n", "acme.x: RULE is a dict, not a Rule"),
    "no find": (VALID.partition("def")[0], "acme.x: has no function find"),
    "text for a tuple": (VALID.replace("'s', ()", "'s', 'zeros('"), "RULE.triggers is not a tuple of str"),
    "trust as text": (VALID.replace("Trust.EXACT", "'exact'"), "RULE.trust is 'exact', not of type Trust"),
    "bad code": (VALID.replace("ACME002", "MEM901"), "code 'MEM901' is not capital letters, other than MEM"),
    "bad name": (VALID.replace("a-b", "A_b"), "name 'A_b' is not words in lower case"),
    "code of a rule": (VALID.replace("ACME002", "ACME001"), "ACME001 is used by acme-rules already"),
    "name of ours": (VALID.replace("a-b", "dead-local"), "dead-local is used by codeopt already"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_rule_is_named_and_the_rest_goes_on(
    site: Path, project: Path, codeopt: Run, kind: str
) -> None:
    text, words = BROKEN[kind]
    (site / "acme" / "x.py").write_text(text)
    (project / "a.py").write_text(CODE)
    done = codeopt("check", "--format", "json")
    (message,) = errors(done)
    assert message.startswith("rule package acme-rules 1.2: ")
    assert words in message
    assert [f["rule"] for f in json.loads(done.stdout)["findings"]] == ["ACME001"]
    listed = codeopt("rules")
    assert listed.returncode == 0
    assert words in listed.stderr
    assert "ACME001" in listed.stdout


def test_what_a_rule_prints_or_yields_does_not_spoil_the_report(
    site: Path, project: Path, codeopt: Run
) -> None:
    text = HEAD + RULE.replace("iter(())", "iter(['site'])")
    (site / "acme" / "x.py").write_text("print('hello')\n" + text)
    (project / "a.py").write_text(CODE)
    done = codeopt("check", "--format", "json")
    assert errors(done) == ["rule ACME002 (a-b) failed: TypeError: find yields 'site', not a Site of ACME002"]
    assert [f["rule"] for f in json.loads(done.stdout)["findings"]] == ["ACME001"]
    assert done.stderr == "hello\n"


def test_two_packages_that_clash(site: Path, project: Path, codeopt: Run) -> None:
    other = site / "other"
    other.mkdir()
    for name in ("__init__.py", "text_split_first.py"):
        (other / name).write_text((site / "acme" / name).read_text())
    install(site, "other-rules", "other")
    (project / "a.py").write_text(CODE)
    done = codeopt("check", "--format", "json")
    (message,) = errors(done)
    assert message.startswith(
        "rule package other-rules 1.2: other.text_split_first: ACME001 is used by acme-rules"
    )
    assert len(json.loads(done.stdout)["findings"]) == 1


def test_entry_points_that_name_nothing(site: Path, project: Path, codeopt: Run) -> None:
    install(site, "gone-rules", "gone.rules")
    install(site, "object-rules", "acme:RULE")
    (site / "torn-1.dist-info").mkdir()
    (site / "torn-1.dist-info" / "entry_points.txt").write_text("x = 1\n[codeopt.rules]\n")
    (project / "a.py").write_text(CODE)
    done = codeopt("check", "--format", "json")
    gone, named, torn = sorted(errors(done))
    assert "gone-rules 1.2: cannot import gone.rules: ModuleNotFoundError" in gone
    assert "object-rules 1.2: entry point 'acme:RULE' names no module or package" in named
    assert "torn unknown: entry_points.txt cannot be read" in torn
    assert len(json.loads(done.stdout)["findings"]) == 1


def test_a_module_may_be_the_one_rule(site: Path, project: Path, codeopt: Run) -> None:
    (site / "single.py").write_text(HEAD + RULE)
    install(site, "single-rule", "single")
    assert "ACME002  a-b " in codeopt("rules").stdout


def test_sources_tell_one_state_of_a_package_from_another(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(site))
    assert [str(package) for package in rule_packages()] == ["acme-rules 1.2"]
    (package,) = rule_packages()
    before = files_state(package)
    os.utime(site / "acme" / "text_split_first.py", ns=(1, 1))
    assert files_state(package) != before
    assert "acme" not in sys.modules


def test_doctor_names_the_packages_of_rules(site: Path, codeopt: Run) -> None:
    (site / "acme" / "x.py").write_text("1 / 0\n")
    findings = json.loads(codeopt("doctor", "--format", "json").stdout)["findings"]
    topics = {f["topic"]: (f["state"], f["detail"]) for f in findings}
    state, detail = topics["rules of acme-rules"]
    assert state == "warning"
    assert detail.startswith("1.2 with 1 rule; ")
    assert "cannot import acme.x: ZeroDivisionError" in detail
