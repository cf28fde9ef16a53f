"""Lines and branch ways that a rewrite touches, against real runs under the line tracer."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from codeopt.workload.coverage import Coverage, covered

TEXT = '''\
def f(x, deep):
    """Say."""
    total = 0
    for item in x:
        if item > 2:
            total += item
        else:
            total -= (
                item
            )
    while deep:
        deep = False
    return total
'''


def run(*args: object) -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
    """The lines and steps of one call of `f`."""
    space: dict[str, Any] = {}
    exec(compile(TEXT, "f.py", "exec"), space)
    lines: set[int] = set()
    arcs: set[tuple[int, int]] = set()
    last = 0

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal last
        if event in ("line", "return"):
            here = frame.f_lineno if event == "line" else 0
            arcs.add((last, here))
            last = here
            lines.update([here] if here else [])
        return local

    sys.settrace(lambda frame, event, argument: local if frame.f_code.co_filename == "f.py" else None)
    try:
        space["f"](*args)
    finally:
        sys.settrace(None)
    return frozenset(lines), frozenset(arcs)


@pytest.mark.parametrize(
    ("touched", "args", "expected"),
    [
        (range(3, 4), ([], False), Coverage(1, 1, 0, 0)),
        (range(5, 6), ([3], False), Coverage(1, 1, 2, 1)),
        (range(5, 6), ([1, 3], False), Coverage(1, 1, 2, 2)),
        (range(5, 6), ([], False), Coverage(1, 0, 2, 0, (5,))),
        (range(4, 11), ([3], False), Coverage(4, 3, 4, 3, (8,))),
        (range(9, 10), ([1], False), Coverage(1, 1, 0, 0)),
        (range(11, 12), ([], True), Coverage(1, 1, 2, 2)),
        (range(11, 12), ([], False), Coverage(1, 1, 2, 1)),
        (range(2, 3), ([], False), Coverage(0, 0, 0, 0)),
    ],
)
def test_what_ran_of_the_touched_lines(touched: range, args: tuple[object, ...], expected: Coverage) -> None:
    assert covered(TEXT, touched, *run(*args)) == expected


def test_coverages_add_up() -> None:
    assert Coverage(1, 0, 2, 1, (3,)) + Coverage(2, 2, 0, 0) == Coverage(3, 2, 2, 1, (3,))
