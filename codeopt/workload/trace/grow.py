"""Which recorded calls run again, and how much larger they are made where they are too small to measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codeopt.sandbox.world import resolve
from codeopt.target import Target
from codeopt.workload.alarm import TimeUp, alarm
from codeopt.workload.invoke import prepare, quiet
from codeopt.workload.scaling import recorded_peak, scaled_rows
from codeopt.workload.trace.confirm import confirm
from codeopt.workload.trace.replay import read_trace, replay
from codeopt.workload.trace.sizes import LEAST, shrinkable

_TRIED = 4
"""Times its recorded length, to see whether a length may become larger."""

_SECONDS = 3.0
_LEAST = 1
_MOST_LENGTHS = 8
_MOST_NUMBER = 1 << 14
_AS_RECORDED = 16
"""Steps of size in the recorded call: sizes are tried in sixteenths of it."""

_STARTS = (16 * 16, 4 * 16)

_FILE = '''\
"""Calls of {qualname} {told}. Written by codeopt, and written anew when they change."""

from codeopt import Call, workload
from codeopt.workload.trace.replay import replay

FILE = {file!r}
HOME = {home!r}  # what its module is imported from, and as
CALLS = {calls!r}  # the first is measured, the others take part in the proof
FIXED = {fixed!r}  # lengths that stay at smaller scales
GROWN = {grown!r}  # lengths that are larger than recorded
INSIDE = {inside!r}  # also those of arrays inside objects


@workload({target!r})
def build(scale: float, seed: int) -> Call:
    return replay(FILE, HOME, CALLS, scale, seed, FIXED, GROWN, INSIDE)
'''


@dataclass(frozen=True, slots=True)
class Grown:
    """The text of the workload file, empty where no call can be used; `failures` say why some cannot."""

    text: str
    failures: tuple[str, ...] = ()


def grow(target: Target, file: str, told: str, lines: frozenset[int], least: int) -> Grown:
    """Job: a workload of the calls in a trace that run again, `told` being who made them.

    The call that runs the most of `lines` is measured, and made larger if its peak is below `least`
    bytes; one that runs none of the lines is of no use. Raises WorkloadError where the target cannot be
    imported, and BrokenTrace for a file that cannot be used.
    """
    confirmed = confirm(target, file, lines)
    if not confirmed.calls:
        return Grown("", confirmed.failures)
    sizes = [int(call["size"]) for call in read_trace(file)[0]["calls"]]
    hits = dict(zip(confirmed.calls, confirmed.hits, strict=True))
    useful = [number for number in confirmed.calls if hits[number] or not lines]
    if not useful:
        return Grown("", ("none of the lines in question is run", *confirmed.failures))
    calls = tuple(sorted(useful, key=lambda number: (-hits[number], -sizes[number])))
    sizing = _Sizing(resolve(target), target, file, calls, confirmed.fixed, told)
    return Grown(sizing.text(*sizing.best(least)), confirmed.failures)


@dataclass(frozen=True, slots=True)
class _Sizing:
    """Finds the size at which the first of some calls is measured."""

    function: Callable[..., Any]
    target: Target
    file: str
    calls: tuple[int, ...]
    fixed: tuple[int, ...]
    told: str

    @property
    def home(self) -> tuple[str, str]:
        """What the target's module is imported from, and as."""
        return str(self.target.root), self.target.module

    def best(self, least: int) -> tuple[dict[int, int], bool]:
        """What lengths become, and whether those inside objects do too, which is tried second."""
        if recorded_peak(self.function, self.text({}, False)) >= least:
            return {}, False
        call = read_trace(self.file)[0]["calls"][self.calls[0]]
        plain = shrinkable(call, _LEAST) or _numbers(call)
        deep = shrinkable(call, _LEAST, inside=True)
        for lengths, inside in ((plain, False), (deep, True)):
            if lengths and (not inside or deep != plain):
                found = self.grown(self.growing(lengths[:_MOST_LENGTHS], inside), inside)
                if found:
                    return found, inside
        return {}, False

    def grown(self, lengths: Sequence[int], inside: bool) -> dict[int, int]:
        """What lengths that may become larger become for the peak to stand out."""
        if not lengths:
            return {}

        def text(rows: int) -> str:
            return self.text(_shares(lengths, rows), inside)

        rows = scaled_rows(self.function, text, 0, _AS_RECORDED)
        for start in _STARTS if rows == _AS_RECORDED else ():
            # The first step may have been too far.
            if self.runs(_shares(lengths, start), inside):
                rows = scaled_rows(self.function, text, 0, start)
                break
        return _shares(lengths, rows)

    def growing(self, lengths: Sequence[int], inside: bool) -> list[int]:
        """The lengths that may become larger: all together, else those that may alone and then together."""

        def grows(some: Sequence[int]) -> bool:
            return self.runs({length: length * _TRIED for length in some}, inside)

        if grows(lengths):
            return list(lengths)
        alone = [length for length in lengths if grows([length])]
        while len(alone) > 1 and not grows(alone):
            alone.pop()
        return alone

    def runs(self, grown: Mapping[int, int], inside: bool) -> bool:
        """Whether the call returns at this size, and soon."""
        try:
            with quiet(), alarm(_SECONDS):
                call = replay(self.file, self.home, self.calls, 1.0, 0, self.fixed, grown, inside)
                prepare(self.function, call)()
        except (Exception, TimeUp):  # noqa: BLE001 - the user's code may raise anything
            return False
        return True

    def text(self, grown: Mapping[int, int], inside: bool) -> str:
        """The workload file for a size."""
        return _FILE.format(
            qualname=self.target.qualname, told=self.told, file=self.file,
            home=self.home, calls=self.calls, fixed=self.fixed, grown=dict(grown), inside=inside,
            target=f"{self.target.path}::{self.target.qualname}",
        )  # fmt: skip


def _shares(lengths: Sequence[int], rows: int) -> dict[int, int]:
    """What lengths become when the call is `rows` sixteenths as large, each taking its share."""
    if rows <= _AS_RECORDED:
        return {}
    factor = (rows / _AS_RECORDED) ** (1 / len(lengths))
    return {length: max(length, round(length * factor)) for length in lengths}


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
