"""Measure the pair of every rule: a small program, and what the rule makes of it.

    python bench/pairs.py                       # every rule, a table in Markdown
    python bench/pairs.py list-built-to-reduce  # only these rules, by name, code or area (MEM2)
    python bench/pairs.py --write               # and put the table of all into docs/pairs.md

`corpus/pairs/FILE.py` belongs to `rules/FILE.py`. It holds `arguments()`, which makes the
arguments, and `run(...)`, which is measured in a sandbox child: one call warms, the next is
measured by memray. Of several alternatives of one rule the best counts. Exits with 1 where a
rule has no pair, finds nothing in it, changes the result, or saves less than 5 %.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # the child imports the job from here

from bench.pair_job import Sample, measure_texts  # noqa: E402
from codeopt.candidate import render  # noqa: E402
from codeopt.edit import Site, Trust, conflict  # noqa: E402
from codeopt.registry import LoadedRule, find_sites, load_rules, select_rules  # noqa: E402
from codeopt.sandbox import Completed, JobEnd, Limits, Sandbox  # noqa: E402
from codeopt.source import SourceFile  # noqa: E402

PAIRS = ROOT / "corpus" / "pairs"
PAGE = ROOT / "docs" / "pairs.md"
LEAST_SAVED = 0.05
_HEAD = """# What each rule brings

Every rule has a pair: a small program in the style of real code (`corpus/pairs`), and what the
rule itself makes of it. Each is run in a process of its own, warmed by one call and measured in
the next, by memray and by the resident set. The figures are those of these programs, not
promises about others. `python bench/pairs.py --write` makes this page.

"""
_TABLE = (
    "| rule | name | peak MB before | after | saved | resident MB before | after | result | pays |\n"
    "|---|---|---:|---:|---:|---:|---:|---|---|"
)


@dataclass(frozen=True, slots=True)
class Variant:
    """The pair's text with one choice among the alternatives of every site."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """A rule's measured pair, or why it has none. Peaks and resident sizes in bytes."""

    loaded: LoadedRule
    before: Sample | None = None
    after: Sample | None = None
    label: str = ""
    problem: str = ""

    @property
    def saved(self) -> float:
        return 0.0 if not self.before or not self.after else 1 - self.after[0] / max(1, self.before[0])

    @property
    def pays(self) -> bool:
        return not self.problem and self.saved >= LEAST_SAVED

    def row(self) -> str:
        """A row of the table."""
        rule = self.loaded.rule
        if self.before is None or self.after is None:
            return f"| {rule.code} | {rule.name} | | | | | | {self.problem} | no |"
        sizes = [self.before[0], self.after[0], self.before[1], self.after[1]]
        peak, less, resident, fewer = (f"{size / 1e6:.1f}" for size in sizes)
        same = self.problem or ("same bits" if rule.trust is Trust.EXACT else "close")
        name = f"{rule.name} ({self.label})" if self.label else rule.name
        return (
            f"| {rule.code} | {name} | {peak} | {less} | {self.saved:.0%} | {resident} | {fewer} "
            f"| {same} | {'yes' if self.pays else 'no'} |"
        )


def pair_file(loaded: LoadedRule) -> Path:
    """Where the pair of a rule stands."""
    return PAIRS / f"{loaded.find.__module__.rpartition('.')[2]}.py"


def variants(loaded: LoadedRule, text: str) -> list[Variant]:
    """What a rule makes of a text: the n-th alternative at every place, for each n there is."""
    source = SourceFile(Path("pair.py"), "pair.py", text)
    places: dict[str, list[Site]] = {}
    for site in find_sites(source, [loaded]).sites:
        places.setdefault(site.group or site.id, []).append(site)
    made: list[Variant] = []
    for number in range(max(map(len, places.values()), default=0)):
        taken: list[Site] = []
        for sites in places.values():
            site = sites[min(number, len(sites) - 1)]
            if not any(conflict(site, other) for other in taken):
                taken.append(site)
        made.append(Variant(taken[0].label, render({"pair.py": source}, taken)["pair.py"]))
    return made


def measure(loaded: LoadedRule, sandbox: Sandbox) -> Result:
    """Run a rule's pair; of several variants the best that keeps the result."""
    file = pair_file(loaded)
    if not file.is_file():
        return Result(loaded, problem=f"no {file.name}")
    text = file.read_text(encoding="utf-8")
    made = variants(loaded, text)
    if not made:
        return Result(loaded, problem="finds nothing in its pair")
    texts = (text, *(variant.text for variant in made))
    end = sandbox.call(measure_texts, texts, loaded.rule.trust is Trust.EXACT)
    if not isinstance(end, Completed):
        return Result(loaded, problem=_reason(end))
    before, *samples = end.value
    best = min(range(len(made)), key=lambda n: (bool(samples[n][2]), samples[n][0]))
    why = " ".join(samples[best][2].split())[:80]
    return Result(loaded, before, samples[best], made[best].label, f"differs: {why}" if why else "")


def _reason(end: JobEnd) -> str:
    return " ".join(f"{type(end).__name__}: {end}".split())[:160]


def measured(rules: Sequence[LoadedRule]) -> Iterator[Result]:
    """The pairs of some rules, measured one after the other."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    modules = {m for loaded in rules for m in _imported(pair_file(loaded))}
    preload = ("memray", "numpy", "bench.pair_job", *sorted(modules))
    with Sandbox(preload, limits=Limits(seconds=120)) as sandbox:
        for loaded in rules:
            yield measure(loaded, sandbox)


def _imported(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if file.is_file() else ()
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the pairs of the rules.")
    parser.add_argument("rules", nargs="*", help="names, codes or starts of codes; all where none is given")
    parser.add_argument("--write", action="store_true", help="put the table of all rules into docs/pairs.md")
    chosen = parser.parse_args()
    if chosen.write and chosen.rules:
        parser.error("--write makes the whole page: name no rules")
    rules = select_rules(chosen.rules) if chosen.rules else load_rules()
    print(_TABLE)
    results: list[Result] = []
    for result in measured(rules):
        print(result.row(), flush=True)
        results.append(result)
    paying = sum(r.pays for r in results)
    print(f"\n{paying} of {len(results)} rules pay.")
    if chosen.write:
        rows = "\n".join(r.row() for r in results)
        PAGE.write_text(f"{_HEAD}{_TABLE}\n{rows}\n\n{paying} of {len(results)} rules pay.\n")
    return 0 if paying == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
