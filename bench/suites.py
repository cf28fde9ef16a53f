"""Do the test suites of public packages say the same after `codeopt check --fix`?

    python bench/suites.py                      # every package of the list, a table in Markdown
    python bench/suites.py pyod mlxtend         # only these
    python bench/suites.py --write              # and put the rows into docs/soundness.md
    PYTEST_ADDOPTS="-n 8" python bench/suites.py            # several tests at once

Each package of `[suites]` in bench/packages.toml is installed in a virtual environment of its own.
Its source distribution is unpacked twice and completed with what only the build makes (compiled
modules, generated files). One of the two is fixed as a whole, tests included: by `check --fix`, and
then once more by `check --fix --allow close`, whose row counts what this adds. The suite runs before
and after each, and the outcomes are compared test by test. A test that passed before and does not
pass after is run three times more on both sides, with its whole file: if it also fails before, or
passes every time after, it is *flaky*, else a *new failure*. A changed place is *reached* when the
tests run at least one of the statements that it touches. Exits with 1 on any new failure.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from bench.packages import LIST, cache, fetch  # noqa: E402
from bench.page import cells, numbers, put_rows  # noqa: E402
from codeopt.commands.check import Wanted, check  # noqa: E402
from codeopt.config import Config  # noqa: E402
from codeopt.edit import Trust  # noqa: E402
from codeopt.merge import hunks  # noqa: E402
from codeopt.registry import find_sites, load_rules  # noqa: E402
from codeopt.source import SourceFile, discover  # noqa: E402

PAGE = ROOT / "docs" / "soundness.md"
_TOOLS = ("pytest", "pytest-xdist", "pytest-timeout", "pytest-cov")
_COVERAGE = "coverage.json"
_REPEATS = 3
_SECONDS_A_TEST = 1800
_LEVELS = (Trust.EXACT, Trust.CLOSE)
_TABLE = (
    "| package | level | fixes | files | rules | reached | tests | passed before | after "
    "| failed before | after | flaky | new failures |\n"
    "|---|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|"
)


@dataclass(frozen=True, slots=True)
class Suite:
    """A package whose tests are run; see the comments in the list."""

    name: str
    version: str
    tests: tuple[str, ...]
    requires: tuple[str, ...] = ()
    root: str = "."
    arguments: tuple[str, ...] = ()
    whole: bool = True

    @property
    def folder(self) -> Path:
        return cache() / "suites" / f"{self.name}-{self.version}"

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"


def suites(names: Sequence[str]) -> list[Suite]:
    """The suites of the list; all where no name is given."""
    known: dict[str, dict[str, Any]] = tomllib.loads(LIST.read_text())["suites"]
    chosen = {name: known[name] for name in names or known}
    return [Suite(name, **{k: _frozen(v) for k, v in keys.items()}) for name, keys in chosen.items()]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def install(suite: Suite) -> None:
    """Make the package's virtual environment, unless it is there; raises CalledProcessError."""
    done = suite.folder / "ok"
    if done.exists():
        return
    suite.folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", suite.folder / "venv"], check=True)
    pip = [str(suite.python), "-m", "pip", "install", "-q", "--no-compile", "--only-binary", ":all:"]
    subprocess.run([*pip, f"{suite.name}=={suite.version}", *_TOOLS, *suite.requires], check=True)
    done.touch()


def unpack(suite: Suite, side: str) -> Path:
    """A fresh tree of the source distribution, with the files that only the build makes."""
    tree = suite.folder / side
    shutil.rmtree(tree, ignore_errors=True)
    package = fetch([f"{suite.name}=={suite.version}"])[0]
    inner = [path for path in package.folder.iterdir() if path.is_dir()]
    shutil.copytree(inner[0] if len(inner) == 1 else package.folder, tree, symlinks=True)
    for file, name in _installed(suite):
        place = tree / suite.root / name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, place)
    return tree


