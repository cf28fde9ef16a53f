"""How often a finding is right, judged by reading the code of packages that no rule was made on.

    python bench/precision.py sample > new.csv   # draws findings; fill in verdict and reason by hand
    python bench/precision.py                    # the table of what was judged, in Markdown
    python bench/precision.py --write            # and put it into docs/precision.md
    python bench/precision.py check              # are the judged findings still found? exits 1 if not

A finding is a place: all alternatives of one rule there count once. It is `default` (certain and
exact: what `check` shows and `check --fix` writes) or `weaker` (certain, of a trust level that
`check` shows with `--allow`). A `candidate` is none: only the search of `suggest` tries it, and
nobody sees it unless running proves that it is right and pays. Tests, examples, benchmarks and
documentation of a package are left out. A verdict is `right` (the rewrite keeps what the code does to
the level it claims, and lowers the peak of its statement by a real amount in realistic use), `small`
(it lowers that peak, but what it saves is small there), `idle` (it saves nothing at any size) or
`wrong` (it changes what the code does).
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields, replace
from itertools import chain, repeat
from math import sqrt
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from bench.packages import Package, fetch, pinned  # noqa: E402
from codeopt.edit import Site, Trust  # noqa: E402
from codeopt.registry import deciding_rules, find_sites, load_rules  # noqa: E402
from codeopt.source import Problem, discover, read_source  # noqa: E402
from codeopt.suppress import read_suppressions  # noqa: E402

RECORD = ROOT / "docs" / "precision" / "held_out.csv"
PAGE = ROOT / "docs" / "precision.md"
VERDICTS = ("right", "small", "idle", "wrong")
_CLASSES = ("default", "weaker", "candidate")
_CLONES = 3
_ASIDE = {"test", "tests", "testing", "examples", "example", "docs", "doc", "benchmarks", "tutorials"}
_HEAD = """# How often a finding is right

Every finding below was judged by reading the code around it, in releases of public packages on which
no rule had been made or mended (`docs/precision/held_out.csv` holds them one by one: place, version,
verdict, reason). *default* is what `codeopt check` shows and `--fix` writes: decided by facts alone,
and exact. *weaker* findings are decided by facts alone too, of a trust level that needs `--allow`.
A *candidate* is no finding: only the search of `codeopt suggest` tries it, and nobody sees it unless
running proves that it is right and pays; the share says how often trying is worth its time.

*right*: the rewrite keeps what the code does to the level it claims, and lowers the peak of its
statement (of the code behind it, for `del`) by a real amount in realistic use. *small*: it keeps what
the code does and lowers that peak in proportion to the value, which is small there: a handful, one
number a row beside rows of hundreds, a constant size. *idle*: it keeps what the code does and saves
nothing at any size: a value that something else keeps, a peak that another step sets, code that is
compiled or never run. *wrong*: it changes what the code does. *saves* is right and small together; what
the text of a program says is enough to tell that, but seldom how large an array is when it runs: that is
what `codeopt suggest` measures. The interval is Wilson's, at 95 %, of *saves*.

These packages were read last. In earlier ones the share of *right* and *small* was 52, 75 and 85 %; what
was idle or wrong there was mended, and those 1,075 findings are kept in `docs/precision/mended_on.csv`.
One rule was taken out of `check` since these were read, for what they and the earlier ones show of it:
MEM103 (`del` after the last read), of whose findings 20 of 72 were idle here and 18 of 116 before, because
the last reader or a step before it sets the peak. `suggest` tries it, and tells by measuring. The row
*default, of rules that show findings now* leaves it out; the row above it is all that was shown when these
were read. The function of every other idle finding but one is called by nobody in its package; the wrong one
(arithmetic under a decorator that may be numba's) is mended.

`python bench/precision.py --write` makes this page.

"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One judged place; `verdict` is one of `VERDICTS`, and empty while nobody has read it."""

    rule: str
    kind: str
    trust: str
    package: str
    version: str
    path: str
    line: int
    verdict: str = ""
    reason: str = ""


def findings(package: Package, *, deciding: bool = False) -> Iterator[Finding]:
    """Every place that a rule names in a package's own code, each once; if `deciding`, no candidates."""
    rules = deciding_rules() if deciding else load_rules()
    for path in discover([package.folder]):
        name = package.relative(path)
        source = read_source(path, name)
        if isinstance(source, Problem) or _ASIDE & set(Path(name).parts) or path.name.startswith("test_"):
            continue
        off = read_suppressions(source)
        places: dict[tuple[str, int, int], Finding] = {}
        for site in find_sites(source, rules, deciding=deciding).sites:
            place = (site.rule, site.span.line, site.span.column)
            if not off.hides(site, ""):
                places.setdefault(place, _finding(site, package))
        yield from places.values()


def _finding(site: Site, package: Package) -> Finding:
    exact = site.trust is Trust.EXACT
    kind = ("default" if exact else "weaker") if site.certain else "candidate"
    return Finding(site.rule, kind, site.trust, package.name, package.version, site.path, site.span.line)


def _listed(package: Package, deciding: bool) -> list[Finding]:
    return list(findings(package, deciding=deciding))


def sample(packages: Sequence[Package], seed: int, most: int, searched: int) -> list[Finding]:
    """Of each package at most `most` findings and `searched` candidates."""
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(_listed, packages, repeat(not searched)))
    chosen: list[Finding] = []
    for package, places in zip(packages, found, strict=True):
        draw = random.Random(f"{seed} {package.name}")
        of = {kind: [p for p in places if p.kind == kind] for kind in _CLASSES}
        tried = draw.sample(of["candidate"], min(searched, len(of["candidate"])))
        certain = _without_clones(of["default"] + of["weaker"], draw)
        kept = draw.sample(certain, most) if len(certain) > most else certain
        chosen += sorted([*kept, *tried], key=lambda f: (f.path, f.line, f.rule))
    return chosen


