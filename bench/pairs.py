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
import sys
from collections.abc import Sequence
from pathlib import Path

from codeopt.edit import Trust
from codeopt.registry import LoadedRule, load_rules, select_rules
from codeopt.testing import Measured, measure_pairs, pair_file

ROOT = Path(__file__).resolve().parent.parent
PAIRS = ROOT / "corpus" / "pairs"
PAGE = ROOT / "docs" / "pairs.md"
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


def row(result: Measured) -> str:
    """A row of the table, sizes in MB."""
    rule = result.loaded.rule
    if result.before is None or result.after is None:
        return f"| {rule.code} | {rule.name} | | | | | | {result.problem} | no |"
    sizes = [result.before[0], result.after[0], result.before[1], result.after[1]]
    peak, less, resident, fewer = (f"{size / 1e6:.1f}" for size in sizes)
    same = result.problem or ("same bits" if rule.trust is Trust.EXACT else "close")
    name = f"{rule.name} ({result.label})" if result.label else rule.name
    return (
        f"| {rule.code} | {name} | {peak} | {less} | {result.saved:.0%} | {resident} | {fewer} "
        f"| {same} | {'yes' if result.pays else 'no'} |"
    )


def own(rules: Sequence[LoadedRule]) -> list[tuple[LoadedRule, Path]]:
    """The rules of this project among some, each with the file of its pair."""
    return [(loaded, pair_file(loaded, PAIRS)) for loaded in rules if not loaded.place.origin]


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the pairs of the rules.")
    parser.add_argument("rules", nargs="*", help="names, codes or starts of codes; all where none is given")
    parser.add_argument("--write", action="store_true", help="put the table of all rules into docs/pairs.md")
    chosen = parser.parse_args()
    if chosen.write and chosen.rules:
        parser.error("--write makes the whole page: name no rules")
    rules = select_rules(chosen.rules) if chosen.rules else load_rules()
    print(_TABLE)
    results: list[Measured] = []
    for result in measure_pairs(own(rules)):
        print(row(result), flush=True)
        results.append(result)
    paying = sum(r.pays for r in results)
    print(f"\n{paying} of {len(results)} rules pay.")
    if chosen.write:
        rows = "\n".join(row(r) for r in results)
        PAGE.write_text(f"{_HEAD}{_TABLE}\n{rows}\n\n{paying} of {len(results)} rules pay.\n")
    return 0 if paying == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
