"""Pairs of calls whose behaviour is the same or not, each labelled with the level it keeps."""

from __future__ import annotations

import logging
import os
import random
import sys
import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
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

Point = namedtuple("Point", "x y")
Function = Callable[..., Any]


@dataclass
class Box:
    value: Any
    other: Any = None


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a: Any) -> None:
        self.a = a


def outcome_of(function: Function, *args: Any) -> Outcome:
    """What the function does with fresh arguments."""
    here = Path(__file__)
    target = Target(here, "f", "no_such_module", here.parent, here, 0, 1)
    world = World(target, function, Declared("x::y", function, None, None, str(here), 1), {})
    return observe(world, Call(args=args))


def untouched(function: Function, *args: Any) -> Outcome:
    """As `outcome_of`, knowing that no argument is changed."""
    return outcome_of(function, *args)._replace(untouched=frozenset(f"args[{i}]" for i in range(len(args))))


def a() -> tuple[Any, ...]:
    return (np.arange(12.0).reshape(3, 4) / 7,)


def nothing() -> tuple[Any, ...]:
    return ()


def ints() -> tuple[Any, ...]:
    return (np.arange(5),)


def two() -> tuple[Any, ...]:
    return (np.ones(3), np.ones(3))


def raising(error: BaseException) -> Function:
    def run(*args: Any) -> Any:
        raise error

    return run


def chained(cause: BaseException | None) -> Function:
    def run() -> Any:
        raise ValueError("outer") from cause

    return run


def writing(text: str) -> Function:
    return lambda: Path("out.txt").write_text(text) and None


def masked(values: Any, mask: Any, fill: float = 1e20) -> Function:
    return lambda: np.ma.array(values, mask=mask, fill_value=fill)


def nan_with(payload: int) -> Any:
    return np.array([0x7FF8000000000000 | payload], dtype=np.uint64).view(np.float64)


def changes_then_raises(x: Any) -> Any:
    x[0] = 9
    raise ValueError("no")


def twice(x: Any) -> Any:
    y = x * 2
    return y, y


def sets_item(x: Any) -> Any:
    x[0] = 9
    return 1


SAME: dict[str, tuple[Function, Function, Callable[[], tuple[Any, ...]]]] = {
    "equal arrays": (lambda x: x * 2, lambda x: x + x, a),
    "in place on a fresh array": (lambda x: (x - 1) / 3, lambda x: np.divide(y := x - 1, 3, out=y), a),
    "NaN": (lambda x: x * np.nan, lambda x: np.nan * x, a),
    "fresh copies": (lambda x: x.copy(), lambda x: np.array(x), a),
    "views of the same place": (lambda x: x[1:], lambda x: x[-2:], a),
    "strides of a dimension of length one": (lambda: np.ones((1, 4)), lambda: np.ones((4, 1)).T, nothing),
    "strides of an empty array": (lambda: np.ones((0, 4)), lambda: np.ones((4, 0)).T, nothing),
    "a set filled in another order": (lambda: {1, 9, 17}, lambda: {17, 9, 1}, nothing),
    "same exception": (lambda: int("x"), lambda: int("x"), nothing),
    "an address in the message": (
        raising(ValueError(f"{object()}")),
        raising(ValueError(f"{object()}")),
        nothing,
    ),
    "cycles": (lambda: cyclic(), lambda: cyclic(), nothing),
    "same object twice": (twice, twice, a),
    "dicts": (lambda: {"a": 1, "b": 2}, lambda: {} | {"a": 1} | {"b": 2}, nothing),
    "generators": (lambda: (i for i in range(3)), lambda: (i for i in [0, 1, 2]), nothing),
    "objects": (lambda: Box(1, [2]), lambda: Box(1, [2]), nothing),
    "slots": (lambda: Slotted(1), lambda: Slotted(1), nothing),
    "closures": (lambda: adder(3), lambda: adder(3), nothing),
    "drawn from the same generator": (lambda: random.random(), lambda: random.random(), nothing),
    "a warning repeated": (
        lambda: np.zeros(1) / 0 if (np.zeros(1) / 0) is None else 1,
        lambda: (np.zeros(1) / 0, np.zeros(1) / 0) and 1,
        nothing,
    ),
}  # fmt: skip

