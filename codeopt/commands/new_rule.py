"""`codeopt new-rule`: a rule that works, its pair and its test, to be turned into another one."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeopt.commands import skeleton
from codeopt.errors import UsageError
from codeopt.plugins import GROUP
from codeopt.registry import load_rules
from codeopt.rule import NAME, THEIR_CODE

_HUNDREDS = {"np": 2, "numpy": 2, "torch": 3, "pandas": 4, "sklearn": 5, "scipy": 5, "sparse": 5}
_CODE = re.compile(r"\bcode=[\"']([A-Z]+)(\d+)[\"']")
_RULE_NAME = re.compile(r"\bname=[\"']([^\"']+)[\"']")


@dataclass(frozen=True, slots=True)
class Written:
    """The new rule's code and files; `snippet` is what the project's pyproject.toml still lacks."""

    code: str
    files: tuple[Path, ...]
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a package of rules stands: the folders of its modules and tests, its import name."""

    package: str
    modules: Path
    tests: Path
    prefix: str


def new_rule(name: str, folder: Path, prefix: str = "") -> Written:
    """Write the skeleton of the rule `name` into the project at `folder`.

    In a folder without files that is a whole package with its entry point; in a project the rule is
    added to its package of rules; in codeopt's own repository it stands beside the others. All
    files are written or none. Raises UsageError for a name that is bad or taken, for a file that
    exists, and where no code can be made up (`prefix` gives its letters).
    """
    if not NAME.fullmatch(name) or name[0].isdigit():
        raise UsageError(f"{name!r} is no name of a rule: use words in lower case joined by hyphens")
    if any(name == loaded.rule.name for loaded in load_rules()):
        raise UsageError(f"there is a rule called {name!r} already; see `codeopt explain {name}`")
    if (folder / "rules" / "__init__.py").is_file() and (folder / "codeopt" / "registry.py").is_file():
        return _own_rule(name, folder)
    project = folder / "pyproject.toml"
    if project.is_file():
        return _added_rule(name, folder, _table(project), prefix)
    if folder.exists() and any(not _harmless(entry) for entry in folder.iterdir()):
        raise UsageError(f"{folder} holds files, but no pyproject.toml: name a project or an empty folder")
    return _whole_package(name, folder, prefix)


def _own_rule(name: str, root: Path) -> Written:
    first, _, rest = name.partition("-")
    module = name.replace("-", "_") if first != "np" else f"numpy_{rest.replace('-', '_')}"
    code = _free_code(f"MEM{_HUNDREDS.get(first, 1)}", 2, (root / "rules").glob("*.py"))
    files = {
        root / "rules" / f"{module}.py": _rule_text(name, code, module),
        root / "corpus" / "pairs" / f"{module}.py": skeleton.PAIR,
    }
    return Written(code, _write(files))


def _added_rule(name: str, root: Path, table: Mapping[str, Any], prefix: str) -> Written:
    about = table.get("project", {})
    declared = list(about.get("entry-points", {}).get(GROUP, {}).values())
    title = re.sub(r"\W+", "_", about.get("name", root.resolve().name).lower())
    package = declared[0] if declared else title if title.endswith("rules") else f"{title}_rules"
    base = root / "src" if (root / "src").is_dir() else root
    modules = base.joinpath(*package.split("."))
    if modules.with_suffix(".py").is_file():
        raise UsageError(f"the entry point names {modules.with_suffix('.py')}, one rule: make it a package")
    place = _Place(package, modules, root / "tests", _prefix(prefix, modules, package))
    snippet = "" if declared else skeleton.ENTRY_POINT.substitute(package=package)
    code, files = _package_files(name, place)
    return Written(code, _write(files), snippet)


def _whole_package(name: str, root: Path, prefix: str) -> Written:
    title = root.resolve().name
    package = re.sub(r"\W+", "_", title.lower())
    if not package.isidentifier():
        raise UsageError(f"a package cannot be called {title!r}: name another folder with --path")
    place = _Place(package, root / package, root / "tests", _prefix(prefix, root / package, package))
    code, files = _package_files(name, place)
    project = skeleton.PROJECT.substitute(
        distribution=package.replace("_", "-"),
        package=package,
        entry_point=skeleton.ENTRY_POINT.substitute(package=package),
    )
    return Written(code, _write({root / "pyproject.toml": project, **files}))


def _package_files(name: str, place: _Place) -> tuple[str, dict[Path, str]]:
    module = name.replace("-", "_")
    known = list(place.modules.glob("*.py"))
    if any(name in _RULE_NAME.findall(_text(file)) for file in known):
        raise UsageError(f"{place.package} has a rule called {name!r} already")
    code = _free_code(place.prefix, 3, known)
    files = {
        place.modules / f"{module}.py": _rule_text(name, code, module, area="python"),
        place.tests / "pairs" / f"{module}.py": skeleton.PAIR,
    }
    if not (place.modules / "__init__.py").exists():
        files[place.modules / "__init__.py"] = skeleton.PACKAGE
    test = place.tests / f"test_{place.package.replace('.', '_')}.py"
    if not test.exists():
        files[test] = skeleton.TEST.substitute(package=place.package)
    elif "rule_tests" not in _text(test):
        raise UsageError(f"{test} is there, but does not use rule_tests of codeopt.testing")
    return code, files


def _rule_text(name: str, code: str, module: str, area: str = "") -> str:
    stated = f'\n    area="{area}",' if area else ""
    return skeleton.RULE.substitute(name=name, code=code, module=module, area=stated)


def _prefix(given: str, modules: Path, package: str) -> str:
    """The letters of the package's codes: as given, as its rules have them, or from its name."""
    used = [match[1] for file in sorted(modules.glob("*.py")) if (match := _CODE.search(_text(file)))]
    found = given or (used[0] if used else package.rpartition(".")[2].partition("_")[0].upper())
    if not THEIR_CODE.fullmatch(f"{found}001"):
        raise UsageError(f"{found!r} cannot begin a code: give capital letters, not MEM, with --prefix")
    return found


def _free_code(prefix: str, digits: int, files: Iterable[Path]) -> str:
    """The code after the last one that starts with `prefix`, among loaded rules and in files."""
    used = {loaded.rule.code for loaded in load_rules()}
    used |= {letters + number for file in files for letters, number in _CODE.findall(_text(file))}
    numbers = {int(code[len(prefix) :]) for code in used if re.fullmatch(rf"{prefix}\d{{{digits},}}", code)}
    after = range(max(numbers, default=0) + 1, 10**digits)
    free = next((n for n in (*after, *range(1, 10**digits)) if n not in numbers), None)
    if free is None:
        raise UsageError(f"no code is free after {prefix}")
    return f"{prefix}{free:0{digits}}"


def _harmless(entry: Path) -> bool:
    return entry.name.startswith((".", "README", "LICENSE"))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from error


def _write(files: Mapping[Path, str]) -> tuple[Path, ...]:
    """Write new files, all of them or none. Raises UsageError where one exists or cannot be written."""
    for path in files:
        if path.exists():
            raise UsageError(f"{path} exists already; nothing was written")
    made: list[Path] = []
    try:
        for path, text in files.items():
            for parent in reversed([p for p in path.parents if not p.exists()]):
                parent.mkdir()
                made.append(parent)
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except BaseException as error:
        for path in reversed(made):
            with contextlib.suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        if isinstance(error, OSError):
            reason = f"{error.filename}: {error.strerror}"
            raise UsageError(f"cannot write {reason}; nothing was written") from error
        raise
    return tuple(files)
