"""The JSON schema of a configuration file, made from `Config`: for editors and for checks of a repository."""

from __future__ import annotations

import collections.abc
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal, get_type_hints

import msgspec

from codeopt.config import ISOLATIONS, OBJECTIVES, ORIGINS, Config

MEANINGS: Mapping[str, str] = {
    "select": "only these rules, by code, code prefix (`MEM2`) or name",
    "ignore": "all but these rules, by code, code prefix (`MEM2`) or name",
    "exclude": "paths to leave out, in gitignore syntax",
    "workloads": "workload files, beside those found by name",
    "origins": "where workloads are looked for beside the declared ones: `traced`, `tests`, `guessed`, or "
    "`none`; empty: `traced` where anything is declared, else all",
    "target": "only these targets, `PATH::QUALNAME`",
    "allow": "weakest trust level accepted: `exact`, `close`, `precision`, `lossy`",
    "budget": "candidate evaluations per target",
    "time-budget": "seconds for the whole run, 0 for no limit",
    "seed": "seed of the search and of the inputs",
    "min-saving": "percent of the peak that a suggestion must save",
    "objective": "what to lower: `peak`, `time` or `both`",
    "jobs": "processes to use, 0 for one a core",
    "timeout": "seconds for one execution of the target",
    "memory-limit": "MiB for one execution, above what the libraries take",
    "cases": "inputs drawn for a proof",
    "isolation": "rung of the sandbox: `bubblewrap`, `sandlock`, `rlimits`, or `auto` for the strongest that "
    "works",
    "pass-env": "variables of the environment that the code under test may see, beside the usual",
    "per-file-ignores": "a table of patterns (gitignore syntax, relative to the root), each with the rules "
    "that are off in the files it matches",
    "run": "commands whose whole runs are the workloads, in place of all others; flag `--run`",
}
"""What each key means; the page on configuration says the same."""

_CHOICES: Mapping[str, Any] = {
    "objective": Literal[OBJECTIVES],
    "isolation": Literal[ISOLATIONS],
    "origins": list[Literal[(*ORIGINS, "none")]],  # type: ignore[valid-type]
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema() -> dict[str, Any]:
    """The schema of a TOML file with `[tool.codeopt]`: of that table every key, its type and default.

    What else stands in the file is anything.
    """
    table, definitions = _table()
    return {
        "$schema": _DIALECT,
        "title": "Configuration of codeopt",
        "type": "object",
        "properties": {"tool": {"type": "object", "properties": {"codeopt": table}}},
        "$defs": definitions,
    }


def _table() -> tuple[dict[str, Any], dict[str, Any]]:
    hints = get_type_hints(Config)
    members = []
    for field in fields(Config):
        key = field.name.replace("_", "-")
        kind = _CHOICES.get(key, _as_written(hints[field.name]))
        default = _as_parsed(getattr(Config(), field.name))
        members.append((field.name, Annotated[kind, msgspec.Meta(description=MEANINGS[key])], default))
    struct = msgspec.defstruct("codeopt", members, rename="kebab", forbid_unknown_fields=True, kw_only=True)
    (table,), definitions = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    return table, dict(definitions)


def _as_written(kind: Any) -> Any:
    """A type of `Config` as TOML has it: tuples are lists there, mappings tables."""
    if getattr(kind, "__origin__", None) in (dict, collections.abc.Mapping):
        return dict[str, _as_written(kind.__args__[1])]  # type: ignore[misc]
    return list[str] if kind == tuple[str, ...] else kind


def _as_parsed(default: Any) -> Any:
    """A default in the same terms, fresh for every object where it can change."""
    if isinstance(default, tuple | Mapping):
        made = list if isinstance(default, tuple) else dict
        return msgspec.field(default_factory=made)
    return default