DIFFERENT: dict[str, tuple[Function, Function, Callable[[], tuple[Any, ...]]]] = {
    "result aliases its argument": (lambda x: x.copy(), lambda x: x, a),
    "result is a view": (lambda x: x[1:].copy(), lambda x: x[1:], a),
    "view at another place": (lambda x: x[:2] * 0 + 1, lambda x: x[1:] * 0 + np.ones(3), a),
    "two results share memory": (lambda x: (x * 2, x * 2), twice, a),
    "results that overlap": (lambda: views(0), lambda: views(1), nothing),
    "C against F order": (lambda x: x * 2, lambda x: np.asfortranarray(x * 2), a),
    "read-only": (lambda x: x * 2, lambda x: read_only(x * 2), a),
    "negative stride": (lambda x: x[::-1].copy(), lambda x: (x * 1)[::-1], a),
    "large ids": (lambda: np.array([1_000_000_000]), lambda: np.array([1_000_000_003]), nothing),
    "large ids as int": (lambda: 10**18, lambda: 10**18 + 1, nothing),
    "integer dtype": (lambda: np.arange(3), lambda: np.arange(3, dtype=np.int32).astype(np.uint64), nothing),
    "mask": (masked([1.0, 2], [0, 1]), masked([1.0, 2], [1, 0]), nothing),
    "masked or not": (masked([1.0, 2], [0, 0]), lambda: np.array([1.0, 2.0]), nothing),
    "NaN or infinity": (lambda: np.array([np.nan]), lambda: np.array([np.inf]), nothing),
    "sign of infinity": (lambda: np.array([np.inf]), lambda: np.array([-np.inf]), nothing),
    "NaN moved": (lambda: np.array([np.nan, 1]), lambda: np.array([1, np.nan]), nothing),
    "dict order": (lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}, nothing),
    "dict type": (lambda: {"a": 1}, lambda: OrderedDict(a=1), nothing),
    "list order": (lambda: [1, 2], lambda: [2, 1], nothing),
    "list or tuple": (lambda: [1], lambda: (1,), nothing),
    "tuple or namedtuple": (lambda: Point(1, 2), lambda: (1, 2), nothing),
    "True or 1": (lambda: True, lambda: 1, nothing),
    "1 or 1.0": (lambda: 1, lambda: 1.0, nothing),
    "float or NumPy scalar": (lambda: 1.0, lambda: np.float64(1), nothing),
    "0-d or scalar": (lambda: np.float64(1), lambda: np.array(1.0), nothing),
    "None or absent": (lambda: {"a": None}, dict, nothing),
    "text": (lambda: "a", lambda: "a ", nothing),
    "text or bytes": (lambda: "a", lambda: b"a", nothing),
    "bool values": (lambda: np.array([True, False]), lambda: np.array([True, True]), nothing),
    "string arrays": (lambda: np.array(["a", "b"]), lambda: np.array(["a", "c"]), nothing),
    "object arrays": (lambda: np.array([1, "a"], object), lambda: np.array([1, "b"], object), nothing),
    "structured arrays": (lambda: record(1), lambda: record(2), nothing),
    "dates": (lambda: np.array(["2020-01-01"], "M8[D]"), lambda: np.array(["2020-01-02"], "M8[D]"), nothing),
    "shape": (lambda x: x.ravel().copy(), lambda x: x.copy(), a),
    "message": (raising(ValueError("a")), raising(ValueError("b")), nothing),
    "exception type": (raising(ValueError("a")), raising(TypeError("a")), nothing),
    "raises or returns": (raising(ValueError("a")), lambda: None, nothing),
    "cause": (chained(KeyError("k")), chained(None), nothing),
    "argument changed": (lambda x: 1, sets_item, a),
    "argument changed before raising": (raising(ValueError("no")), changes_then_raises, a),
    "argument list emptied": (lambda v: sum(v), lambda v: sum([v.pop(), v.pop()]), lambda: ([1, 2],)),
    "identity of two containers": (lambda: [[], []], lambda: [[]] * 2, nothing),
    "object attribute": (lambda: Box(1), lambda: Box(2), nothing),
    "slot": (lambda: Slotted(1), lambda: Slotted(2), nothing),
    "closure": (lambda: adder(3), lambda: adder(4), nothing),
    "generator or list": (lambda: (i for i in range(3)), lambda: [0, 1, 2], nothing),
    "items of a generator": (lambda: (i for i in range(3)), lambda: (i for i in range(4)), nothing),
    "an iterator read further": (
        lambda it: next(it),
        lambda it: (next(it), next(it))[0],
        lambda: (iter([1, 2, 3]),),
    ),
    "the same buffer yielded": (lambda: buffers(True), lambda: buffers(False), nothing),
    "random state": (lambda: random.random() and 1, lambda: 1, nothing),
    "NumPy's random state": (lambda: np.random.rand() and 1, lambda: 1, nothing),
    "error state": (lambda: np.seterr(over="raise") and 1, lambda: 1, nothing),
    "printed": (lambda: sys.stdout.write("a"), lambda: sys.stdout.write("b"), nothing),
    "warned": (lambda: warnings.warn("slow", stacklevel=1), lambda: None, nothing),
    "warning category": (
        lambda: warnings.warn("x", UserWarning, stacklevel=1),
        lambda: warnings.warn("x", FutureWarning, stacklevel=1),
        nothing,
    ),
    "logged": (
        lambda: logging.getLogger("q").warning("a"),
        lambda: logging.getLogger("q").error("a"),
        nothing,
    ),
    "written": (writing("a"), writing("b"), nothing),
    "environment": (lambda: os.environ.update(EQUIVALENCE="1"), lambda: None, nothing),
}  # fmt: skip

