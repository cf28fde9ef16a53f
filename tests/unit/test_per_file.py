"""Rules that are off in some files: what the configuration says, and what checks and fixes make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.commands.check import Wanted, check
from codeopt.config import Config, load_config
from codeopt.edit import Trust
from codeopt.errors import ConfigError, UsageError
from codeopt.per_file import ignored_by_file
from codeopt.pipeline import Run

FOUND = "def total(n):\n    return sum([x * x for x in range(len(n))])\n"
IDLE = "x = 1  # codeopt: ignore[MEM101]\n"
NAMES = {"MEM101": "list-built-to-reduce", "MEM201": "other", "MEM001": "unused-suppression"}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.py", "tests/a.py", "tests/deep/b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(FOUND + IDLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configured(text: str) -> Config:
    Path("pyproject.toml").write_text(text)
    return load_config(None, Path.cwd())


def found(config: Config, wanted: Wanted | None = None) -> set[tuple[str, str]]:
    cache = Path.cwd() / ".codeopt" / "cache"
    outcome = check([Path()], config, Path.cwd(), wanted or Wanted(), cache)
    return {(site.path, site.rule) for site in outcome.sites}


EVERYTHING = {
    (path, rule) for path in ("a.py", "tests/a.py", "tests/deep/b.py") for rule in ("MEM101", "MEM001")
}


@pytest.mark.parametrize(
    ("pattern", "codes", "gone"),
    [
        ("tests/", ["MEM101"], {("tests/a.py", "MEM101"), ("tests/deep/b.py", "MEM101")}),
        ("tests/*.py", ["MEM1"], {("tests/a.py", "MEM101")}),
        ("b.py", ["list-built-to-reduce"], {("tests/deep/b.py", "MEM101")}),
        ("/a.py", ["MEM"], {("a.py", "MEM101"), ("a.py", "MEM001")}),
        ("a.py", ["unused-suppression"], {("a.py", "MEM001"), ("tests/a.py", "MEM001")}),
        ("none/*", ["MEM"], set()),
    ],
)
def test_rules_are_off_where_a_pattern_matches(
    pattern: str, codes: list[str], gone: set[tuple[str, str]]
) -> None:
    assert found(Config()) == EVERYTHING
    config = configured(f'[tool.codeopt.per-file-ignores]\n"{pattern}" = {codes}\n')
    assert found(config) == EVERYTHING - gone
    assert found(config) == EVERYTHING - gone, "from the cache"
    assert found(Config()) == EVERYTHING
    tried = {(name, site.rule) for name, sites in sites_of_suggest(config).items() for site in sites}
    assert tried == {(path, rule) for path, rule in EVERYTHING - gone if rule == "MEM101"}


def sites_of_suggest(config: Config) -> dict:  # type: ignore[type-arg]
    run = Run(config, [Path()], Path.cwd())
    list(run._read())
    return run.by_file


def test_fixes_and_patches_leave_alone_what_is_off() -> None:
    config = configured('[tool.codeopt.per-file-ignores]\n"tests/" = ["MEM101"]\n"deep/" = ["MEM001"]\n')
    outcome = check([Path()], config, Path.cwd(), Wanted(changes=Trust.EXACT))
    assert [change.name for change in outcome.changes] == ["a.py", "tests/a.py"]
    assert "sum([" in outcome.changes[1].after
    assert found(config, Wanted(fixes=Trust.EXACT)) == set()
    assert Path("a.py").read_text() == FOUND.replace("[x", "x").replace("])", ")") + "x = 1\n"
    assert Path("tests/a.py").read_text() == FOUND + "x = 1\n"
    assert Path("tests/deep/b.py").read_text() == FOUND + IDLE


def test_patterns_count_from_the_root_wherever_it_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path.cwd()
    monkeypatch.chdir("tests")
    off = ignored_by_file([Path("a.py"), Path("../a.py").absolute()], {"tests/": ("MEM101",)}, root, NAMES)
    assert off == {Path("a.py"): frozenset({"MEM101"})}
    outside = ignored_by_file([Path("/elsewhere/tests/a.py")], {"tests/": ("MEM101",)}, root, NAMES)
    assert outside == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[tool.codeopt]\njobs = 1\nper-file-ignores = ["a"]\n', 3),
        ('[tool.codeopt]\nper-file-ignores = "a"\n', 2),
        ('[tool.codeopt.per-file-ignores]\n"a.py" = "MEM101"\n', 1),
        ('[tool.codeopt.per-file-ignores]\n"a.py" = [1]\n', 1),
    ],
)
def test_what_is_no_table_of_lists_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(
        ConfigError, match=rf"pyproject.toml:{line}: per-file-ignores must be a table of patterns"
    ):
        configured(text)


def test_a_rule_that_is_not_there_is_told() -> None:
    config = configured('[tool.codeopt.per-file-ignores]\n"a.py" = ["MEM909"]\n')
    with pytest.raises(UsageError, match="no rule is called 'MEM909'"):
        found(config)


def test_unused_suppressions_are_selected_like_rules() -> None:
    assert {rule for _, rule in found(Config(select=("MEM001",)))} == {"MEM001"}
    assert {rule for _, rule in found(Config(ignore=("unused-suppression",)))} == {"MEM101"}
