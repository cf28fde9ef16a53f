"""When a peak counts as grown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeopt.gate.entry import Verdict
from codeopt.gate.judge import is_settled, judge, noise

MIB = 1 << 20
SAMPLES = st.lists(st.integers(0, 1 << 40), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([100, 100], [200, 200], "grew"),
        ([100, 100], [100, 100], "same"),
        ([100, 100], [104, 105], "same"),
        ([100, 100], [106, 106], "grew"),
        ([100, 100], [90, 90], "fell"),
        ([100, 150], [160, 210], "same"),
        ([100, 150], [200, 260], "same"),
        ([100, 150], [201, 260], "grew"),
        ([0, 0], [1, 1], "same"),
        ([0, 0], [2, 2], "grew"),
    ],
)
def test_verdicts_of_peaks_in_mib(before: list[int], after: list[int], verdict: str) -> None:
    found = judge([MIB * n for n in before], [MIB * n for n in after], 5.0)
    assert found.verdict.value == verdict


def test_the_figures_of_a_grown_peak_are_the_nearest_ones() -> None:
    found = judge([100 * MIB, 101 * MIB], [300 * MIB, 200 * MIB], 5.0)
    assert found.verdict is Verdict.GREW
    assert (found.before_bytes, found.after_bytes, found.noise_bytes) == (101 * MIB, 200 * MIB, 5 * MIB)


@given(SAMPLES, SAMPLES, st.floats(0, 100))
def test_it_never_grew_within_the_noise(before: list[int], after: list[int], percent: float) -> None:
    found = judge(before, after, percent)
    stands_out = min(after) - max(before) > noise(before, percent)
    assert (found.verdict is Verdict.GREW) == stands_out
    if found.verdict is Verdict.GREW:
        assert found.after_bytes - found.before_bytes > found.noise_bytes >= MIB  # type: ignore[operator]


def test_more_samples_are_taken_only_where_it_looks_grown() -> None:
    assert not is_settled([100 * MIB], [100 * MIB], 5.0)
    assert is_settled([100 * MIB] * 2, [100 * MIB] * 2, 5.0)
    assert not is_settled([100 * MIB] * 2, [200 * MIB] * 2, 5.0)
    assert is_settled([100 * MIB] * 5, [200 * MIB] * 5, 5.0)