LEVELS: dict[str, tuple[Trust, Function, Function, Callable[[], tuple[Any, ...]]]] = {
    "payload of NaN": (Trust.CLOSE, lambda: nan_with(1), lambda: nan_with(2), nothing),
    "sign of zero": (Trust.CLOSE, lambda: np.array([0.0]), lambda: np.array([-0.0]), nothing),
    "float32 rounding": (
        Trust.CLOSE,
        lambda: np.array([1, 2], np.float32),
        lambda: np.nextafter(np.array([1, 2], np.float32), np.float32(9)),
        nothing,
    ),
    "float64 rounding": (Trust.CLOSE, lambda: 0.1 + 0.2, lambda: 0.3, nothing),
    "float32 in float64": (
        Trust.PRECISION,
        lambda x: x * 1.1,
        lambda x: (x * 1.1).astype("f4").astype("f8"),
        a,
    ),
    "narrower dtype": (Trust.PRECISION, lambda x: x * 1.1, lambda x: (x * 1.1).astype("f4"), a),
    "narrower integers": (Trust.PRECISION, lambda x: x + 1, lambda x: (x + 1).astype(np.int8), ints),
    "warning of another ufunc": (
        Trust.CLOSE,
        lambda: float(np.divide(np.zeros(1), 0)[0] > 0),
        lambda: float(np.true_divide(np.ones(1), 0)[0] < 0) and 1.0,
        nothing,
    ),
    "complex NaN": (
        Trust.LOSSY,
        lambda: np.array([complex(np.nan, 1)]),
        lambda: np.array([complex(np.nan, 2)]),
        nothing,
    ),
    "argument changed a little": (
        Trust.CLOSE,
        lambda x: np.add(x, 1, out=x) is x,
        lambda x: np.add(x, 1 + 1e-12, out=x) is x,
        a,
    ),
    "fill value": (Trust.LOSSY, masked([1.0, 2], [0, 1]), masked([1.0, 2], [0, 1], 5.0), nothing),
    "other values": (Trust.LOSSY, lambda x: x * 1.1, lambda x: x * 1.2, a),
    "tiny gradients": (Trust.PRECISION, lambda: np.full(3, 1e-9), lambda: np.full(3, 2e-9), nothing),
}  # fmt: skip


def cyclic() -> Any:
    x: list[Any] = [1]
    x.append(x)
    return x


def adder(n: int) -> Function:
    return lambda x: x + n


def views(start: int) -> Any:
    base = np.zeros(4)
    return base[:3], base[start : start + 3]


def read_only(x: Any) -> Any:
    x.flags.writeable = False
    return x


def record(value: int) -> Any:
    return np.array([(value, 2.0)], dtype=[("a", "i1"), ("b", "f8")])


def buffers(shared: bool) -> Any:
    buffer = np.zeros(2)
    for i in range(2):
        if not shared:
            buffer = np.zeros(2)
        buffer[:] = i
        yield buffer


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EQUIVALENCE", "0")


@pytest.mark.parametrize("name", SAME)
def test_same(name: str) -> None:
    original, candidate, make = SAME[name]
    found = compare(outcome_of(original, *make()), outcome_of(candidate, *make()))
    assert found.level is Trust.EXACT, found


@pytest.mark.parametrize("name", DIFFERENT)
def test_different(name: str) -> None:
    original, candidate, make = DIFFERENT[name]
    os.environ["EQUIVALENCE"] = "0"
    first = untouched(original, *make())
    os.environ["EQUIVALENCE"] = "0"
    found = compare(first, outcome_of(candidate, *make()))
    assert found.level is None, found
    assert all(len(str(d)) < 400 for d in found.differences)


@pytest.mark.parametrize("name", LEVELS)
def test_level(name: str) -> None:
    level, original, candidate, make = LEVELS[name]
    found = compare(outcome_of(original, *make()), outcome_of(candidate, *make()))
    assert found.level is level, found


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


def test_large_arrays_are_compared_beyond_their_sample() -> None:
    def fill(value: float, at: int) -> Function:
        def run() -> Any:
            x = np.ones((400, 1000))
            x.flat[at] = value
            return x

        return run

    assert compare(outcome_of(fill(1.0, 7)), outcome_of(fill(1.0, 7))).level is Trust.EXACT
    assert compare(outcome_of(fill(1.0, 7)), outcome_of(fill(1.0 + 1e-9, 7))).level is Trust.CLOSE
    for at in (7, 123_457, 399_999):
        assert compare(outcome_of(fill(1.0, 7)), outcome_of(fill(2.0, at))).level is Trust.LOSSY
