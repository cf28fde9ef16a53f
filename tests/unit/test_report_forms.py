"""The forms of a report for other tools, each from the same plain data."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import pytest

from codeopt.commands.check import Wanted, check
from codeopt.config import Config
from codeopt.edit import Edit, Site, Span, Trust
from codeopt.report.forms import check_report
from codeopt.report.outcome import CheckOutcome
from codeopt.source import Problem, SourceFile

FOUND = "def total(n):\n    return sum([x * x for x in range(len(n))])  # squares\n"


def outcome_of(folder: Path, **texts: str) -> CheckOutcome:
    """A real check of files with these texts."""
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return check([folder], Config(), folder, Wanted(texts=True, changes=Trust.EXACT))


def odd(message: str, path: str = "a.py") -> CheckOutcome:
    """One finding whose message, file and function may hold anything."""
    span = Span(2, 12, 2, 20)
    site = Site("MEM101", path, "f|`x`", span, message, Trust.EXACT, (Edit(0, 1, "y"),))
    source = SourceFile(Path(path), path, "x = 1\nreturn sum([x * x])\n")
    return CheckOutcome((site,), (), {"MEM101": "list-built-to-reduce"}, 1, 2, 0.5, sources={path: source})


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def report(outcome: CheckOutcome, form: str) -> str:
    return check_report(outcome, form, color=False)


def runner_reads(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner of GitHub takes it apart."""
    match = re.fullmatch(r"::(\w+) ([^:]*(?::(?!:)[^:]*)*?)::(.*)", line)
    assert match, line

    def plain(text: str) -> str:
        text = text.replace("%3A", ":").replace("%2C", ",")
        return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

    properties = dict(pair.split("=", 1) for pair in match[2].split(","))
    return match[1], {key: plain(value) for key, value in properties.items()}, plain(match[3])


def test_a_workflow_command_names_the_place(tmp_path: Path) -> None:
    kind, properties, message = runner_reads(report(outcome_of(tmp_path, a=FOUND), "github").rstrip("\n"))
    assert kind == "warning"
    assert properties == {
        "file": "a.py", "line": "2", "endLine": "2", "col": "12", "endColumn": "47",
        "title": "MEM101 list-built-to-reduce",
    }  # fmt: skip
    assert message.startswith("`sum` needs one item at a time")


@pytest.mark.parametrize("text", ["50 % of\nit", "a::b, c=d", "\r\n::error::x", "%0A", "%25", ":,:,"])
def test_a_workflow_command_stays_one_line_whatever_it_says(text: str) -> None:
    path = text.replace("\n", " ").replace("\r", " ") + ".py"
    lines = report(odd(text, path), "github").splitlines()
    assert len(lines) == 1
    kind, properties, message = runner_reads(lines[0])
    assert (kind, properties["file"], message) == ("warning", path, text)


def test_a_problem_is_an_error_without_columns(tmp_path: Path) -> None:
    kind, properties, _ = runner_reads(report(outcome_of(tmp_path, bad="x = 1\ndef f(:\n"), "github").strip())
    assert kind == "error"
    assert (properties["file"], properties["line"]) == ("bad.py", "2")
    assert "col" not in properties


def test_nothing_found_says_nothing_where_that_is_the_form(tmp_path: Path) -> None:
    clean = outcome_of(tmp_path, a="x = 1\n")
    assert report(clean, "github") == ""
    assert report(clean, "patch") == ""
    assert json.loads(report(clean, "gitlab")) == []
    assert json.loads(report(clean, "sarif"))["runs"][0]["results"] == []
    (case,) = xml.fromstring(report(clean, "junit")).iter("testcase")
    assert list(case) == []
    assert "nothing found in 1 file" in report(clean, "markdown")


def issues(outcome: CheckOutcome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(report(outcome, "gitlab"))
    return found


def test_an_issue_of_gitlab_has_all_that_is_asked(tmp_path: Path) -> None:
    (issue,) = issues(outcome_of(tmp_path, a=FOUND))
    assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
    assert issue["location"] == {"path": "a.py", "lines": {"begin": 2, "end": 2}}
    assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}