def _installed(suite: Suite) -> Iterator[tuple[Path, str]]:
    packages = next((suite.folder / "venv" / "lib").glob("python3*")) / "site-packages"
    wanted = suite.name.replace("-", "_").lower()
    for record in packages.glob("*.dist-info/RECORD"):
        if record.parent.name.partition("-")[0].replace("-", "_").lower() != wanted:
            continue
        for line in record.read_text().splitlines():
            name = line.rsplit(",", 2)[0]
            if not name.startswith("..") and ".dist-info/" not in name and "__pycache__" not in name:
                yield packages / name, name


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was written into a tree: fixes, rules that made them, and the lines that changed by file."""

    fixes: int
    rules: Counter[str]
    changed: Mapping[Path, Sequence[tuple[int, int]]]


def fix(tree: Path, trust: Trust) -> Fixed:
    """`codeopt check --fix` over a tree."""
    before = {path: path.read_bytes() for path in discover([tree])}
    fixes = check([tree], Config(allow=trust), tree, Wanted(fixes=trust)).fixed
    changed = {p: data.decode(errors="replace") for p, data in before.items() if p.read_bytes() != data}
    rules = Counter(
        site.rule
        for path, text in changed.items()
        for site in find_sites(SourceFile(path, path.name, text), load_rules()).sites
        if site.certain and site.edits and site.trust.within(trust)
    )
    spans = {path: _changed(text, path.read_text(errors="replace")) for path, text in changed.items()}
    return Fixed(fixes, rules, spans)


def _changed(before: str, after: str) -> list[tuple[int, int]]:
    """First and last line, from 1, of what each changed part became; a deletion counts as what follows it."""
    spans, shift = [], 0
    for hunk in hunks(before, after):
        first = hunk.start + shift + 1
        spans.append((first, first + max(0, len(hunk.lines) - 1)))
        shift += len(hunk.lines) - (hunk.end - hunk.start)
    return spans


def reached(tree: Path, fixed: Fixed) -> tuple[int, int]:
    """How many of the changed parts the tests ran, and how many there are."""
    report = tree / _COVERAGE
    files = json.loads(report.read_text())["files"] if report.exists() else {}
    ran = {(tree / name).resolve(): set(of["executed_lines"]) for name, of in files.items()}
    spans = [(path, span) for path, found in fixed.changed.items() for span in found]
    hit = sum(bool(_statement_lines(path, span) & ran.get(path.resolve(), set())) for path, span in spans)
    return hit, len(spans)


def _statement_lines(path: Path, span: tuple[int, int]) -> set[int]:
    """The lines of the simple statements that a span of lines touches, or the span itself."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            last = node.end_lineno or node.lineno
            if node.lineno <= span[1] and last >= span[0]:
                found |= set(range(node.lineno, last + 1))
    return found or set(range(span[0], span[1] + 1))


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each test, `passed`, `skipped` or `failed`, and the file it stands in."""

    of: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)


def run(suite: Suite, tree: Path, tests: Iterable[str], cover: Iterable[Path] = ()) -> Outcomes:
    """Run tests in a tree; raises RuntimeError where none passes, which would make a comparison empty."""
    report = tree / "junit.xml"
    report.unlink(missing_ok=True)
    command = [str(suite.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    command += ["-o", "addopts=", "-o", "junit_family=xunit1"]
    command += [f"--timeout={_SECONDS_A_TEST}", *suite.arguments]
    if covered := list(cover):
        settings = tree / "coverage.ini"
        files = "".join(f"    {path.resolve()}\n" for path in covered)
        settings.write_text(f"[run]\ninclude =\n{files}")
        command += ["--cov", f"--cov-config={settings}", f"--cov-report=json:{tree / _COVERAGE}"]
    with (tree / "pytest.log").open("w") as log:
        subprocess.run(
            [*command, *tests], cwd=tree, env=_surroundings(suite, tree), stdout=log, stderr=log, check=False
        )
    outcomes = read_outcomes(report) if report.exists() else Outcomes({})
    if "passed" not in outcomes.of.values():
        raise RuntimeError(f"{suite.name}: no test passed, see {tree / 'pytest.log'}")
    return outcomes


def _surroundings(suite: Suite, tree: Path) -> dict[str, str]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = str((tree / suite.root).resolve())
    return {**os.environ, **threads, "PYTHONPATH": path, "MPLBACKEND": "agg", "PYTHONDONTWRITEBYTECODE": "1"}


def read_outcomes(report: Path) -> Outcomes:
    """The outcomes in a JUnit file; of a test that is named twice the worse one counts."""
    of: dict[str, str] = {}
    files: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        of[name] = "failed" if "failed" in (of.get(name), outcome) else outcome
        files[name] = case.get("file", "")
    return Outcomes(of, files)


def imports_from(suite: Suite, tree: Path) -> bool:
    """Whether the package that the tests import is the one in the tree."""
    top = {name.partition("/")[0] for _, name in _installed(suite) if name.endswith("__init__.py")}
    names = sorted(name for name in top if (tree / suite.root / name / "__init__.py").exists())
    code = f"import importlib; print(*(importlib.import_module(n).__file__ for n in {names}), sep='\\n')"
    command, around = [str(suite.python), "-c", code], _surroundings(suite, tree)
    done = subprocess.run(command, cwd=tree, env=around, capture_output=True, text=True, check=True)
    inside = str(tree.resolve())
    return bool(names) and all(
        line.startswith(inside) for line in done.stdout.split("\n") if line.startswith("/")
    )


@dataclass(frozen=True, slots=True)
class Result:
    """One package's suite before and after the fixes of a trust level."""

    suite: Suite
    trust: Trust
    fixed: Fixed
    before: Outcomes
    after: Outcomes
    reached: tuple[int, int]
    flaky: Sequence[str]
    new: Sequence[str]

    def row(self) -> str:
        """A row of the table."""
        rules = (f"{rule}×{n}" if n > 1 else rule for rule, n in sorted(self.fixed.rules.items()))
        name = f"{self.suite.name} {self.suite.version}{'' if self.suite.whole else ' (part)'}"
        return _row(name, self.trust, " ".join(rules), self.counts())

    def counts(self) -> list[int]:
        """The figures of the row."""
        before, after = Counter(self.before.of.values()), Counter(self.after.of.values())
        tests = [len(self.after.of), before["passed"], after["passed"], before["failed"], after["failed"]]
        fixes = [self.fixed.fixes, len(self.fixed.changed), *self.reached]
        return [*fixes, *tests, len(self.flaky), len(self.new)]


