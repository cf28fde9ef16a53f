"""The forms of a report of `suggest`, from the same plain data as its text and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from codeopt.report.forms import suggest_report
from tests.unit.suggested import NOTEBOOK, outcome, suggestion


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def report(form: str) -> str:
    return suggest_report(outcome(), form, color=False)


def test_github_says_what_is_saved_and_how_to_write_it() -> None:
    problem, first, second = report("github").splitlines()
    assert problem.startswith("::error file=bad.py,line=2,")
    assert first.startswith(
        "::warning file=src/a b.py,line=6,endLine=7,title=MEM103 dead-local::The peak of f falls"
    )
    assert "from 16.0 MiB to 8.0 MiB (-50.0 %25)" in first
    assert "9 of 9 planted faults caught" in first
    assert f"`codeopt apply {suggestion().id}`" in first
    line = int(second.split("line=")[1].split(",")[0])
    assert "z = y * 2" in NOTEBOOK.splitlines()[line - 1]
    assert "::cell 1:6: The peak" in second


def test_gitlab_has_an_issue_a_suggestion() -> None:
    issues = json.loads(report("gitlab"))
    assert [issue["location"]["path"] for issue in issues] == ["bad.py", "src/a b.py", "n.ipynb"]
    assert len({issue["fingerprint"] for issue in issues}) == 3


def test_a_fingerprint_does_not_hang_on_figures() -> None:
    first = json.loads(report("gitlab"))[1]["fingerprint"]
    other = outcome()
    figures = replace(suggestion().optimized, peak_bytes=7 << 20, seconds=1.0)
    other.suggestions = [replace(suggestion(), optimized=figures)]
    assert json.loads(suggest_report(other, "gitlab", color=False))[1]["fingerprint"] == first


def test_junit_has_failures_errors_and_skipped_ones() -> None:
    root = xml.fromstring(report("junit"))
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "4", "failures": "2", "errors": "1", "skipped": "1", "time": "1.250",
    }  # fmt: skip
    skipped = next(root.iter("skipped"))
    assert skipped.get("message") == "no workload runs it"
    failures = {failure.text for failure in root.iter("failure")}
    assert any("+    z *= 2" in (text or "") for text in failures)


def test_markdown_has_the_figures_the_proof_the_diff_and_what_was_refused() -> None:
    text = report("markdown")
    row = next(line for line in text.splitlines() if line.startswith("| `src/a b.py::f`"))
    assert "16.0 MiB → 8.0 MiB (−50.0 %)" in row
    assert "500.0 ms → 400.0 ms" in row
    assert "48 cases, 9 of 9 planted faults caught" in row
    assert "```diff\n--- a/src/a b.py" in text
    assert "readable diff" in text
    assert "| `src/c.py::h` | MEM101 | differs |" in text
    assert "| `bad.py:2` | MEM000 unusable-file | cannot parse: invalid syntax |" in text


def test_a_fence_is_longer_than_any_in_the_diff() -> None:
    other = outcome()
    change = replace(suggestion().changes[0], before="x = '''\n```\n</details>\n'''\n")
    other.suggestions = [replace(suggestion(), changes=(change,), function="<b>f</b>")]
    text = suggest_report(other, "markdown", color=False)
    assert text.count("````") == 2
    assert "<summary>&lt;b&gt;f&lt;/b&gt;: the change" in text


def test_patch_is_the_diffs_alone() -> None:
    assert report("patch").startswith("--- a/src/a b.py\n+++ b/src/a b.py\n")


def test_a_run_that_found_nothing() -> None:
    empty = outcome()
    empty.suggestions, empty.problems, empty.unproven, empty.rejections = [], [], [], []
    assert suggest_report(empty, "github", color=False) == ""
    assert json.loads(suggest_report(empty, "gitlab", color=False)) == []
    assert "0 suggestions" in suggest_report(empty, "markdown", color=False)
    assert json.loads(suggest_report(empty, "sarif", color=False))["runs"][0]["results"] == []
