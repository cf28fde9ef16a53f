"""Every notebook in the fetched packages, read, rewritten and held against what it was.

    python bench/notebooks.py [FOLDER...]

Of each notebook all rewrites that go together are applied, those that only the search would try too.
Then the JSON must be valid, the cells that changed must be those of the rewrites (and of their imports),
every byte outside of their sources must be what it was, and the edits that a report gives for one
rewrite must give the source that is written for it. Packages that are held out are passed over.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from bench.packages import cache, pinned  # noqa: E402
from codeopt.candidate import compatible, render  # noqa: E402
from codeopt.edit import Site, apply_edits  # noqa: E402
from codeopt.json_spans import document, items, members  # noqa: E402
from codeopt.registry import find_sites, load_rules  # noqa: E402
from codeopt.source import Problem, SourceFile, read_source  # noqa: E402


@dataclass
class Tally:
    """What all notebooks gave; `seconds` of CPU for reading and finding."""

    notebooks: int = 0
    refused: int = 0
    cells: int = 0
    masked: int = 0
    broken: int = 0
    sites: int = 0
    certain: int = 0
    applied: int = 0
    changed: int = 0
    bytes: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def outside(raw: str, changed: set[int]) -> list[str]:
    """The text around the sources of the cells with these numbers."""
    parts, at = [], 0
    for number, (start, _) in enumerate(items(raw, document(raw)["cells"][0]), 1):
        if number in changed:
            begin, end = dict(members(raw, start))["source"]
            parts.append(raw[at:begin])
            at = end
    return [*parts, raw[at:]]


def sources_in(raw: str) -> dict[int, str]:
    """The source of every cell."""
    return {n: "".join(cell["source"]) for n, cell in enumerate(json.loads(raw)["cells"], 1)}


def together(source: SourceFile, sites: Sequence[Site]) -> list[Site]:
    """As many of the sites as can stand together."""
    chosen: list[Site] = []
    for site in sites:
        if site.edits and compatible(site, chosen):
            chosen.append(site)
    return chosen


def examine(path: Path, tally: Tally) -> None:
    """Read one notebook, rewrite it, and note what is wrong."""
    before = path.read_bytes()
    begin = time.process_time()
    source = read_source(path, str(path))
    if isinstance(source, Problem) or source.notebook is None:
        tally.refused += 1
        return
    sites = find_sites(source, load_rules()).sites
    tally.seconds += time.process_time() - begin
    tally.notebooks += 1
    tally.bytes += len(before)
    tally.cells += len(source.notebook.cells)
    tally.masked += sum(bool(cell.masked) for cell in source.notebook.cells)
    tally.broken += len(source.problems)
    tally.sites += len(sites)
    tally.certain += sum(site.certain for site in sites)
    if source.encode(source.text) != before:
        tally.wrong.append(f"{path}: is not written as it was read")
    chosen = together(source, sites)
    if chosen:
        hold_against(source, chosen, tally)


def hold_against(source: SourceFile, chosen: Sequence[Site], tally: Tally) -> None:
    """Apply the sites, and note what changed that should not."""
    old = source.whole(source.text)
    new = source.whole(render({source.name: source}, chosen)[source.name])
    texts = sources_in(old), sources_in(new)
    changed = {number for number, text in texts[0].items() if texts[1].get(number) != text}
    placed = {site: source.placed(site) for site in chosen}
    tally.applied += len(chosen)
    tally.changed += len(changed)
    cells = {site.cell for site in placed.values()}
    if not changed >= cells or (changed != cells and not any(site.imports for site in chosen)):
        tally.wrong.append(f"{source.name}: changed are the cells {sorted(changed)}")
    if outside(old, changed) != outside(new, changed):
        tally.wrong.append(f"{source.name}: bytes outside of the changed sources differ")
    for site, reported in placed.items():
        if site.imports or reported.cell is None:
            continue
        alone = source.whole(render({source.name: source}, [site])[source.name])
        edited = apply_edits(texts[0][reported.cell], reported.edits)
        if edited.rstrip("\n") != sources_in(alone)[reported.cell].rstrip("\n"):
            tally.wrong.append(
                f"{source.name}: cell {reported.cell}: the reported edits of {site.rule} differ"
            )


def main(folders: Sequence[str]) -> int:
    """Examine all notebooks below the folders; 1 if anything is wrong."""
    held_out = {pin.replace("==", "-") for pin in pinned("precision")}
    roots = [Path(f) for f in folders] or [
        f for f in cache().iterdir() if f.name not in held_out | {"suites"}
    ]
    tally = Tally()
    for path in sorted(file for root in roots for file in root.rglob("*.ipynb") if file.is_file()):
        examine(path, tally)
    print(f"{tally.notebooks} notebooks of {tally.bytes / 1e6:.0f} MB, {tally.refused} in another format")
    print(f"{tally.cells} code cells, {tally.masked} with magics, {tally.broken} that do not parse")
    print(f"{tally.sites} sites, {tally.certain} certain; {tally.seconds:.1f} s of CPU to read and find")
    print(f"{tally.applied} rewrites applied to {tally.changed} cells; {len(tally.wrong)} things wrong")
    print(*tally.wrong, sep="\n", end="")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
