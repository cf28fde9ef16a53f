from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkout import project_repository

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project folder with a pyproject.toml, so that it is its own root."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'sample'\n")
    return tmp_path


@pytest.fixture
def codeopt(project: Path) -> Run:
    """Run the real command line in the project's folder."""

    def run(*arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "codeopt", *arguments],
            cwd=project,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A repository of one commit that holds this project as it stands in the working tree."""
    return project_repository(tmp_path)
