"""Rules of other distributions: which installed packages bring some, and importing them safely.

A distribution brings rules by an entry point of the group `codeopt.rules`. Its value names a
package, in which every module without a leading underscore is a rule, or one such module. The
metadata folders on `sys.path` are read here, not by `importlib.metadata`, whose import alone
takes longer than `codeopt check` of a small file.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import os
import pkgutil
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from codeopt.edit import Edit, Site, Trust
from codeopt.rule import NAME, THEIR_CODE, Example, Find, Pair, Rule
from codeopt.source import Problem

if TYPE_CHECKING:
    from codeopt.facts import Facts

GROUP = "codeopt.rules"
_METADATA = {".dist-info": "METADATA", ".egg-info": "PKG-INFO"}
_HEADER = re.compile(r"^(Name|Version):[ \t]*(\S+)", re.MULTILINE)
_LOADERS = ("<frozen importlib", importlib.__file__, __file__)


class Place(NamedTuple):
    """The module of a rule, and the distribution that brings it: empty for rules of this project."""

    module: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class RulePackage:
    """An installed distribution that brings rules, and the values of its entry points.

    `problem` says why its entry points cannot be read; it is empty where they can.
    """

    distribution: str
    version: str
    modules: tuple[str, ...] = ()
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


def rule_packages() -> tuple[RulePackage, ...]:
    """The distributions on `sys.path` that bring rules, by name; of two of one name the first counts."""
    found: dict[str, RulePackage | None] = {}
    for folder in _metadata_folders():
        key = re.sub(r"[-_.]+", "-", folder.stem.partition("-")[0]).lower()
        if key not in found:
            found[key] = _read(folder)
    return tuple(sorted(filter(None, found.values()), key=lambda package: package.distribution))


def files_state(package: RulePackage) -> str:
    """A hash of names, sizes and times of the package's files, which tells one state of it from another.

    Nothing of the package is imported. An editable install keeps its version while its files change.
    """
    files: list[Path] = []
    for name in sorted({module.partition(".")[0] for module in package.modules}):
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            continue
        if spec is None:
            continue
        folders = [Path(place) for place in spec.submodule_search_locations or ()]
        files += [file for folder in folders for file in sorted(folder.rglob("*.py"))]
        files += [Path(spec.origin)] if spec.origin and not folders else []
    told = [(str(f), s.st_size, s.st_mtime_ns) for f in files if f.is_file() and (s := f.stat())]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def import_rules(name: str) -> Iterator[ModuleType | Problem]:
    """The modules that an entry point's value names; each that cannot be imported is a Problem.

    What a module prints while it is imported goes to stderr: stdout belongs to the report.
    """
    package = _import(name)
    if isinstance(package, Problem) or not hasattr(package, "__path__"):
        yield package
        return
    for found in pkgutil.iter_modules(package.__path__):
        if not found.ispkg and not found.name.startswith("_"):
            yield _import(f"{name}.{found.name}")


_TYPES: dict[str, type] = {"code": str, "name": str, "summary": str, "area": str, "trust": Trust}
_ITEMS: dict[str, type] = {"triggers": str, "examples": Example, "counterexamples": str}


def wrong_shape(module: ModuleType, *, own: bool) -> str:
    """Why a module is no rule, or an empty string. Rules of this project are left to the bench."""
    rule: Any = getattr(module, "RULE", None)
    find = getattr(module, "find", None)
    if not isinstance(rule, Rule):
        return "has no RULE" if rule is None else f"RULE is a {type(rule).__name__}, not a Rule"
    if not callable(find):
        return "has no function find"
    if own:
        return ""
    for name, kind in _TYPES.items():
        if not isinstance(getattr(rule, name), kind):
            return f"RULE.{name} is {getattr(rule, name)!r}, not of type {kind.__name__}"
    for name, kind in _ITEMS.items():
        items = getattr(rule, name)
        if not isinstance(items, tuple) or not all(isinstance(item, kind) for item in items):
            return f"RULE.{name} is not a tuple of {kind.__name__}"
    if rule.pair is not None and not isinstance(rule.pair, Pair):
        return f"RULE.pair is {rule.pair!r}, not a Pair"
    if not THEIR_CODE.fullmatch(rule.code):
        return f"code {rule.code!r} is not capital letters, other than MEM, and three or more digits"
    if not NAME.fullmatch(rule.name):
        return f"name {rule.name!r} is not words in lower case joined by hyphens"
    return ""


def held_find(rule: Rule, find: Find) -> Find:
    """The finder of another distribution's rule, which raises where it yields what no report can show."""

    @wraps(find)
    def held(facts: Facts) -> Iterator[Site]:
        for site in find(facts):
            if not isinstance(site, Site) or site.rule != rule.code:
                raise TypeError(f"find yields {site!r}, not a Site of {rule.code}")
            if not all(isinstance(edit, Edit) for edit in site.edits):
                raise TypeError(f"a site carries {site.edits!r}, not edits")
            yield site

    return held


def _metadata_folders() -> Iterator[Path]:
    for entry in dict.fromkeys(sys.path):
        try:
            names = os.listdir(entry or ".")
        except OSError:
            continue
        for name in sorted(names):
            if name.endswith(tuple(_METADATA)):
                yield Path(entry, name)


def _read(folder: Path) -> RulePackage | None:
    try:
        text = (folder / "entry_points.txt").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    if GROUP not in text:
        return None
    try:
        metadata = (folder / _METADATA[folder.suffix]).read_text(encoding="utf-8", errors="replace")
    except OSError:
        metadata = ""
    told = dict(_HEADER.findall(metadata.partition("\n\n")[0]))
    name, version = told.get("Name", folder.stem.partition("-")[0]), told.get("Version", "unknown")
    from configparser import ConfigParser, Error

    parser = ConfigParser(delimiters=("=",), strict=False, interpolation=None, allow_no_value=True)
    try:
        parser.read_string(text)
    except Error as error:
        return RulePackage(name, version, problem=f"entry_points.txt cannot be read: {error.message}")
    if not parser.has_section(GROUP):
        return None
    values = tuple((value or "").partition("[")[0].strip() for _, value in sorted(parser.items(GROUP)))
    for value in values:
        if not all(part.isidentifier() for part in value.split(".")):
            return RulePackage(name, version, problem=f"entry point {value!r} names no module or package")
    return RulePackage(name, version, values)


def _import(name: str) -> ModuleType | Problem:
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001  plug-ins: one that fails must not stop the rest
        path, line = _place(error, name)
        return Problem(path, line, f"cannot import {name}: {type(error).__name__}: {error}")


def _place(error: BaseException, name: str) -> tuple[str, int]:
    """Where an import failed: the file and line in the plug-in, else the module's name."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 1
    place, trace = (name, 1), error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(_LOADERS):
            place = (file, trace.tb_lineno)
        trace = trace.tb_next
    return place
