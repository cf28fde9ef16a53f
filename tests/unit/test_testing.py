"""The public bench on packages that are wrong: it says so in words, and never passes for lack of rules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from codeopt.registry import select_rules
from codeopt.testing import cases, check_pair, measure_pair, pair_file


def said(package: str) -> list[str]:
    return [line for case in cases(package) for line in case.run()]


def test_a_package_that_is_not_there() -> None:
    (line,) = said("no_such_package")
    assert line.startswith("no_such_package:1: cannot import no_such_package: ModuleNotFoundError")


def test_a_package_without_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rules_of_nobody").mkdir()
    (tmp_path / "rules_of_nobody" / "__init__.py").write_text("")
    (tmp_path / "rules_of_nobody" / "_private.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert said("rules_of_nobody") == [
        "rules_of_nobody has no rules: a rule is a module beside __init__.py that does not begin with _"
    ]
    sys.modules.pop("rules_of_nobody", None)


def test_a_module_that_is_no_rule() -> None:
    (line,) = said("json.scanner")
    assert line.endswith("json.scanner: has no RULE")


def test_a_pair_that_is_none(tmp_path: Path) -> None:
    (loaded,) = select_rules(["list-built-to-reduce"])
    file = pair_file(loaded, tmp_path)
    assert file == tmp_path / "list_built_to_reduce.py"
    assert list(check_pair(loaded, file)) == [f"there is no pair {file}"]
    file.write_text("def run():\n    return 1\n")
    assert list(check_pair(loaded, file)) == [
        f"{file} has no function arguments",
        f"the rule finds nothing in {file}",
    ]
    assert measure_pair(loaded, file).problem == "finds nothing in its pair"


def test_a_pair_that_fails_says_how(tmp_path: Path) -> None:
    (loaded,) = select_rules(["list-built-to-reduce"])
    file = pair_file(loaded, tmp_path)
    program = "def arguments():\n    return (1 / 0,)\n\ndef run(n):\n    return sum([x for x in range(n)])\n"
    file.write_text(program)
    result = measure_pair(loaded, file)
    assert result.problem == "ZeroDivisionError: division by zero"
    assert not result.pays
    assert result.pair is None
