"""What `clean` takes away, and what it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.commands.clean import clean, clean_plan
from codeopt.report.cleaned import clean_report


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with everything that codeopt keeps, and files of somebody else's."""
    kept = {
        ".gitignore": 2, "cache/check-1.bin": 100, "refused/a.py": 20, "refused/a.sh": 3, "last.json": 7,
        "own_tests/t.trace": 11, "traces/f.trace": 50, "workloads/guessed_f.py": 13, "baseline.json": 5,
    }  # fmt: skip
    for name, size in kept.items():
        file = tmp_path / ".codeopt" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
    return tmp_path


def left(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".codeopt").iterdir())


def test_caches_go_and_the_bytes_are_told(root: Path) -> None:
    plan = clean_plan(root, everything=False)
    clean(root, plan)
    assert left(root) == [".gitignore", "baseline.json", "last.json", "traces", "workloads"]
    text = clean_report(plan, root, "text", done=True)
    assert "removed .codeopt/refused: 23 B in 2 files\n" in text
    assert "kept .codeopt/traces: 50 B in 1 file (recorded; --yes removes it)\n" in text
    assert text.endswith("freed 134 bytes\n")
    assert clean_report(clean_plan(root, everything=False), root, "text", done=True).endswith(
        f"nothing to remove below {root / '.codeopt'}\n"
    )


def test_what_was_recorded_goes_when_told(root: Path) -> None:
    clean(root, clean_plan(root, everything=True))
    assert left(root) == [".gitignore", "baseline.json"]


def test_a_link_is_neither_followed_nor_removed(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious").write_text("data")
    cache = root / ".codeopt" / "cache"
    (cache / "check-1.bin").unlink()
    cache.rmdir()
    cache.symlink_to(other)
    (root / ".codeopt" / "refused" / "link").symlink_to(other)
    clean(root, clean_plan(root, everything=True))
    assert (other / "precious").read_text() == "data"
    assert left(root) == [".gitignore", "baseline.json", "cache"]


def test_where_there_is_nothing_nothing_happens(tmp_path: Path) -> None:
    assert clean_plan(tmp_path, everything=True) == ()
