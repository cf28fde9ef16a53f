"""What a whole proof costs beyond running the target, and where the time goes.

For every corpus program its known best rewrite is proven as `codeopt suggest` proves a winner:
reference, self check, candidate, faults in the original and near the change, all in one child.
`beyond` is the wall time less the seconds spent in the target's own body (planted faults run a
body of their own, which counts as the target's).

Run: python bench/proof_cost.py [PROGRAM ...]
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parent))  # where the sandbox's children find the job

from timed_proof import timed_proof

from codeopt.config import Config
from codeopt.pipeline import Run
from codeopt.sandbox import Completed, Sandbox
from codeopt.target import Target
from codeopt.workload.declared import libraries
from codeopt.workload.preload import preload

ROOT = Path(__file__).parent.parent
LIMIT = 2.0
STAGES = ("reference", "self check", "candidate", "faults", "faults near")
PARTS = (
    "target", "recording", "comparing", "loading", "building calls", "planting, judging, the rest",
)  # fmt: skip


def main() -> None:
    """Print a row a program, and the medians."""
    names = sys.argv[1:]
    run = Run(Config(), [ROOT / "corpus"], ROOT)
    best = {t: found for t in run.targets_only() if (found := best_of(t)) is not None}
    targets = [t for t in best if not names or best[t].parent.name in names]
    table = Table("program", "verdict", "beyond, s", *STAGES, *PARTS, title="seconds")
    beyond: list[float] = []
    for target in sorted(targets, key=lambda t: (libraries(t), str(t.path))):
        program = best[target].parent.name
        with Sandbox((*preload(target), "timed_proof"), jobs=1) as sandbox:
            end = sandbox.call(timed_proof, target, best[target].read_text(encoding="utf-8"))
        if not isinstance(end, Completed):
            raise SystemExit(f"{program}: {end}")
        verdict, stages, parts = end.value
        beyond.append(sum(stages.values()) - parts["target"])
        figures = [*(stages.get(s, 0.0) for s in STAGES), *(parts.get(p, 0.0) for p in PARTS)]
        table.add_row(program, verdict, f"{beyond[-1]:.2f}", *(f"{f:.2f}" for f in figures))
    console = Console(file=sys.stdout, width=200)
    console.print(table)
    console.print(f"median beyond running the target: {statistics.median(beyond):.2f} s (limit {LIMIT} s)")


def best_of(target: Target) -> Path | None:
    """The known best rewrite of a program, beside its file or beside the package that holds it."""
    folders = [folder for folder in target.path.parents if folder.is_relative_to(ROOT / "corpus")]
    return next((folder / "best.py" for folder in folders if (folder / "best.py").is_file()), None)


if __name__ == "__main__":
    main()
