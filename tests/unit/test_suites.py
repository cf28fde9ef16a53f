"""How the outcomes of a suite are read, and which lines count as changed."""

from __future__ import annotations

from pathlib import Path

from bench.suites import _changed, _statement_lines, read_outcomes


def test_outcomes_of_a_report(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="a" name="ok" file="a.py"/>'
        '<testcase classname="a" name="bad" file="a.py"><failure/></testcase>'
        '<testcase classname="a" name="gone" file="a.py"><skipped/></testcase>'
        '<testcase classname="a" name="both" file="a.py"/>'
        '<testcase classname="a" name="both" file="a.py"><error/></testcase></testsuite></testsuites>'
    )
    outcomes = read_outcomes(report)
    assert outcomes.of == {"a::ok": "passed", "a::bad": "failed", "a::gone": "skipped", "a::both": "failed"}
    assert set(outcomes.files.values()) == {"a.py"}


def test_changed_lines_are_those_of_the_new_text() -> None:
    before = "a\nb\nc\nd\ne\n"
    assert _changed(before, "a\nB1\nB2\nc\ne\n") == [(2, 3), (5, 5)]


def test_a_change_inside_a_statement_counts_for_all_of_it(tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    file.write_text("def f(x):\n    y = g(\n        x,\n        2,\n    )\n    return y\n")
    assert _statement_lines(file, (4, 4)) == {2, 3, 4, 5}
