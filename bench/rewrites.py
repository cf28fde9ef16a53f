"""Judge labelled rewrites, sound and unsound, and print how many were judged right.

    python bench/rewrites.py                          # all families, a table in Markdown
    python bench/rewrites.py torch corpus             # families whose name holds one of these words
    python bench/rewrites.py --name softmax --all     # rewrites by name, every verdict in full

The rewrites and their labels are in tests/quality/rewrites. Each is proven in the sandbox by the
jobs that `codeopt suggest` uses, at the limit `close`, with self check and planted faults.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.quality.rewrites.model import Rewrite
from tests.quality.rewrites.study import FAMILIES, Judged, judge


def main() -> None:
    parser = argparse.ArgumentParser(description="Judge labelled rewrites.")
    parser.add_argument("families", nargs="*", help="words in names of families; all where none is given")
    parser.add_argument("--name", default="", help="only rewrites whose name begins so")
    parser.add_argument("--all", action="store_true", help="print every verdict, not only wrong ones")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    chosen = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    results: dict[str, list[Judged]] = {}
    begin = time.perf_counter()
    for family, rewrites in FAMILIES.items():
        if chosen.families and not any(word in family.split() for word in chosen.families):
            continue
        wanted = [rewrite for rewrite in rewrites if rewrite.name.startswith(chosen.name)]
        results[family] = found = []
        for judged in judge(wanted, chosen.jobs):
            found.append(judged)
            if chosen.all or not judged.right:
                print(f"{'' if judged.right else 'MISS '}{judged}", file=sys.stderr, flush=True)
    print(table(results))
    print(f"\n{time.perf_counter() - begin:.0f} s with {chosen.jobs} jobs")


def table(results: dict[str, list[Judged]]) -> str:
    """Counts by family, and under them every rewrite that was not judged as labelled."""
    unsound = ["differs", "unproven", "crashed", "timed out", "accepted"]
    lines = [
        f"| family | unsound | {' | '.join(unsound)} | sound | right level | other level | refused |",
        "|---|" + "---:|" * (len(unsound) + 5),
    ]
    everything = [judged for found in results.values() for judged in found]
    for family, found in [*results.items(), ("all", everything)]:
        bad = [judged for judged in found if judged.rewrite.label == "unsound"]
        good = [judged for judged in found if judged.rewrite.label != "unsound"]
        counts = Counter("accepted" if judged.accepted else judged.outcome for judged in bad)
        right = sum(judged.right for judged in good)
        other = sum(judged.accepted for judged in good) - right
        cells = [
            len(bad),
            *(counts[name] for name in unsound),
            len(good),
            right,
            other,
            len(good) - right - other,
        ]
        lines.append(f"| {family} | {' | '.join(map(str, cells))} |")
    misses = [f"- {_short(judged)}" for judged in everything if not judged.right]
    return "\n".join([*lines, "", "Not judged as labelled:", *(misses or ["- none"])])


def _short(judged: Judged) -> str:
    rewrite: Rewrite = judged.rewrite
    return f"{rewrite.name} ({rewrite.target}), labelled {rewrite.label}: {judged.outcome}"


if __name__ == "__main__":
    main()
