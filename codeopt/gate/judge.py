"""Whether a peak grew: pure, from the samples of one run."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low

from codeopt.gate.entry import Judgement, Verdict

_LEAST_NOISE = 1 << 20
"""Bytes of one arena of Python's allocator: any change to a module may move the call into another."""

_MOST_SAMPLES = 5
_ENOUGH = 2


def noise(before: Sequence[int], percent: float) -> int:
    """Bytes by which a peak may rise without saying anything.

    That is `percent` of the peak as it was (what a saving must be to count as one), the spread of its equal
    runs, and an arena, whichever is the most.
    """
    spread = max(before) - min(before)
    return max(_LEAST_NOISE, spread, int(median_low(before) * percent / 100))


def is_settled(before: Sequence[int], after: Sequence[int], percent: float) -> bool:
    """Whether more samples are of no use.

    A peak that does not stand out after two samples does not by a third: the least of the samples as it is
    can only fall, and the most of those as it was only rise.
    """
    if len(before) < _ENOUGH or len(after) < _ENOUGH:
        return False
    return len(before) >= _MOST_SAMPLES or min(after) - max(before) <= noise(before, percent)


def judge(before: Sequence[int], after: Sequence[int], percent: float) -> Judgement:
    """The judgement on peaks in bytes, some of the code as it was and some as it is."""
    margin = noise(before, percent)
    if min(after) - max(before) > margin:
        return Judgement(Verdict.GREW, max(before), min(after), margin)
    verdict = Verdict.FELL if min(before) - max(after) > margin else Verdict.SAME
    return Judgement(verdict, median_low(before), median_low(after), margin)
