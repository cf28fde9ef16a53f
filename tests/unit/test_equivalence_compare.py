"""Comparing outcomes where no pair tells: unstable paths, the float64 run as judge, what is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codeopt.edit import Trust
from codeopt.equivalence.compare import compare
from codeopt.equivalence.observe import Outcome, observe
from codeopt.sandbox.world import World
from codeopt.target import Target
from codeopt.workload.call import Call, Declared

Function = Callable[..., Any]


def outcome_of(function: Function, *args: Any) -> Outcome:
    """What the function does with fresh arguments."""
    here = Path(__file__)
    target = Target(here, "f", "no_such_module", here.parent, here, 0, 1)
    world = World(target, function, Declared("x::y", function, None, None, str(here), 1), {})
    return observe(world, Call(args=args))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_unstable_paths_are_left_out() -> None:
    first = outcome_of(lambda: {"a": 1, "b": 2})
    second = outcome_of(lambda: {"a": 1, "b": 3})
    assert compare(first, second).differences[0].path == "result['b']"
    assert compare(first, second, None, ("result['b']",)).level is Trust.EXACT


def test_a_candidate_may_be_more_accurate_than_the_original() -> None:
    values = np.random.default_rng(0).standard_normal((100_000, 3), dtype=np.float32) + np.float32(100)

    def naive(x: Any) -> Any:
        return np.cumsum(x, axis=0)[-1].copy()

    def careful(x: Any) -> Any:
        return x.sum(0, dtype=np.float64).astype(x.dtype)

    def wrong(x: Any) -> Any:
        return naive(x) * np.float32(1.001)

    first, high = outcome_of(naive, values), outcome_of(naive, values.astype(np.float64))
    assert compare(first, outcome_of(careful, values)).level is not Trust.CLOSE
    assert compare(first, outcome_of(careful, values), high).level is Trust.CLOSE
    assert compare(first, outcome_of(wrong, values), high).level not in (Trust.EXACT, Trust.CLOSE)


def test_an_overflow_that_the_float64_run_explains_may_go() -> None:
    def overflowing(x: Any) -> Any:
        return np.sqrt((x * x).sum())

    def scaled(x: Any) -> Any:
        return np.asarray(x / x.max()).__pow__(2).sum() ** x.dtype.type(0.5) * x.max()

    x = np.full(4, 1e30, np.float32)
    with np.errstate(all="ignore"):
        first, high = outcome_of(overflowing, x), outcome_of(overflowing, x.astype(np.float64))
        assert compare(first, outcome_of(scaled, x), high).level is Trust.CLOSE
        assert compare(first, outcome_of(scaled, x)).level is None


def test_many_small_differences_do_not_hide_a_great_one() -> None:
    first = outcome_of(lambda: [{"at": i * 0.1} for i in range(200)])
    near = outcome_of(lambda: [{"at": i * 0.1 * (1 + 1e-14)} for i in range(200)])
    wrong = outcome_of(lambda: [{"at": i * 0.1 * (1 + 1e-14) if i < 199 else "x"} for i in range(200)])
    assert compare(first, near).level is Trust.CLOSE
    found = compare(first, wrong)
    assert found.level is None
    assert found.differences[0].path == "result[199]['at']"


def test_differences_can_be_read() -> None:
    first = outcome_of(lambda: [np.arange(9), "a" * 500, {"k": list(range(50))}, ValueError("x" * 500)])
    second = outcome_of(lambda: [np.arange(8), "b" * 500, {"k": list(range(51))}, ValueError("y" * 500)])
    found = compare(first, second)
    assert len(found.differences) >= 4
    assert all(len(str(d)) < 400 for d in found.differences)


def test_an_interrupt_is_no_outcome() -> None:
    def interrupted() -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outcome_of(interrupted)
