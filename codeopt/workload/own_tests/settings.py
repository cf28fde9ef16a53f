"""How a project has set up pytest and asv, read from its files without running anything."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeopt.source import Problem, display_name

_FILES = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)
_SECTIONS = {"setup.cfg": "tool:pytest"}
_KEPT_OPTION = re.compile(r"--import-mode(=.*)?")
_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


@dataclass(frozen=True, slots=True)
class PytestSettings:
    """What decides which functions are tests; `options` are those of `addopts` that a single test needs."""

    rootdir: Path
    testpaths: tuple[str, ...] = ()
    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    python_classes: tuple[str, ...] = ("Test",)
    python_functions: tuple[str, ...] = ("test",)
    pythonpath: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def pytest_settings(root: Path) -> PytestSettings | Problem:
    """The settings at a project's root, those of pytest itself where there are none.

    A file that pytest could not read either is a Problem.
    """
    for name in _FILES:
        file = root / name
        if not file.is_file():
            continue
        try:
            table = _table(file)
        except (OSError, ValueError, configparser.Error) as error:
            return Problem(display_name(file), 1, f"pytest settings cannot be read: {_first_line(error)}")
        if table is not None:
            return _settings(root, table)
    return PytestSettings(root)


def asv_folders(root: Path) -> list[Path]:
    """Folders that hold asv benchmarks: those that an `asv.conf.json` names, else `benchmarks`."""
    found = []
    for file in sorted([*root.glob("asv*.conf.json"), *root.glob("*/asv*.conf.json")]):
        try:
            # Comments and trailing commas are common there; asv reads them too.
            text = _TRAILING_COMMA.sub(r"\1", _COMMENT.sub("", file.read_text(encoding="utf-8")))
            named = json.loads(text).get("benchmark_dir", "benchmarks")
        except (OSError, ValueError, AttributeError):
            named = "benchmarks"
        found.append(file.parent / str(named))
    found += [root / "benchmarks", root / "asv_benchmarks" / "benchmarks", root / "asv_bench" / "benchmarks"]
    return [folder for folder in dict.fromkeys(found) if folder.is_dir()]


def _table(file: Path) -> Mapping[str, Any] | None:
    """What a file says of pytest; None if that is nothing, and another file may."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".toml":
        data = tomllib.loads(text)
        if file.name != "pyproject.toml":
            pytest = data.get("pytest")
            return pytest if isinstance(pytest, dict) else {}
        table = data.get("tool", {}).get("pytest")
        if not isinstance(table, dict):
            return None
        options = table.get("ini_options", table)
        return options if isinstance(options, dict) else None
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    parser.read_string(text)
    section = _SECTIONS.get(file.name, "pytest")
    if parser.has_section(section):
        return dict(parser.items(section))
    return {} if file.name.endswith("pytest.ini") else None


def _settings(root: Path, table: Mapping[str, Any]) -> PytestSettings:
    default = PytestSettings(root)
    return PytestSettings(
        rootdir=root,
        testpaths=_words(table.get("testpaths")),
        python_files=_words(table.get("python_files")) or default.python_files,
        python_classes=_words(table.get("python_classes")) or default.python_classes,
        python_functions=_words(table.get("python_functions")) or default.python_functions,
        pythonpath=_words(table.get("pythonpath")),
        options=_kept(_words(table.get("addopts"))),
    )


def _kept(options: tuple[str, ...]) -> tuple[str, ...]:
    """Of the options for every run those without which the tests may not import."""
    kept: list[str] = []
    for place, option in enumerate(options):
        if _KEPT_OPTION.fullmatch(option):
            kept += [option] if "=" in option else options[place : place + 2]
    return tuple(kept)


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value, comments=True))
        except ValueError:
            return tuple(value.split())
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
