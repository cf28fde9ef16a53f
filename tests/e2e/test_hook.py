"""The hooks, as pre-commit installs them from this project, on a repository with notebooks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import git, needed_wheels
from tests.tools import program

PRE_COMMIT = "pre-commit==4.7.0"
MOST_WHEELS = 20_000_000
LIST = "def {name}(n):\n    return sum([x * x for x in range(n)])\n"
FIXED = "def {name}(n):\n    return sum(x * x for x in range(n))\n"


def cell(kind: str, *lines: str, **fields: Any) -> dict[str, Any]:
    source = [f"{line}\n" for line in lines[:-1]] + [lines[-1]]
    more = {"execution_count": 7, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, **more, "metadata": {}, "source": source, **fields}


def notebook(*cells: dict[str, Any]) -> str:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    # Neither the indentation nor the escapes that Jupyter would write.
    return json.dumps(whole, indent=3, ensure_ascii=True).replace('"Python 3"', '"Pyth\\u006fn 3"') + "\n\n"


PRINTED = {"output_type": "stream", "name": "stdout", "text": ["4\n"]}
NOTEBOOK = notebook(
    cell("markdown", "# Squares", "sum([x for x in y])"),
    cell("code", "%matplotlib inline", "!pip list", "import os", outputs=[PRINTED]),
    cell("code", "%load_ext autoreload", *LIST.format(name="f").splitlines(), "%time f(3)"),
    cell("code", "%%bash", "echo sum([x for x in y])"),
    cell("raw", "sum([x for x in y])"),
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose committed files all have something to be found."""
    place = tmp_path / "project"
    place.mkdir()
    git(tmp_path, "init", "--quiet", str(place))
    for name in "abcde":
        (place / f"{name}.py").write_text(LIST.format(name=name))
    (place / "n.ipynb").write_text(NOTEBOOK)
    (place / "script").write_text("#!/usr/bin/env python3\n" + LIST.format(name="s"))
    (place / "script").chmod(0o755)
    (place / "notes.txt").write_text("sum([x for x in y])\n")
    git(place, "add", ".")
    git(place, "commit", "--quiet", "--message", "Everything")
    return place


def pre_commit(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    tool = program(PRE_COMMIT, "pre-commit")
    home = project.parent / "pre-commit"
    return subprocess.run(
        [str(tool), *arguments],
        cwd=project, capture_output=True, text=True, timeout=280,
        env={**os.environ, **needed_wheels(), "PRE_COMMIT_HOME": str(home), "NO_COLOR": "1"},
    )  # fmt: skip


def test_both_hooks_on_changed_files_of_a_repository_with_notebooks(built: Path, project: Path) -> None:
    for name in ("b.py", "n.ipynb", "script"):
        (project / name).write_text((project / name).read_text() + "\n")
        git(project, "add", name)
    before = (project / "n.ipynb").read_bytes()
    ran = pre_commit(project, "try-repo", str(built), "--verbose")
    report, fixing = ran.stdout.split("codeopt (fix)")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    found = re.findall(r"^(\S.*?): MEM101", report, re.MULTILINE)
    assert found == ["b.py:2:12", "n.ipynb:cell 3:3:12", "script:3:12"]
    assert "Found 3 findings in 3 files. 3 fixable" in report
    assert "files were modified by this hook" in fixing
    assert "Fixed 3 findings.\nNothing found in 3 files." in fixing
    changed = b"sum(x * x for x in range(n))"
    assert (project / "n.ipynb").read_bytes() == before.replace(b"sum([x * x for x in range(n)])", changed)
    assert (project / "b.py").read_text() == FIXED.format(name="b") + "\n"
    assert (project / "a.py").read_text() == LIST.format(name="a")


def test_five_files_are_quicker_once_warm(built: Path, project: Path) -> None:
    revision = git(built, "rev-parse", "HEAD").strip()
    hook = f"repos:\n- repo: {built}\n  rev: {revision}\n  hooks:\n  - id: codeopt\n"
    (project / ".pre-commit-config.yaml").write_text(hook)
    (project / "pyproject.toml").write_text("[tool.codeopt]\nexclude = ['n.ipynb']\n")
    git(project, "add", ".pre-commit-config.yaml")
    five = [f"{name}.py" for name in "abcde"]
    ran = [pre_commit(project, "run", "--verbose", "--files", *five, "n.ipynb") for _ in range(4)]
    assert all("Found 5 findings in 5 files." in one.stdout for one in ran), ran[0].stdout + ran[0].stderr
    seconds = [float(*re.findall(r"^- duration: ([\d.]+)s", one.stdout, re.MULTILINE)) for one in ran]
    assert min(seconds[1:]) < seconds[0]
    assert (project / ".codeopt" / "cache").is_dir()
    assert git(project, "status", "--porcelain", "--", ".codeopt") == ""


def test_the_environment_of_the_hook_is_small(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(tmp_path / "wheels")]
    made = subprocess.run([*command, str(built)], capture_output=True, text=True, timeout=280)
    if made.returncode:
        pytest.skip(f"the hook's packages cannot be fetched: {made.stderr[-300:]}")
    wheels = {path.name.partition("-")[0]: path.stat().st_size for path in (tmp_path / "wheels").iterdir()}
    assert "codeopt" in wheels
    assert not {"torch", "numpy", "pandas", "scipy", "memray", "hypothesis"} & set(wheels)
    assert sum(wheels.values()) < MOST_WHEELS, wheels
