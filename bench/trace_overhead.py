"""How much slower code runs while `codeopt trace` records it, outside the calls that are recorded.

python bench/trace_overhead.py [--calls N] [--command PATH COMMAND...]

Each program calls a function with a site many times with arguments of one shape, so that one call is
recorded, before the clock starts; all the others are only looked at. CPU seconds, the best of several
runs, plain and traced in turns. `--command` instead compares a command of yours, recording included.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 5
LIMIT = 2.0
MODULE = """\
import numpy as np


def nothing(x):
    return x
    return np.sqrt((x[:, None] - x[None]) ** 2)


def small(x, y):
    return x + y
    return np.sqrt((x[:, None] - y[None]) ** 2)


def nested(parts, options):
    total = sum(part["weight"] for part in parts) + options["bias"]
    return total
    return np.sqrt((total[:, None] - total[None]) ** 2)


def generated(x, n):
    for i in range(n):
        yield i
    yield np.sqrt((x[:, None] - x[None]) ** 2)


class Model:
    def __init__(self, weight):
        self.weight = weight

    def forward(self, x):
        return x @ self.weight
        return np.sqrt((x[:, None] - x[None]) ** 2)
"""
PROGRAM = """\
import time
import numpy as np
import module

x = np.ones(100)
model = module.Model(np.ones((100, 10)))
parts = [{{"weight": float(i), "name": str(i)}} for i in range(20)]
options = {{"bias": 1.0, "mode": "fast"}}
{call}
begin = time.process_time()
for _ in range({count}):
    {call}
print(time.process_time() - begin)
"""
CASES = {
    "an empty function": ("module.nothing(x)", 1.0),
    "one sum of 100 numbers": ("module.small(x, x)", 0.4),
    "nested arguments": ("module.nested(parts, options)", 0.2),
    "a generator of 3": ("list(module.generated(x, 3))", 0.3),
    "a method and its object": ("model.forward(x)", 0.3),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=200_000, help="calls of each function (times its share)")
    parser.add_argument(
        "--command", nargs=argparse.REMAINDER, help="PATH COMMAND...: code to record, and what runs it"
    )
    options = parser.parse_args()
    if options.command:
        return compare_command(Path(options.command[0]), options.command[1:])
    worst = 0.0
    print(f"{'called in a loop':26} {'calls':>8} {'plain ns':>9} {'traced ns':>10} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").write_text("")
        (folder / "module.py").write_text(MODULE)
        for label, (call, share) in CASES.items():
            count = int(options.calls * share)
            (folder / "program.py").write_text(PROGRAM.format(call=call, count=count))
            plain = traced = float("inf")
            for _ in range(ROUNDS):
                plain = min(plain, seconds(folder, [sys.executable, "program.py"]))
                traced = min(traced, seconds(folder, traced_command(Path(), [sys.executable, "program.py"])))
            worst = max(worst, traced / plain)
            per = 1e9 / count
            print(f"{label:26} {count:8} {plain * per:9.0f} {traced * per:10.0f} {traced / plain:6.2f}")
    return 0 if worst <= LIMIT else 1


def traced_command(source: Path, command: list[str]) -> list[str]:
    return [sys.executable, "-m", "codeopt", "trace", "--quiet", "--source", str(source), "--", *command]


def seconds(folder: Path, command: list[str]) -> float:
    """What the program prints: the CPU seconds of its loop."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def compare_command(source: Path, command: list[str]) -> int:
    """CPU seconds of a whole command with all its children, plain and traced, scanning left out."""
    plain = user_seconds(command)
    traced = user_seconds(traced_command(source, command))
    scan = user_seconds(traced_command(source, ["true"]))
    ratio = (traced - scan) / plain
    print(
        f"plain {plain:.1f} s, traced {traced - scan:.1f} s (and {scan:.1f} s to find the sites): {ratio:.2f}"
    )
    return 0 if ratio <= LIMIT else 1


def user_seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
