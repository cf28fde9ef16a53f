"""`new-rule` as its user meets it: what it writes passes its bench at once, and is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]


def tool(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=240,
        check=False, env=environment,
    )  # fmt: skip


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_an_empty_folder_becomes_a_package_that_passes(tmp_path: Path) -> None:
    folder = tmp_path / "acme-rules"
    done = tool(tmp_path, "codeopt", "new-rule", "text-split-first", "--path", "acme-rules")
    assert done.returncode == 0, done.stderr
    assert files(folder) == [
        "acme_rules/__init__.py", "acme_rules/text_split_first.py", "pyproject.toml",
        "tests/pairs/text_split_first.py", "tests/test_acme_rules.py",
    ]  # fmt: skip
    more = tool(folder, "codeopt", "new-rule", "second-cast")
    assert more.returncode == 0, more.stderr
    assert 'code="ACME002"' in (folder / "acme_rules" / "second_cast.py").read_text()

    bench = tool(folder, "pytest", "-q", "-p", "no:cacheprovider", "--override-ini", "addopts=")
    assert bench.returncode == 0, bench.stdout
    assert "17 passed" in bench.stdout
    for command in (["ruff", "check", "."], ["ruff", "format", "--check", "."]):
        clean = tool(folder, *command)
        assert clean.returncode == 0, clean.stdout
    options = ("--strict", "--follow-imports=silent")
    typed = tool(folder, "mypy", *options, "acme_rules", "tests", MYPYPATH=str(ROOT))
    assert typed.returncode == 0, typed.stdout


def test_it_installs_and_is_found(tmp_path: Path) -> None:
    tool(tmp_path, "codeopt", "new-rule", "text-split-first", "--path", "acme-rules")
    site = str(tmp_path / "site")
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    installed = tool(tmp_path, "pip", "install", "--quiet", *offline, "--target", site, "./acme-rules")
    assert installed.returncode == 0, installed.stderr
    (tmp_path / "a.py").write_text("X = str(1.5).split('.')[0]\n")
    found = tool(tmp_path, "codeopt", "check", "--format", "json", "a.py", PYTHONPATH=site)
    assert [f["rule"] for f in json.loads(found.stdout)["findings"]] == ["ACME001"]
    pair = "acme-rules/tests/pairs/text_split_first.py"
    measured = tool(tmp_path, "codeopt", "measure-pair", "ACME001", pair, PYTHONPATH=site)
    assert measured.returncode == 0, measured.stderr
    assert "% saved; same bits; pays\n" in measured.stdout
    assert '    pair=Pair("text_split_first", ' in measured.stdout
    wrong = tool(tmp_path, "codeopt", "measure-pair", "ACME001", "a.py", PYTHONPATH=site)
    assert (wrong.returncode, wrong.stderr) == (2, "codeopt: a.py has no function arguments\n")


def test_a_failing_rule_fails_its_bench_in_words(tmp_path: Path) -> None:
    tool(tmp_path, "codeopt", "new-rule", "text-split-first", "--path", "acme-rules")
    folder = tmp_path / "acme-rules"
    rule = folder / "acme_rules" / "text_split_first.py"
    text = rule.read_text().replace("Use instead", "Instead").replace('"maxsplit=1")', '"maxsplit=2")')
    rule.write_text(text)
    (folder / "acme_rules" / "other.py").write_text("RULE = 1\n")
    done = tool(folder, "pytest", "-q", "-p", "no:cacheprovider", "--override-ini", "addopts=")
    assert done.returncode == 1
    assert "the page has no heading 'Use instead'" in done.stdout
    assert "split(',', maxsplit=2)[0]\ninstead of\n" in done.stdout
    assert "acme_rules.other: RULE is a int, not a Rule" in done.stdout
    assert "Traceback" not in done.stdout


def test_an_existing_project_is_told_what_it_lacks(project: Path, codeopt: Run) -> None:
    before = (project / "pyproject.toml").read_text()
    done = codeopt("new-rule", "torch-twice", "--prefix", "SMP")
    assert done.returncode == 0, done.stderr
    assert '[project.entry-points."codeopt.rules"]\nsample_rules = "sample_rules"' in done.stdout
    assert 'code="SMP001"' in (project / "sample_rules" / "torch_twice.py").read_text()
    assert (project / "pyproject.toml").read_text() == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Np-cast", "is no name of a rule"),
        ("cast", "is no name of a rule"),
        ("3d-cast", "is no name of a rule"),
        ("../np-cast", "is no name of a rule"),
        ("dead-local", "there is a rule called 'dead-local' already"),
    ],
)
def test_bad_and_taken_names_write_nothing(project: Path, codeopt: Run, name: str, words: str) -> None:
    done = codeopt("new-rule", name)
    assert done.returncode == 2
    assert words in done.stderr
    assert files(project) == ["pyproject.toml"]


def test_nothing_is_overwritten_and_nothing_half_written(project: Path, codeopt: Run) -> None:
    pair = project / "tests" / "pairs" / "np_cast.py"
    pair.parent.mkdir(parents=True)
    pair.write_text("mine\n")
    done = codeopt("new-rule", "np-cast")
    assert (done.returncode, "np_cast.py exists already; nothing was written" in done.stderr) == (2, True)
    assert files(project) == ["pyproject.toml", "tests/pairs/np_cast.py"]
    assert pair.read_text() == "mine\n"

    pair.unlink()
    pair.parent.rmdir()
    pair.parent.write_text("a file where a folder should be\n")
    done = codeopt("new-rule", "np-cast")
    assert (done.returncode, "nothing was written" in done.stderr) == (2, True)
    assert files(project) == ["pyproject.toml", "tests/pairs"]


def test_a_folder_with_other_files_is_refused(tmp_path: Path, codeopt: Run) -> None:
    (tmp_path / "pyproject.toml").unlink(missing_ok=True)
    (tmp_path / "notes.txt").write_text("x")
    done = codeopt("new-rule", "np-cast", "--path", str(tmp_path))
    assert done.returncode == 2
    assert "holds files, but no pyproject.toml" in done.stderr
    assert files(tmp_path) == ["notes.txt"]


def test_a_code_cannot_begin_like_ours(tmp_path: Path, codeopt: Run) -> None:
    done = codeopt("new-rule", "np-cast", "--path", str(tmp_path / "memory-rules"))
    assert done.returncode == 2
    assert "'MEMORY' cannot begin a code" in done.stderr
    assert not (tmp_path / "memory-rules").exists()


def test_in_this_repository_it_stands_beside_the_others(tmp_path: Path, codeopt: Run) -> None:
    root = tmp_path / "checkout"
    for name in ("rules/__init__.py", "codeopt/registry.py"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("")
    done = codeopt("new-rule", "text-split-first", "--path", "checkout")
    assert done.returncode == 0, done.stderr
    rule = (root / "rules" / "text_split_first.py").read_text()
    assert 'code="MEM1' in rule
    assert "area=" not in rule
    assert (root / "corpus" / "pairs" / "text_split_first.py").is_file()
