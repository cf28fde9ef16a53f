"""Every pair comes out as labelled, and the totals that the project promises hold."""

from __future__ import annotations

import functools
from collections import Counter

import pytest

from tests.battery import all_pairs
from tests.battery.judging import Judged, judge_pair
from tests.battery.pair import LABELS, Pair

PAIRS = all_pairs()


@functools.cache
def judged(pair: Pair) -> Judged:
    return judge_pair(pair)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.id)
def test_pair(pair: Pair) -> None:
    found = judged(pair)
    assert found.got == pair.label, str(found)
    assert not found.false_reject, str(found)
    assert not found.vacuous, str(found)


def test_names_and_labels() -> None:
    assert [name for name, count in Counter(pair.id for pair in PAIRS).items() if count > 1] == []
    assert {pair.label for pair in PAIRS} <= {*LABELS, "unproven"}


def test_totals() -> None:
    found = [judged(pair) for pair in PAIRS]
    same = [j for j in found if j.pair.label in LABELS[:-1]]
    assert len(found) >= 200
    assert sum(j.false_accept for j in found) <= 1
    assert sum(j.false_reject for j in found) <= 0.05 * len(same)
    assert sum(j.vacuous for j in found) == 0
    assert all(j.planted for j in same)