def _row(name: str, trust: str, rules: str, counts: Sequence[int]) -> str:
    fixes, files, hit, parts, *others = (f"{count:,}" for count in counts)
    return f"| {' | '.join([name, trust, fixes, files, rules, f'{hit} of {parts}', *others])} |"


def compare(suite: Suite) -> Iterator[Result]:
    """Fix a package at both levels, and hold its suite after against its suite before."""
    install(suite)
    before, after = unpack(suite, "before"), unpack(suite, "after")
    first: Outcomes | None = None
    for trust in _LEVELS:
        fixed = fix(after, trust)
        if not fixed.fixes:
            continue
        if not imports_from(suite, after):
            raise RuntimeError(f"{suite.name}: the tests would not import {after}")
        first = first or run(suite, before, suite.tests)
        second = run(suite, after, suite.tests, fixed.changed)
        hit = reached(after, fixed)
        suspects = [
            name for name, outcome in first.of.items() if outcome == "passed" and _worse(second, name)
        ]
        flaky = _flaky(suite, before, after, first, suspects)
        new = [name for name in suspects if name not in flaky]
        yield Result(suite, trust, fixed, first, second, hit, flaky, new)


def _worse(after: Outcomes, name: str) -> bool:
    return after.of.get(name) != "passed"


def _flaky(suite: Suite, before: Path, after: Path, first: Outcomes, suspects: Sequence[str]) -> list[str]:
    """Those of the suspects that also fail before, or pass after, when their files are run again."""
    if not suspects:
        return []
    files = sorted({first.files[name] for name in suspects})
    old = [run(suite, before, files) for _ in range(_REPEATS)]
    again = [run(suite, after, files) for _ in range(_REPEATS)]
    return [
        name
        for name in suspects
        if any(_worse(o, name) for o in old) or not any(_worse(o, name) for o in again)
    ]


def main(argv: Sequence[str]) -> int:
    """Compare the suites and print their table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="PACKAGE", help="of the list; all where none is given")
    parser.add_argument("--write", action="store_true", help="put the rows into docs/soundness.md")
    chosen = parser.parse_args(argv)
    print(_TABLE, flush=True)
    results = []
    for result in chain.from_iterable(map(compare, suites(chosen.names))):
        results.append(result)
        print(result.row(), flush=True)
        if chosen.write:
            put_rows(PAGE, "suites", _TABLE, [result.row()], 2, total)
        for kind, names in (("new failure", result.new), ("flaky", result.flaky)):
            for name in names:
                print(f"{kind}: {result.suite.name} {name}", file=sys.stderr, flush=True)
    print(total([result.row() for result in results]))
    return 1 if any(result.new for result in results) else 0


def total(rows: Sequence[str]) -> str:
    """The last row, the sums."""
    found = [
        [number for cell in [*cells(row)[2:4], *cells(row)[5:]] for number in numbers(cell)] for row in rows
    ]
    return _row("all", "", "", [sum(column) for column in zip(*found, strict=True)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
