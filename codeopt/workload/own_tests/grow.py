"""Which recorded calls of a test run again, and how much larger they can be made: tests are small."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codeopt.sandbox.world import resolve
from codeopt.target import Target
from codeopt.workload.guess.scaling import scaled_rows
from codeopt.workload.invoke import prepare, quiet
from codeopt.workload.own_tests.run_batch import TimeUp, alarm
from codeopt.workload.trace.confirm import Confirmed, confirm
from codeopt.workload.trace.replay import read_trace, replay
from codeopt.workload.trace.sizes import LEAST, shrinkable

_TRIED = 4
"""Times its recorded length, to see whether a length may become larger."""

_SECONDS = 3.0
_LEAST = 1
_MOST_LENGTHS = 8
_MOST_NUMBER = 1 << 14
_STARTS = (16 * 16, 4 * 16)
_AS_RECORDED = 16
"""Steps of size in the recorded call: sizes are tried in sixteenths of it."""

_FILE = '''\
"""Calls of {qualname} as {test} makes them. Written by codeopt, and written anew when they change."""

from codeopt import Call, workload
from codeopt.workload.trace.replay import replay

FILE = {file!r}
CALLS = {calls!r}  # the first is measured, the others take part in the proof
FIXED = {fixed!r}  # lengths that stay at smaller scales
GROWN = {grown!r}  # lengths that are larger than in the test


@workload({target!r})
def build(scale: float, seed: int) -> Call:
    return replay(FILE, CALLS, scale, seed, FIXED, GROWN)
'''


@dataclass(frozen=True, slots=True)
class Grown:
    """The text of the workload file, empty where no call runs again; `failures` say why some do not."""

    text: str
    failures: tuple[str, ...] = ()


def grow(target: Target, file: str, test: str, sizes: Sequence[int]) -> Grown:
    """Job: a workload of the calls in a trace that run again, at a size where the peak stands out.

    `sizes` are about the bytes that each call holds. Raises WorkloadError where the target cannot be
    imported, and BrokenTrace for a file that cannot be used.
    """
    confirmed = confirm(target, file)
    if not confirmed.calls:
        return Grown("", confirmed.failures)
    calls = tuple(sorted(confirmed.calls, key=lambda number: -sizes[number]))
    function = resolve(target)
    lengths = _growing(function, file, calls, confirmed)

    def text(rows: int) -> str:
        return _FILE.format(
            qualname=target.qualname, test=test, file=file, calls=calls, fixed=confirmed.fixed,
            grown=_grown(lengths, rows), target=f"{target.path}::{target.qualname}",
        )  # fmt: skip

    rows = scaled_rows(function, text, 0, _AS_RECORDED) if lengths else _AS_RECORDED
    for start in _STARTS if lengths and rows == _AS_RECORDED else ():
        # The first step may have been too far.
        if _runs(function, file, calls, confirmed.fixed, _grown(lengths, start)):
            rows = scaled_rows(function, text, 0, start)
            break
    return Grown(text(rows), confirmed.failures)


def _grown(lengths: Sequence[int], rows: int) -> dict[int, int]:
    """What lengths become when the call is `rows` sixteenths as large, each taking its share."""
    if rows <= _AS_RECORDED or not lengths:
        return {}
    factor = (rows / _AS_RECORDED) ** (1 / len(lengths))
    return {length: max(length, round(length * factor)) for length in lengths}


def _growing(
    function: Callable[..., Any], file: str, calls: Sequence[int], confirmed: Confirmed
) -> list[int]:
    """The lengths of the first call that may become larger: all together, else those that may alone and
    then together."""
    call = read_trace(file)[0]["calls"][calls[0]]
    lengths = (shrinkable(call, _LEAST) or _numbers(call))[:_MOST_LENGTHS]

    def grows(some: Sequence[int]) -> bool:
        larger = {length: length * _TRIED for length in some}
        return _runs(function, file, calls, confirmed.fixed, larger)

    if not lengths or grows(lengths):
        return lengths
    alone = [length for length in lengths if grows([length])]
    while len(alone) > 1 and not grows(alone):
        alone.pop()
    return alone


def _numbers(call: Mapping[str, Any]) -> list[int]:
    """Numbers among the arguments that may be lengths, for a call without arrays."""
    found: dict[int, None] = {}
    waiting = [*call["args"], *call["kwargs"].values()]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, int) and LEAST < node <= _MOST_NUMBER and not isinstance(node, bool):
            found[node] = None
        elif isinstance(node, dict) and node.get("k") in ("list", "tuple"):
            waiting += node["v"]
    return list(found)


def _runs(
    function: Callable[..., Any],
    file: str,
    calls: Sequence[int],
    fixed: Sequence[int],
    grown: Mapping[int, int],
) -> bool:
    try:
        with quiet(), alarm(_SECONDS):
            prepare(function, replay(file, calls, 1.0, 0, fixed, grown))()
    except (Exception, TimeUp):  # noqa: BLE001 - the user's code may raise anything
        return False
    return True
