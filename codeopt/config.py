"""One frozen configuration, from `[tool.codeopt]` and the flags of the command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from codeopt.edit import Trust
from codeopt.errors import ConfigError

OBJECTIVES = ("peak", "time", "both")
ORIGINS = ("traced", "tests", "guessed")
ISOLATIONS = ("auto", "bubblewrap", "sandlock", "rlimits")
_MARKERS = ("pyproject.toml", ".git", "setup.py", "setup.cfg")


@dataclass(frozen=True)
class Config:
    """Everything that steers a run. Keys in the file use dashes for underscores.

    `budget` counts candidate evaluations per target; `time_budget` is seconds for the whole
    run (0: none); `min_saving` is percent of the peak that a suggestion must save;
    `timeout` (seconds) and `memory_limit` (MiB above what the libraries take) bound one
    execution of the user's code; `isolation` names the rung of the sandbox it runs in (`auto`: the
    strongest that works), `pass_env` the variables of the environment it may see beside the usual;
    `run` holds commands, each of which is then a workload in place of all others; `origins` names where
    workloads are looked for beside the declared ones; empty: recorded calls where anything is declared, else
    everywhere; `per_file_ignores` pairs patterns (gitignore syntax, relative to the root) with the rules that
    are off in the files they match.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    allow: Trust = Trust.CLOSE
    budget: int = 80
    time_budget: float = 0.0
    seed: int = 0
    min_saving: float = 5.0
    objective: str = "peak"
    jobs: int = 0
    timeout: float = 60.0
    memory_limit: int = 16384
    cases: int = 48
    isolation: str = "auto"
    pass_env: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def workers(self) -> int:
        """Processes to use; `jobs`, or as many as this process has cores."""
        return self.jobs or len(os.sched_getaffinity(0))


def project_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` (the working directory) that looks like a project's root."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if any((folder / marker).exists() for marker in _MARKERS):
            return folder
    return here


def load_config(file: Path | None, root: Path) -> Config:
    """The configuration of `file`, or of the root's pyproject.toml, or the defaults.

    Raises ConfigError naming file, line and key for anything not understood.
    """
    path = file or root / "pyproject.toml"
    if not path.is_file():
        if file:
            raise ConfigError(f"{file}: no such configuration file")
        return Config()
    text = path.read_text(encoding="utf-8")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    table = data.get("tool", {}).get("codeopt", {})
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: [tool.codeopt] must be a table")
    values = {key: _value(path, text, key, value) for key, value in table.items()}
    return Config(**{key.replace("-", "_"): value for key, value in values.items()})


def _value(path: Path, text: str, key: str, value: Any) -> Any:
    known = {f.name.replace("_", "-"): f.name for f in fields(Config)}
    where = f"{path}:{_line(text, key)}"
    if key not in known:
        raise ConfigError(
            f"{where}: unknown key {key!r} in [tool.codeopt]; known: {', '.join(sorted(known))}"
        )
    default = getattr(Config(), known[key])
    if key == "per-file-ignores":
        return _per_file(where, value)
    if isinstance(default, Trust):
        if value not in list(Trust):
            raise ConfigError(f"{where}: {key} must be one of {', '.join(Trust)}, not {value!r}")
        return Trust(value)
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{where}: {key} must be a list of strings")
        if key == "origins" and not set(value) <= {*ORIGINS, "none"}:
            raise ConfigError(f"{where}: {key} may name {', '.join(ORIGINS)} or none, not {value!r}")
        return tuple(value)
    for name, choices in (("objective", OBJECTIVES), ("isolation", ISOLATIONS)):
        if key == name and value not in choices:
            raise ConfigError(f"{where}: {key} must be {_either(choices)}, not {value!r}")
    wanted = (int, float) if isinstance(default, float) else (type(default),)
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise ConfigError(f"{where}: {key} must be {_kind(default)}, not {value!r}")
    return type(default)(value)


def _per_file(where: str, value: Any) -> Mapping[str, tuple[str, ...]]:
    lists = list(value.values()) if isinstance(value, dict) else [value]
    strings = [isinstance(codes, list) and all(isinstance(code, str) for code in codes) for codes in lists]
    if not isinstance(value, dict) or not all(strings):
        raise ConfigError(f"{where}: per-file-ignores must be a table of patterns, each with a list of rules")
    return {pattern: tuple(codes) for pattern, codes in value.items()}


def _either(choices: tuple[str, ...]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"


def _kind(default: object) -> str:
    return {int: "a whole number", float: "a number", str: "a string"}[type(default)]


def _line(text: str, key: str) -> int:
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped == f"[tool.codeopt.{key}]":
            return number
        if stripped.startswith("["):
            inside = stripped.startswith("[tool.codeopt]")
        elif inside and stripped.split("=")[0].strip().strip("\"'") == key:
            return number
    return 1


def with_flags(config: Config, flags: Mapping[str, Any]) -> Config:
    """The configuration with every flag that was given (is not None or empty) in its place."""
    given = {name: value for name, value in flags.items() if value is not None and value != ()}
    return replace(config, **given)
