"""What `doctor` says of a project: it looks for workloads where `check` looks for code."""

from __future__ import annotations

from pathlib import Path

from codeopt.commands.doctor import project
from codeopt.config import Config


def detail(root: Path) -> tuple[str, str]:
    (finding,) = project(Config(), root)
    return finding.state, finding.detail


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "codeopt_workloads.py").write_text("")


def test_a_hidden_folder_above_the_project_hides_nothing(tmp_path: Path) -> None:
    root = tmp_path / ".work" / "project"
    write(root / "b")
    write(root / "a")
    found = "2 workload files below"
    assert detail(root) == ("ok", f"{found} {root} (a/codeopt_workloads.py, b/codeopt_workloads.py)")


def test_environments_are_not_searched(tmp_path: Path) -> None:
    write(tmp_path / ".venv" / "lib")
    write(tmp_path / "build")
    assert detail(tmp_path) == ("warning", f"0 workload files below {tmp_path}")


def test_only_the_first_are_named(tmp_path: Path) -> None:
    for name in "abcd":
        write(tmp_path / name)
    assert detail(tmp_path)[1].endswith("c/codeopt_workloads.py, ...)")