def test_fingerprints_stay_when_lines_come_and_go_and_tell_equals_apart(tmp_path: Path) -> None:
    twice = FOUND + FOUND.split("\n", 1)[1]
    before = [issue["fingerprint"] for issue in issues(outcome_of(tmp_path, a=twice))]
    assert len(set(before)) == 2
    moved = "import os\n\n\n" + twice
    assert [issue["fingerprint"] for issue in issues(outcome_of(tmp_path, a=moved))] == before
    edited = outcome_of(tmp_path, a=twice.replace("x * x", "x * x * x"))
    assert not {issue["fingerprint"] for issue in issues(edited)} & set(before)
    elsewhere = outcome_of(tmp_path, a="", b=twice)
    assert not {issue["fingerprint"] for issue in issues(elsewhere)} & set(before)


def test_paths_count_from_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a b.py").write_text(FOUND)
    monkeypatch.chdir(tmp_path / "sub")
    outcome = check([Path()], Config(), tmp_path, Wanted(texts=True))
    assert outcome.sites[0].path == "a b.py"
    assert issues(outcome)[0]["location"]["path"] == "sub/a b.py"
    result = json.loads(report(outcome, "sarif"))["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "sub/a%20b.py", "uriBaseId": "%SRCROOT%"}


def test_junit_counts_what_it_holds(tmp_path: Path) -> None:
    root = xml.fromstring(report(outcome_of(tmp_path, a=FOUND, b=FOUND, bad="def f(:\n"), "junit"))
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "2", "1")
    assert [suite.get("name") for suite in root] == ["a.py", "b.py", "bad.py"]
    for suite in root:
        assert suite.get("tests") == str(len(suite))
    failure = next(root.iter("failure"))
    assert failure.get("type") == "MEM101"
    assert "a.py:2:12" in (failure.text or "")


def test_junit_says_nothing_that_xml_cannot(tmp_path: Path) -> None:
    root = xml.fromstring(report(odd("a \x00 <b> & ]]> \x1b[31m \ud800"), "junit"))
    assert next(root.iter("failure")).get("message") == "a \ufffd <b> & ]]> \ufffd[31m \ufffd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y&gt;"),
        ("[a](http://b)", r"\[a\](http://b)"),
        ("`x` *y* _z_", r"\`x\` \*y\* \_z\_"),
        ("two\nlines", "two lines"),
        ("ask @somebody, see #12", "ask @\u200bsomebody, see #\u200b12"),
    ],
)
def test_markdown_shows_messages_as_they_are(text: str, shown: str) -> None:
    table = [line for line in report(odd(text), "markdown").splitlines() if line.startswith("| `a.py")]
    assert table == [f"| `a.py:2:12` | MEM101 list-built-to-reduce | {shown} |"]


def test_a_patch_is_what_fix_would_write(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, a=FOUND, b="y = 1  # codeopt: ignore[MEM101]\n")
    subprocess.run(
        ["git", "apply", "-p1", "-"], cwd=tmp_path, input=report(outcome, "patch"), text=True, check=True
    )
    patched = {name: (tmp_path / name).read_text() for name in ("a.py", "b.py")}
    outcome_of(tmp_path, a=FOUND, b="y = 1  # codeopt: ignore[MEM101]\n")
    check([tmp_path], Config(), tmp_path, Wanted(fixes=Trust.EXACT))
    assert {name: (tmp_path / name).read_text() for name in patched} == patched
    assert patched["b.py"] == "y = 1\n"


def test_a_problem_in_a_cell_is_placed_in_the_json(tmp_path: Path) -> None:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": ["x = 1\n", "!ls\n", "  def f("],
    }
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    (tmp_path / "n.ipynb").write_text(text)
    outcome = check([tmp_path], Config(), tmp_path, Wanted(texts=True))
    assert isinstance(outcome.problems[0], Problem)
    place = issues(outcome)[0]["location"]["lines"]["begin"]
    assert "def f(" in text.splitlines()[place - 1]


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "gitlab", "junit", "markdown", "patch"])
def test_a_file_whose_name_is_no_text_is_reported_with_the_rest(tmp_path: Path, form: str) -> None:
    (tmp_path / os.fsdecode(b"bad\xff.py")).write_text(FOUND)
    (tmp_path / "good.py").write_text(FOUND)
    wanted = Wanted(texts=True, changes=Trust.EXACT)
    for _ in range(2):
        outcome = check([tmp_path], Config(), tmp_path, wanted, tmp_path / ".codeopt" / "cache")
        told = report(outcome, form).encode()
        assert b"good.py" in told
        assert re.search(rb"bad(\\)+xff\.py|bad%5Cxff\.py", told)
