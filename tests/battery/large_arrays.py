"""Arrays too large to be kept whole: what a digest, a sample and sums of blocks must still tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.battery.pair import Family

FAMILY = Family("large arrays")
exact, close, precision = FAMILY.exact, FAMILY.close, FAMILY.precision
lossy, differs = FAMILY.lossy, FAMILY.differs
PAIRS = FAMILY.pairs

SIZE = 1_000_000
AT = 500_021
"""No multiple of the step of the sample."""


def values(dtype: Any = np.float64) -> Any:
    return np.random.default_rng(1).uniform(0.5, 2.0, SIZE).astype(dtype)


def changed(change: Callable[[Any], None], dtype: Any = np.float64, shaken: bool = True) -> Callable[[], Any]:
    """The values with a change, and a last bit elsewhere so that tolerance is what decides."""

    def run() -> Any:
        x = values(dtype)
        if shaken:
            x[7] = np.nextafter(x[7], x.dtype.type(9))
        change(x)
        return x

    return run


def single() -> Any:
    return values(np.float32)


def half() -> Any:
    return values(np.float16)


def swap(distance: int) -> Callable[[Any], None]:
    def change(x: Any) -> None:
        x[[AT, AT + distance]] = x[[AT + distance, AT]]

    return change


def scale(factor: float) -> Callable[[Any], None]:
    def change(x: Any) -> None:
        x[AT] *= factor

    return change


def shift(x: Any) -> None:
    x[640 : 640 + 64] = np.roll(x[640 : 640 + 64], 1)


def shift_all(x: Any) -> None:
    x[:] = np.roll(x, 1)


def special(*places: int, value: float = np.nan) -> Callable[[], Any]:
    def run() -> Any:
        x = values()
        x[list(places)] = value
        return x

    return run


def integers(change: Callable[[Any], None] = lambda x: None, dtype: Any = np.int64) -> Callable[[], Any]:
    def run() -> Any:
        x = np.arange(SIZE)
        change(x)
        return x.astype(dtype)

    return run


def summed(x: Any) -> Any:
    return np.cumsum(x)


def summed_well(x: Any) -> Any:
    return np.cumsum(x, dtype=np.float64).astype(x.dtype)


exact("the same values", values, lambda: values() * 1.0)
exact("a result in place", lambda: values() * 2, lambda: np.multiply(x := values(), 2, out=x))
exact("NaN in the same places", special(3, AT), special(AT, 3))
exact("integers", integers(), lambda: np.cumsum(np.ones(SIZE, np.int64)) - 1)
exact("objects in a large array", lambda: np.array([None] * 20_000), lambda: np.array([None] * 20_000))
close("one last bit", values, changed(lambda x: None))
close("every last bit", values, lambda: values() * (1 + 1e-15))
close("float32, every last bit", single, lambda: (values() * (1 + 1e-7)).astype(np.float32))
close("float16, every last bit", half, lambda: (values() * (1 + 4e-4)).astype(np.float16))
close("complex numbers", lambda: values() * 1j, lambda: values() * (1j + 1e-12j))
close("sums more accurate than the original's", summed, summed_well, lambda: (single(),))
precision("narrower floats", values, single)
precision("narrower integers", integers(), integers(dtype=np.int32))
lossy("one element of a million by a thousandth", values, changed(scale(1.001)))
lossy("float32, one element by a thousandth", single, changed(scale(1.001), np.float32),
      why="A narrower dtype has such an error, but not in one element of a million.")  # fmt: skip
lossy("two elements swapped within a block", values, changed(swap(1)))
lossy("two elements swapped, far apart in a block", values, changed(swap(31)))
lossy("float32, two elements swapped", single, changed(swap(3), np.float32))
lossy("two elements swapped across blocks", values, changed(swap(100_000)))
lossy("a block shifted by one", values, changed(shift))
lossy("float32, a block shifted by one", single, changed(shift, np.float32))
lossy("all shifted by one", values, changed(shift_all))
lossy("a sign", values, changed(scale(-1.0)))
lossy("the last element", values, changed(lambda x: x.__setitem__(-1, 0.0)))
lossy("float16, one element twice as large", half, changed(scale(2.0), np.float16))
lossy("one complex element conjugated", lambda: values() * 1j, lambda: changed(scale(-1.0))() * 1j)
lossy("a number in a block with NaN", special(AT), lambda: _set(special(AT)(), AT + 1, 9.0))
differs("NaN moved within a block", special(AT), special(AT + 1))
differs("NaN or infinity", special(AT), special(AT, value=np.inf))
differs("NaN or number", values, special(AT))
differs("two integers swapped", integers(), integers(swap(1)))
differs("one integer in a narrower dtype", integers(), integers(lambda x: x.__setitem__(AT, 0), np.int32))
differs("two integers swapped in a narrower dtype", integers(), integers(swap(1), np.int32))
differs("an argument of a million", lambda x: x.sum(), lambda x: _set(x, AT, 0.0).sum() * 0 + 1.0,
        lambda: (values(),))  # fmt: skip
differs(
    "one text of many",
    lambda: np.array(["a"] * 200_000),
    lambda: _set(np.array(["a"] * 200_000), AT % 200_000, "b"),
)


def _set(x: Any, at: int, value: Any) -> Any:
    x[at] = value
    return x