def _without_clones(places: Sequence[Finding], draw: random.Random) -> list[Finding]:
    """At most three findings of one rule in one file: the others there are mostly copies of them."""
    alike: dict[tuple[str, str], list[Finding]] = {}
    for place in places:
        alike.setdefault((place.rule, place.path), []).append(place)
    return [f for group in alike.values() for f in draw.sample(group, min(_CLONES, len(group)))]


def read_record(path: Path = RECORD) -> list[Finding]:
    """The judged findings of a file."""
    with path.open(newline="") as file:
        return [Finding(**{**row, "line": int(row["line"])}) for row in csv.DictReader(file)]  # type: ignore[arg-type]


def write_record(chosen: Sequence[Finding], out: Path | None) -> None:
    """Write findings as CSV, to standard output if no file is given."""
    file = out.open("w", newline="") if out else sys.stdout
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([field.name for field in fields(Finding)])
    writer.writerows(map(astuple, chosen))


def table(judged: Sequence[Finding]) -> Iterator[str]:
    """Right and wrong by class, by package and by rule, as lines of Markdown."""
    yield from (
        "| class | judged | right | small | idle | wrong | keep behaviour | right | saves | interval |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    )
    found = [f for f in judged if f.kind != "candidate"]
    yield _row("default", [f for f in found if f.kind == "default"])
    searched = {loaded.rule.code for loaded in load_rules() if loaded.rule.search_only}
    shown = [f for f in found if f.rule not in searched]
    yield _row("default, of rules that show findings now", [f for f in shown if f.kind == "default"])
    yield _row("weaker", [f for f in found if f.kind == "weaker"])
    yield _row("all findings", found)
    yield _row("all, of rules that show findings now", shown)
    if tried := [f for f in judged if f.kind == "candidate"]:
        yield _row("candidates of the search", tried)
    judged = found
    head = ("findings | right | small | idle | wrong |", "---|---:|---:|---:|---:|---:|")
    yield from ("", f"| package | {head[0]}", f"|{head[1]}")
    for package in sorted({f"{f.package} {f.version}" for f in judged}, key=str.casefold):
        yield _counts(package, [f for f in judged if f"{f.package} {f.version}" == package])
    yield from ("", f"| rule | {head[0]}", f"|{head[1]}")
    names = {loaded.rule.code: loaded.rule.name for loaded in load_rules()}
    for rule, _ in Counter(f.rule for f in judged).most_common():
        yield _counts(f"{rule} {names.get(rule, '')}", [f for f in judged if f.rule == rule])


def _row(name: str, judged: Sequence[Finding]) -> str:
    count, (right, small, idle, wrong) = len(judged), _tally(judged)
    if not count:
        return f"| {name} | 0 | | | | | | | | |"
    low, high = wilson(right + small, count)
    shares = [f"{share / count:.1%}" for share in (count - wrong, right, right + small)]
    figures = [name, count, right, small, idle, wrong, *shares, f"{low:.0%} to {high:.0%}"]
    return f"| {' | '.join(map(str, figures))} |"


def _counts(name: str, judged: Sequence[Finding]) -> str:
    return f"| {' | '.join(map(str, (name, len(judged), *_tally(judged))))} |"


def _tally(judged: Sequence[Finding]) -> tuple[int, ...]:
    return tuple(sum(f.verdict == verdict for f in judged) for verdict in VERDICTS)


def wilson(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share (E. B. Wilson, JASA 22, 1927)."""
    share, scale = right / count, 1 + z * z / count
    middle = share + z * z / (2 * count)
    width = z * sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    return (middle - width) / scale, (middle + width) / scale


def missing(judged: Sequence[Finding], packages: Sequence[Package]) -> list[Finding]:
    """Judged findings that the rules of today no longer make, or make with another certainty."""
    with ProcessPoolExecutor() as pool:
        found = set(chain.from_iterable(pool.map(_listed, packages, repeat(False))))
    return [f for f in judged if replace(f, verdict="", reason="") not in found]


def main(argv: Sequence[str]) -> int:
    """Draw, show or check the judged findings."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("what", nargs="?", choices=("sample", "check", "table"), default="table")
    parser.add_argument("--write", action="store_true", help="put the table into docs/precision.md")
    parser.add_argument("--purpose", default="precision", help="which packages of bench/packages.toml")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=40, help="findings a package")
    parser.add_argument("--search", type=int, default=4, help="candidates of the search, a package")
    chosen = parser.parse_args(argv)
    if chosen.what == "table":
        lines = "\n".join(table(read_record()))
        print(lines)
        if chosen.write:
            PAGE.write_text(f"{_HEAD}{lines}\n")
        return 0
    packages = fetch(pinned(chosen.purpose))
    if chosen.what == "sample":
        write_record(sample(packages, chosen.seed, chosen.most, chosen.search), None)
        return 0
    gone = missing(read_record(), packages)
    for finding in gone:
        place = f"{finding.package} {finding.path}:{finding.line}"
        print(f"{place}: no longer found as {finding.kind} by {finding.rule}")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
