"""Git repositories that tests make, one of this project as it stands among them."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.tools import wheels

ROOT = Path(__file__).parents[1]


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as somebody; what it printed."""
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def needed_wheels() -> dict[str, str]:
    """Variables with which pip installs this project, and its extra `bot`, without asking an index."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = told["project"]
    extra = project["optional-dependencies"]["bot"]
    return wheels([*told["build-system"]["requires"], *project["dependencies"], *extra])


def project_repository(folder: Path) -> Path:
    """A new repository of one commit, below a folder, with this project as it stands in the working tree.

    Where it is no git checkout, the test is skipped.
    """
    if not (ROOT / ".git").exists():
        pytest.skip("the project is not a git checkout, so there is nothing to commit")
    place = folder / "codeopt"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("corpus/", "tests/")):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes((ROOT / name).read_bytes())
    git(folder, "init", "--quiet", str(place))
    git(place, "add", "--all", "--force")
    git(place, "commit", "--quiet", "--message", "The project")
    return place
