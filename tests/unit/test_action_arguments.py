"""What the inputs of the Action become: arguments of a process, each one whole."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / "ci" / "action.py"


@pytest.fixture(scope="module")
def action() -> ModuleType:
    spec = importlib.util.spec_from_file_location("codeopt_action", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lines_become_arguments_and_paths_are_never_flags(action: ModuleType) -> None:
    given = {
        "INPUT_VERB": "check", "INPUT_FAIL": "true", "INPUT_PATHS": "src\n--fix\n\n a b; rm -rf x \n",
        "INPUT_ARGUMENTS": "--select=MEM1\n--jobs\n2",
    }  # fmt: skip
    arguments = action.verb_arguments(given, Path("/t/r.json"))
    assert arguments[:3] == ["-m", "codeopt", "check"]
    assert arguments[-7:] == ["--select=MEM1", "--jobs", "2", "--", "src", "--fix", "a b; rm -rf x"]
    assert "--fail-on-suggestion" not in arguments


def test_suggestions_fail_where_that_is_asked_for(action: ModuleType) -> None:
    given = {"INPUT_VERB": "suggest", "INPUT_FAIL": "true"}
    assert "--fail-on-suggestion" in action.verb_arguments(given, Path("r.json"))
    assert "--fail-on-suggestion" not in action.verb_arguments({**given, "INPUT_FAIL": "false"}, Path("r"))


def test_the_bot_reviews_one_pull_request_or_opens_others(action: ModuleType) -> None:
    given = {
        "INPUT_REPORT": "/t/r.json", "GITHUB_REPOSITORY": "a/b", "GITHUB_OUTPUT": "/t/out",
        "INPUT_BASE": "main", "INPUT_MOST_OPEN": "3", "INPUT_DRY_RUN": "true", "INPUT_REVIEW": "",
    }  # fmt: skip
    assert action.bot_arguments(given)[-3:] == ["--base=main", "--most-open=3", "--dry-run"]
    assert action.bot_arguments({**given, "INPUT_REVIEW": "7"})[-2:] == ["--review=7", "--dry-run"]


def test_figures_of_either_report(action: ModuleType) -> None:
    check = {"version": 1, "findings": [{}, {}], "errors": []}
    assert action.figures(check) == {"findings": "2", "proven": "0", "best-saving": "0"}
    saved = {"sites": [{}, {}], "baseline": {"peak_bytes": 900}, "optimized": {"peak_bytes": 200}}
    less = {"sites": [{}], "baseline": {"peak_bytes": 900}, "optimized": {"peak_bytes": 800}}
    suggest = {"version": 1, "suggestions": [less, saved], "unproven": [{}]}
    assert action.figures(suggest) == {"findings": "4", "proven": "2", "best-saving": "700"}


def test_an_output_cannot_end_its_line(action: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(action.Refused, match="would end its line"):
        action._output({"GITHUB_OUTPUT": str(tmp_path / "out")}, {"report": "a\npr-number=1"})
