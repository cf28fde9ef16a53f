"""Labelled rewrites are judged right: a sixth of those that `bench/rewrites.py` judges."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.quality.rewrites.model import Rewrite
from tests.quality.rewrites.study import FAMILIES, judge

EVERYTHING = [rewrite for rewrites in FAMILIES.values() for rewrite in rewrites]


def sixth(rewrites: Sequence[Rewrite]) -> list[Rewrite]:
    """The first unsound and the first sound rewrite of every other target."""
    targets = list(dict.fromkeys(rewrite.target for rewrite in rewrites))[::2]
    first: dict[tuple[str, bool], Rewrite] = {}
    for rewrite in rewrites:
        if rewrite.target in targets:
            first.setdefault((rewrite.target, rewrite.label == "unsound"), rewrite)
    return list(first.values())


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("family", FAMILIES)
def test_rewrites_are_judged_as_labelled(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    found = list(judge(sixth(FAMILIES[family])))
    bad = [judged for judged in found if judged.rewrite.label == "unsound"]
    good = [judged for judged in found if judged.rewrite.label != "unsound"]
    wrong = "\n".join(str(judged) for judged in found if not judged.right)
    assert not [judged for judged in bad if judged.accepted], wrong
    assert sum(judged.right for judged in bad) >= 0.95 * len(bad), wrong
    assert sum(judged.right for judged in good) >= 0.9 * len(good), wrong


def test_the_study_is_large_and_half_of_it_is_about_public_packages() -> None:
    unsound = [rewrite for rewrite in EVERYTHING if rewrite.label == "unsound"]
    sound = [rewrite for rewrite in EVERYTHING if rewrite.label != "unsound"]
    assert len(unsound) >= 90
    assert len(sound) >= 90
    for group in (unsound, sound):
        assert sum(not rewrite.target.startswith("corpus/") for rewrite in group) >= len(group) / 2
    assert len({rewrite.name for rewrite in EVERYTHING}) == len(EVERYTHING)
    assert len(sixth(EVERYTHING)) >= len(EVERYTHING) / 6
