"""What trying one candidate costs beyond running the target's own body.

For a few corpus targets, one candidate evaluation is a proof and a peak measurement, each in
a child of its own. Prints the median wall seconds of an evaluation less the seconds spent in
the target's body (the original's text serves as the candidate, so every case is compared).

Run: python bench/overhead.py
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from codeopt.config import Config
from codeopt.edit import Trust
from codeopt.measure.peak import measure_peak
from codeopt.pipeline import Run
from codeopt.sandbox import Completed, Sandbox
from codeopt.search.jobs import Proof, prove_job, reference_job
from codeopt.target import Target
from codeopt.workload.declared import libraries
from codeopt.workload.preload import preload

ROOT = Path(__file__).parent.parent
ROUNDS = 5


def main() -> None:
    """Print a row a target and the medians by library."""
    run = Run(Config(), [ROOT / "corpus"], ROOT)
    targets = sorted(run.targets_only(), key=lambda t: (libraries(t), str(t.path)))
    table = Table("target", "library", "overhead of one evaluation, s", "body, s")
    medians: dict[str, list[float]] = {"numpy": [], "torch": []}
    for target in targets:
        library = "torch" if any(m.split(".")[0] == "torch" for m in libraries(target)) else "numpy"
        overhead, body = measure(target)
        medians[library].append(overhead)
        table.add_row(f"{target.path.name}::{target.qualname}", library, f"{overhead:.3f}", f"{body:.3f}")
    console = Console(file=sys.stdout, width=110)
    console.print(table)
    for library, limit in (("numpy", 0.3), ("torch", 0.6)):
        if medians[library]:
            console.print(f"{library}: median {statistics.median(medians[library]):.3f} s (limit {limit} s)")


def measure(target: Target) -> tuple[float, float]:
    """Median overhead and median body seconds of one evaluation."""
    config = Config()
    overheads, bodies = [], []
    with Sandbox(preload(target), jobs=2) as sandbox:
        file = sandbox.folder / "reference"
        recorded = sandbox.call(reference_job, target, config.cases, 0)
        if not isinstance(recorded, Completed):
            raise SystemExit(f"{target.qualname}: {recorded}")
        file.write_bytes(recorded.value.data)
        overlay = {str(target.path): target.path.read_text(encoding="utf-8") + "\n"}
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            proof = sandbox.call(prove_job, target, overlay, file, (), Trust.CLOSE)
            peak = sandbox.call(measure_peak, target, overlay, 1.0, 0, frozenset(overlay))
            wall = time.perf_counter() - begin
            if not (isinstance(proof, Completed) and isinstance(proof.value, Proof)):
                raise SystemExit(f"{target.qualname}: {proof}")
            if not isinstance(peak, Completed):
                raise SystemExit(f"{target.qualname}: {peak}")
            body = proof.value.body_seconds + peak.value.body_seconds
            overheads.append(wall - body)
            bodies.append(body)
    return statistics.median(overheads), statistics.median(bodies)


if __name__ == "__main__":
    main()
