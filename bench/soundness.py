"""Every rewrite of every rule over millions of lines that nobody here wrote: does it hold together?

    python bench/soundness.py                    # every package of the list, a table in Markdown
    python bench/soundness.py kornia monai       # only these
    python bench/soundness.py --every 20         # every 20th file
    python bench/soundness.py --write            # and put the rows into docs/soundness.md

Of every file (tests and examples included) every site that any rule names is rendered alone, with
each of its alternatives; so are all certain sites together and all sites together, first come
first served where two exclude each other. A *violation* is

- `scan`: an exception, a warning, a rule that fails, or a problem in a file that Python can parse;
- `parse`, `compile`: a text that does not parse, or does not compile where the original did;
- `comments`: a comment that is lost, added or changed (it may stand elsewhere: `moved` counts these);
- `layout`: a line ending or a character that the file's own line endings and encoding do not have;
- `again`: a rule that, applied to its own result over and over, does not come to an end;
- `fix`: a file for which what `codeopt check --fix --allow close` writes fails any of the above, or
  which a second run changes again.

Exits with 1 on any violation.
"""

from __future__ import annotations

import argparse
import ast
import re
import resource
import sys
import time
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from bench.packages import Package, fetch, pinned  # noqa: E402
from bench.page import cells, numbers, put_rows  # noqa: E402
from codeopt.candidate import compatible, render  # noqa: E402
from codeopt.commands.check_file import fix_source  # noqa: E402
from codeopt.edit import Site, Trust  # noqa: E402
from codeopt.output_check import RefusedOutput, check_output  # noqa: E402
from codeopt.registry import LoadedRule, deciding_rules, find_sites, load_rules  # noqa: E402
from codeopt.source import Problem, SourceFile, discover, read_source  # noqa: E402

PAGE = ROOT / "docs" / "soundness.md"
KINDS = ("scan", "parse", "compile", "comments", "layout", "again", "fix")
_MOST_ROUNDS = 24
_TRUST = Trust.CLOSE
_RULES = deciding_rules()
# Strings are skipped, so that a comment sign in one is none.
_COMMENT = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"(?:[^"\\\r\n]|\\(?:\r\n|.))*"'
    r"|'(?:[^'\\\r\n]|\\(?:\r\n|.))*'"
    r"|(#[^\r\n]*)",
    re.DOTALL,
)
_ENDING = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Violation:
    """What went wrong, and where; `rule` is empty where no single rule did it."""

    kind: str
    path: str
    line: int
    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.path}:{self.line}: {self.rule} {' '.join(self.detail.split())[:160]}"


@dataclass(slots=True)
class Report:
    """What one file gave; `seconds` of CPU for the one scan with every rule, `peak` in KiB of the process."""

    path: str
    lines: int = 0
    sites: int = 0
    certain: int = 0
    variants: int = 0
    moved: int = 0
    unparsable: int = 0
    seconds: float = 0.0
    peak: int = 0
    violations: list[Violation] = field(default_factory=list)


class Inspected:
    """One file whose variants are held against it."""

    def __init__(self, source: SourceFile, report: Report) -> None:
        self.source = source
        self.report = report
        self._comments = list(comments(source.text))
        self._endings = set(_ENDING.findall(source.text)) or {"\n"}
        self.compiles = _refused(source.text) == ""

    def wrong(self, kind: str, sites: Sequence[Site], detail: str) -> None:
        """Record a violation."""
        rules = sorted({site.rule for site in sites})
        line = sites[0].span.line if sites else 1
        rule = "+".join(rules[:3])
        self.report.violations.append(Violation(kind, self.source.name, line, rule, detail))

    def variant(self, sites: Sequence[Site]) -> str | None:
        """The text with these sites applied, looked at from all sides; None where there is no text."""
        self.report.variants += 1
        try:
            text = render({self.source.name: self.source}, sites)[self.source.name]
        except ValueError as error:
            self.wrong("parse", sites, str(error))
            return None
        if self.compiles and (why := _refused(text)):
            self.wrong("compile", sites, why)
        for kind, why in self.faults(text):
            self.wrong(kind, sites, why)
        return text

    def faults(self, text: str) -> Iterator[tuple[str, str]]:
        """What a new text has lost of its comments and its layout."""
        kept = list(comments(text))
        if kept != self._comments:
            before, after = Counter(self._comments), Counter(kept)
            if before != after:
                yield "comments", f"lost {list(before - after)}, added {list(after - before)}"
            else:
                self.report.moved += 1
        if more := set(_ENDING.findall(text)) - self._endings:
            yield "layout", f"new line endings {more}"
        try:
            self.source.encode(text)
        except UnicodeEncodeError as error:
            yield "layout", str(error)


