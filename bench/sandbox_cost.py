"""What the sandbox itself costs: starting it, and a job that does nothing, on every rung that works here.

Prints a table in Markdown: the best of STARTS starts without libraries and of JOBS jobs, wall time.

Run: python bench/sandbox_cost.py
"""

from __future__ import annotations

import time

from codeopt.errors import CodeoptError
from codeopt.sandbox import Completed, Sandbox
from codeopt.sandbox.isolation import RUNGS

STARTS = 5
JOBS = 100


def main() -> None:
    """Print a row a rung; one that does not work here says why."""
    print("| | start, s | a job that does nothing, ms |\n|---|---:|---:|")
    for rung in RUNGS:
        try:
            starts = [_start(rung.name) for _ in range(STARTS)]
            print(f"| {rung.name} | {min(starts):.2f} | {1000 * _job(rung.name):.1f} |")
        except CodeoptError as error:
            print(f"| {rung.name} | {error} | |")


def _start(rung: str) -> float:
    """Seconds until the first job could begin."""
    begin = time.perf_counter()
    with Sandbox(isolation=rung):
        return time.perf_counter() - begin


def _job(rung: str) -> float:
    """Seconds of the quickest of many empty jobs."""
    with Sandbox(isolation=rung) as sandbox:
        return min(_call(sandbox) for _ in range(JOBS))


def _call(sandbox: Sandbox) -> float:
    begin = time.perf_counter()
    if not isinstance(sandbox.call(abs, 1), Completed):
        raise SystemExit("the empty job did not end well")
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
