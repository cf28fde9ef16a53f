"""How many planted faults the cases of the corpus programs catch, and which they miss.

    python bench/faults.py                    # every program with a known best rewrite
    python bench/faults.py softmax --count 9  # only these, with as many faults as a proof plants

Faults are planted in the original and near what the best rewrite changes. Where that rewrite itself
is refused, every fault near it would count as caught: it is left out, and named.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeopt.config import Config
from codeopt.edit import Trust
from codeopt.equivalence.verdict import Same
from codeopt.sandbox import Completed, JobEnd, Sandbox
from codeopt.search.jobs import (
    FaultCount,
    Proof,
    faults_job,
    near_faults_job,
    prove_job,
    reference_job,
    self_check_job,
)
from codeopt.target import Target
from codeopt.workload.declared import libraries, locate, read_declarations
from codeopt.workload.preload import BASE_MODULES
from codeopt.workload.reach import trace_reach

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
SEED = 0


@dataclass(frozen=True)
class Counted:
    """Faults in the original and near the rewrite; `near` is None where the rewrite is refused."""

    original: FaultCount
    near: FaultCount | None


def count(sandbox: Sandbox, target: Target, count_wanted: int) -> Counted:
    """Plant up to `count_wanted` faults in the original, and as many near the best rewrite."""
    file, config = str(target.path), Config()
    reference = sandbox.folder / target.module
    reference.write_bytes(_value(sandbox.call(reference_job, target, config.cases, SEED)).data)
    unstable = _value(sandbox.call(self_check_job, target, reference))
    reached = _value(sandbox.call(trace_reach, target, {}, frozenset([file]), SEED)).lines
    lines = reached.get(file, frozenset())
    found = _value(sandbox.call(faults_job, target, reference, unstable, lines, SEED, count_wanted))
    overlay = {file: (target.workload_file.parent / "best.py").read_text(encoding="utf-8")}
    proof: Proof = _value(sandbox.call(prove_job, target, overlay, reference, unstable, Trust.CLOSE))
    if not isinstance(proof.verdict, Same):
        return Counted(found, None)
    level = proof.verdict.level
    near = sandbox.call(
        near_faults_job, target, overlay, reached, reference, unstable, level, SEED, count_wanted
    )
    return Counted(found, _value(near))


def _value(end: JobEnd) -> Any:
    if isinstance(end, Completed):
        return end.value
    raise SystemExit(f"a job ended as {end}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Count planted faults that are caught.")
    parser.add_argument("names", nargs="*", help="programs; all where none is given")
    parser.add_argument("--count", type=int, default=30)
    chosen = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    listed = tomllib.loads((CORPUS / "expected.toml").read_text(encoding="utf-8"))
    totals = [0, 0, 0, 0]
    print("| program | in the original | caught | near the rewrite | caught |\n|---|---:|---:|---:|---:|")
    for name, entry in listed.items():
        if entry["kind"] != "program" or (chosen.names and name not in chosen.names):
            continue
        found = _count_program(CORPUS / name, chosen.count)
        near = found.near or FaultCount(0, 0, ("the rewrite is refused",))
        figures = [found.original.planted, found.original.caught, near.planted, near.caught]
        totals = [total + figure for total, figure in zip(totals, figures, strict=True)]
        print(f"| {name} | {' | '.join(map(str, figures))} |", flush=True)
        for where, missed in (("original", found.original.missed), ("near", near.missed)):
            for text in missed:
                print(f"{name}: missed, {where}: {text}", file=sys.stderr)
    print(f"| all | {' | '.join(map(str, totals))} |")


def _count_program(folder: Path, count_wanted: int) -> Counted:
    file = folder / "codeopt_workloads.py"
    with Sandbox(BASE_MODULES) as plain:
        (declaration,) = _value(plain.call(read_declarations, file))
    target = locate(file, 0, declaration, [folder])
    if not isinstance(target, Target):
        raise SystemExit(target.message)
    with Sandbox((*BASE_MODULES, *libraries(target))) as sandbox:
        return count(sandbox, target, count_wanted)


if __name__ == "__main__":
    main()