def comments(text: str) -> Iterator[str]:
    """The comments of a text in order, without the whitespace behind them."""
    return (match[1].rstrip() for match in _COMMENT.finditer(text) if match[1])


def _tokenized(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(StringIO(text, newline="").readline)
    return [t.string.rstrip() for t in tokens if t.type == tokenize.COMMENT]


def _refused(text: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "variant", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError) as error:
            return f"{type(error).__name__}: {error}"
    return ""


def examine(path: Path, name: str) -> Report:
    """Scan one file and try whatever the rules make of it."""
    report = Report(name)
    try:
        _examine(path, report)
    except Exception as error:  # noqa: BLE001  the point of this program is that there is none: say where
        report.violations.append(Violation("scan", name, 1, "", f"{type(error).__name__}: {error}"))
    report.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return report


def _examine(path: Path, report: Report) -> None:
    source = read_source(path, report.path)
    if isinstance(source, Problem):
        _note_problem(source, path.read_bytes(), report)
        return
    report.lines = source.text.count("\n") + 1
    begin = time.process_time()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = find_sites(source, load_rules())
    report.seconds = time.process_time() - begin
    report.violations += [Violation("scan", report.path, 1, "", f"warns: {w.message}") for w in said]
    for problem in found.problems:
        _note_problem(problem, source.text, report)
    report.sites, report.certain = len(found.sites), sum(site.certain for site in found.sites)
    if not found.sites:
        return
    whole = Inspected(source, report)
    if list(comments(source.text)) != _tokenized(source.text):
        whole.wrong("scan", (), "comments are not read as the tokenizer reads them")
    for site in found.sites:
        if site.edits:
            whole.variant([site])
    together(whole, [site for site in found.sites if site.certain])
    together(whole, found.sites)
    if any(site.certain and site.edits for site in found.sites):
        fix_twice(whole)
    for loaded in load_rules():
        own = [site for site in found.sites if site.rule == loaded.rule.code and site.edits]
        if own:
            repeat(whole, loaded, own)


def _note_problem(problem: Problem, text: str | bytes, report: Report) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        report.unparsable = 1
        return
    report.violations.append(Violation("scan", problem.path, problem.line, "", problem.message))


def _taken(sites: Sequence[Site]) -> list[Site]:
    taken: list[Site] = []
    for site in sites:
        if site.edits and compatible(site, taken):
            taken.append(site)
    return taken


def together(whole: Inspected, sites: Sequence[Site]) -> None:
    """All the sites at once, but those that exclude one taken before."""
    taken = _taken(sites)
    if len(taken) > 1:
        whole.variant(taken)


def repeat(whole: Inspected, loaded: LoadedRule, sites: Sequence[Site]) -> None:
    """A rule on its own result, its n-th alternative everywhere for each n, until it finds nothing."""
    places: dict[str, list[Site]] = {}
    for site in sites:
        places.setdefault(site.group or site.id, []).append(site)
    for number in range(max(map(len, places.values()))):
        _repeat(whole, loaded, _nth(places, number), number)


def _nth(places: dict[str, list[Site]], number: int) -> list[Site]:
    return _taken([alternatives[min(number, len(alternatives) - 1)] for alternatives in places.values()])


def _repeat(whole: Inspected, loaded: LoadedRule, first: list[Site], number: int) -> None:
    source, taken = whole.source, first
    for _ in range(_MOST_ROUNDS):
        try:
            text = render({source.name: source}, taken)[source.name]
        except ValueError as error:
            whole.wrong("parse", taken, str(error))
            return
        source = replace(source, text=text)
        found = find_sites(source, [loaded])
        if found.problems:
            whole.wrong("scan", taken, f"on its own result: {found.problems[0].message}")
        places: dict[str, list[Site]] = {}
        for site in found.sites:
            if site.edits:
                places.setdefault(site.group or site.id, []).append(site)
        if not places:
            return
        taken = _nth(places, number)
    whole.wrong("again", taken, f"after {_MOST_ROUNDS} rounds still: {taken[0].message}")


def fix_twice(whole: Inspected) -> None:
    """What `check --fix --allow close` makes of the file, and then of what it made."""
    once, _ = fix_source(whole.source, _RULES, _TRUST)
    try:
        check_output(whole.source.name, whole.source.text, once.text)
    except RefusedOutput as refused:
        whole.wrong("fix", (), refused.reason)
    if whole.compiles and (why := _refused(once.text)):
        whole.wrong("fix", (), why)
    for _, why in whole.faults(once.text):
        whole.wrong("fix", (), why)
    twice, more = fix_source(once, _RULES, _TRUST)
    if more or twice.text != once.text:
        whole.wrong("fix", (), f"a second run makes {more} more changes")


@dataclass(frozen=True, slots=True)
class Row:
    """What a package gave, file by file."""

    package: Package
    files: Sequence[Report]

    @property
    def violations(self) -> list[Violation]:
        return [violation for report in self.files for violation in report.violations]

    def row(self) -> str:
        """A row of the table."""
        kinds = Counter(violation.kind for violation in self.violations)
        names = ("unparsable", "lines", "sites", "certain", "variants", "moved")
        sums = [sum(getattr(report, name) for report in self.files) for name in names]
        seconds = round(sum(report.seconds for report in self.files))
        peak = max(report.peak for report in self.files) // 1024
        counts = [len(self.files), *sums, *(kinds[kind] for kind in KINDS), seconds, peak]
        return _row(f"{self.package.name} {self.package.version}", counts)


def run(packages: Sequence[Package], every: int, jobs: int | None) -> Iterator[Row]:
    """Examine packages one after the other, their files on all cores."""
    with ProcessPoolExecutor(jobs) as pool:
        for package in packages:
            paths = list(discover([package.folder]))[::every]
            # The largest first, so that no core is left alone with one at the end.
            paths.sort(key=lambda path: -path.stat().st_size)
            reports = []
            for report in pool.map(examine, paths, [package.relative(path) for path in paths]):
                for violation in report.violations:
                    print(violation, file=sys.stderr, flush=True)
                reports.append(report)
            yield Row(package, reports)


_TABLE = (
    "| package | files | unparsable | lines | sites | certain | variants | moved "
    + "".join(f"| {kind} " for kind in KINDS)
    + "| scan CPU s | MiB |\n|---"
    + "|---:" * (9 + len(KINDS))
    + "|"
)


def _row(name: str, counts: Sequence[int]) -> str:
    return f"| {name} | " + " | ".join(f"{count:,}" for count in counts) + " |"


def total(rows: Sequence[str]) -> str:
    """The last row: sums, but of the memory the most."""
    columns = list(zip(*([numbers(cell)[0] for cell in cells(row)[1:]] for row in rows), strict=True))
    return _row("all", [*map(sum, columns[:-1]), max(columns[-1])])


def slowest(rows: Sequence[Row]) -> Iterator[str]:
    """The files that took longest to scan."""
    yield "\n| slowest files | lines | sites | CPU s |\n|---|---:|---:|---:|"
    files = [(f"{row.package.name} {report.path}", report) for row in rows for report in row.files]
    for name, report in sorted(files, key=lambda f: -f[1].seconds)[:8]:
        yield f"| {name} | {report.lines:,} | {report.sites} | {report.seconds:.1f} |"


def main(argv: Sequence[str]) -> int:
    """Examine the packages and print their table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="PACKAGE", help="of the list; all where none is given")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th file")
    parser.add_argument("--jobs", type=int, help="processes; as many as there are cores if not given")
    parser.add_argument("--write", action="store_true", help="put the rows into docs/soundness.md")
    chosen = parser.parse_args(argv)
    if chosen.write and chosen.every > 1:
        parser.error("--write is for whole packages")
    pins = [p for p in pinned("soundness") if not chosen.names or p.partition("==")[0] in chosen.names]
    print(_TABLE)
    rows = []
    for row in run(fetch(pins), chosen.every, chosen.jobs):
        rows.append(row)
        print(row.row(), flush=True)
        if chosen.write:
            put_rows(PAGE, "soundness", _TABLE, [row.row()], 1, total)
    print(total([row.row() for row in rows]), *slowest(rows), sep="\n")
    return 1 if any(row.violations for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
