"""How near `codeopt suggest` comes to the best rewrite by hand, program by program.

    python bench/corpus_reach.py                    # every program and trap, a table in Markdown
    python bench/corpus_reach.py softmax kmeans     # only these
    python bench/corpus_reach.py --write            # and put the table into docs/corpus.md
    python bench/corpus_reach.py --keep DIR NAME    # and keep the JSON reports in a folder

Each program is copied with its workload and without its rewrites, and `codeopt suggest` runs over the
copy with its defaults. The peaks of the original and of the rewrite by hand are measured here; that of
what is suggested first follows from the share of the original's peak that `suggest` measured. The ratio
is the saving of the suggestion over that of the rewrite by hand; where nothing is suggested, or next to
nothing is saved, it counts as 0.01, so that a geometric mean exists. A trap is refused when no
suggestion for it has a line which only the tempting rewrite has.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_expected import Program, measure, programs, warm_imports

DOCS = Path(__file__).resolve().parent.parent / "docs" / "corpus.md"
BEGIN, END = "<!-- reach: begin -->\n", "<!-- reach: end -->\n"
FLOOR = 0.01
_HAND_MADE = ("best.py", "tempting.py", "__pycache__", ".codeopt")


@dataclass(frozen=True, slots=True)
class Reached:
    """Peaks of one program in bytes, and what the search for its rewrite took."""

    name: str
    before: int
    best: int
    suggested: int
    evaluations: int
    seconds: float

    @property
    def ratio(self) -> float:
        """The saving of the suggestion over that of the rewrite by hand, at least FLOOR."""
        return max(FLOOR, (self.before - self.suggested) / (self.before - self.best))

    def row(self) -> str:
        """One line of the table."""
        return (
            f"| {self.name} | {self.before / 1e6:.1f} | {self.best / 1e6:.1f} | {self.suggested / 1e6:.1f} "
            f"| {1 - self.best / self.before:.0%} | {1 - self.suggested / self.before:.0%} "
            f"| {self.ratio:.2f} | {self.evaluations} | {self.seconds:.0f} |"
        )


def suggest(program: Program, extra: Sequence[str], keep: Path | None) -> tuple[dict[str, Any], float]:
    """The JSON report of `codeopt suggest` over a copy of a program, and the seconds it took."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, program.name)
        shutil.copytree(program.folder, root, ignore=shutil.ignore_patterns(*_HAND_MADE))
        command = [sys.executable, "-m", "codeopt", "suggest", ".", "--format", "json", "-q", *extra]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=_environment())
        seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{program.name}: suggest ended with {done.returncode}\n{done.stderr}")
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{program.name}.json").write_text(done.stdout)
    report: dict[str, Any] = json.loads(done.stdout)
    return report, seconds


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def reached(program: Program, report: dict[str, Any], seconds: float) -> Reached:
    """The peaks of the original, of the rewrite by hand and of the first suggestion."""
    before, _ = measure(program, rewritten=False)
    best, _ = measure(program, rewritten=True)
    first = next(iter(report["suggestions"]), None)
    suggested = before
    if first is not None:
        # The suggestion's own two peaks come from one measurement: their ratio carries over.
        share = first["optimized"]["peak_bytes"] / first["baseline"]["peak_bytes"]
        suggested = round(before * share)
    return Reached(program.name, before, best, suggested, report["stats"]["evaluations"], seconds)


def tempted(program: Program, report: dict[str, Any]) -> bool:
    """Whether a suggestion has a line that only the tempting rewrite has."""
    file = program.folder / program.target.partition("::")[0]
    original = {line.strip() for line in file.read_text().splitlines()}
    tempting = {line.strip() for line in program.rewrite.read_text().splitlines()} - original - {""}
    made = {line.strip() for s in report["suggestions"] for line in s["source"].splitlines()}
    return bool(tempting & made)


def table(rows: Sequence[Reached], refused: int, traps: int) -> str:
    """The whole table with the line below it."""
    lines = [
        "| program | before MB | best MB | suggest MB | best saves | suggest saves | ratio | tried | s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(row.row() for row in rows),
    ]
    if rows:
        mean = math.exp(sum(math.log(row.ratio) for row in rows) / len(rows))
        lines += ["", f"Geometric mean of the ratios: {mean:.2f} over {len(rows)} programs."]
    if traps:
        lines += ["", f"Traps refused: {refused} of {traps}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare suggest with the rewrites by hand.")
    parser.add_argument("names", nargs="*", help="programs to run; all where none is given")
    parser.add_argument("--write", action="store_true", help="put the table into docs/corpus.md")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the JSON reports here")
    parser.add_argument("--suggest", default="", metavar="OPTIONS", help="further options of suggest")
    chosen = parser.parse_args()
    if chosen.write and chosen.names:
        parser.error("--write puts the table of all programs there: name none")
    warm_imports()
    rows: list[Reached] = []
    refused = traps = 0
    for program in programs():
        if chosen.names and program.name not in chosen.names:
            continue
        report, seconds = suggest(program, chosen.suggest.split(), chosen.keep)
        if program.kind == "trap":
            traps += 1
            refused += not tempted(program, report)
            print(f"{program.name}: {'taken' if tempted(program, report) else 'refused'}", file=sys.stderr)
            continue
        rows.append(reached(program, report, seconds))
        print(rows[-1].row(), file=sys.stderr, flush=True)
    text = table(rows, refused, traps)
    print(text)
    if chosen.write:
        put(text)


def put(text: str) -> None:
    """Replace the table between the marks in docs/corpus.md."""
    head, begin, rest = DOCS.read_text().partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{DOCS}: the marks of the table are missing")
    DOCS.write_text(f"{head}{begin}{text}{end}{tail}")


if __name__ == "__main__":
    main()
