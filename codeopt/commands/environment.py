"""The versions a run depends on, and whether the packages that run code are there at all."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform

from codeopt.errors import MissingExtra

LIBRARIES = ("numpy", "torch", "pandas", "scikit-learn", "memray", "hypothesis")
RUN_EXTRA = ("numpy", "hypothesis", "memray")


def missing_packages() -> list[str]:
    """The packages of the extra `run` that are not installed."""
    return [name for name in RUN_EXTRA if importlib.util.find_spec(name) is None]


def need_run_extra(verb: str) -> None:
    """Raises MissingExtra where the packages of the extra `run` are not installed."""
    if missing := missing_packages():
        raise MissingExtra(f"`codeopt {verb}` needs {', '.join(missing)}: pip install 'codeopt[run]'")


def environment(isolation: str = "") -> dict[str, object]:
    """Versions (None for what is not installed), threads, device and the rung of the sandbox."""
    versions: dict[str, object] = {"python": platform.python_version()}
    for name in LIBRARIES:
        versions[name] = version_of(name)
    return {**versions, "threads": 1, "device": "cpu", "isolation": isolation or None}


def version_of(name: str) -> str | None:
    """The installed version of a distribution."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
