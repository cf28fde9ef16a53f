"""NumPy: shape, strides and flags, and who shares memory with whom."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.battery.pair import Family

LAYOUT = Family("numpy layout")
ALIASING = Family("aliasing")
exact, differs = LAYOUT.exact, LAYOUT.differs


def a() -> tuple[Any, ...]:
    return (np.arange(12.0).reshape(3, 4) / 7,)


def two() -> tuple[Any, ...]:
    return (np.ones(3), np.ones(3))


def the_same() -> tuple[Any, ...]:
    x = np.arange(4.0)
    return x, x


def overlapping() -> tuple[Any, ...]:
    x = np.arange(6.0)
    return x[:4], x[2:]


def read_only(x: Any) -> Any:
    x.flags.writeable = False
    return x


exact("strides of a dimension of length one", lambda: np.ones((1, 4)), lambda: np.ones((4, 1)).T,
      why="They are never used.")  # fmt: skip
exact("strides of an empty array", lambda: np.ones((0, 4)), lambda: np.ones((4, 0)).T)
exact("fresh copies", lambda x: x.copy(), lambda x: np.array(x), a)
exact("F order made in two ways", lambda x: np.asfortranarray(x * 2), lambda x: (x.T * 2).copy().T, a,
      why="`base` tells that one is a view, but nobody else holds what it is a view of.")  # fmt: skip
exact("owner or view of all of it", lambda: np.zeros(6), lambda: np.zeros((2, 3)).reshape(6),
      why="Who owns memory that nobody else has shows in `base` only.")  # fmt: skip
exact("part of a larger fresh array", lambda: np.zeros(6), lambda: np.zeros(9)[:6],
      why="Values and layout agree; what stays alive behind it is for measuring.")  # fmt: skip
differs("C against F order", lambda x: x * 2, lambda x: np.asfortranarray(x * 2), a)
differs("read-only", lambda x: x * 2, lambda x: read_only(x * 2), a)
differs("negative stride", lambda x: x[::-1].copy(), lambda x: (x * 1)[::-1], a)
differs("broadcast or filled", lambda: np.zeros((3, 4)), lambda: np.broadcast_to(0.0, (3, 4)))
differs("zero strides", lambda: np.zeros((3, 4)),
        lambda: np.lib.stride_tricks.as_strided(np.zeros(4), (3, 4), (0, 8)),
        why="A write to one row shows in the others.")  # fmt: skip
differs("every other element", lambda x: x[:, ::2].copy(), lambda x: (x * 1)[:, ::2], a)
differs("shape", lambda x: x.ravel().copy(), lambda x: x.copy(), a)
differs("kept dimension", lambda x: x.sum(0), lambda x: x.sum(0, keepdims=True), a)
differs("an argument made read-only", lambda x: x.sum(), lambda x: read_only(x).sum(), a)
differs("an argument reshaped", lambda x: x.sum(), lambda x: _reshaped(x).sum(), a)


def _reshaped(x: Any) -> Any:
    x.shape = (4, 3)
    return x


exact, close, differs = ALIASING.exact, ALIASING.close, ALIASING.differs


def twice(x: Any) -> Any:
    y = x * 2
    return y, y


def views(start: int) -> Any:
    base = np.zeros(4)
    return base[:3], base[start : start + 3]


def cached(fresh: bool) -> Any:
    kept = np.zeros(3)
    return [kept.copy() if fresh else kept for _ in range(2)]


def sets_item(x: Any) -> Any:
    x[0] = 9
    return 1


exact("views of the same place", lambda x: x[1:], lambda x: x[-2:], a)
exact("the argument itself", lambda x: x, lambda x: np.asarray(x), a)
exact("the same object twice", twice, twice, a)
exact("an argument changed and returned", lambda x: x.__iadd__(1), lambda x: np.add(x, 1, out=x), a)
exact("a view of a view", lambda x: x[1:][1:], lambda x: x[2:], a)
exact("one argument given twice", lambda x, y: x + y, lambda x, y: y + x, the_same)
exact("overlapping arguments", lambda x, y: x + y, lambda x, y: y + x, overlapping)
close(
    "the same argument changed with another rounding",
    lambda x: _scaled(x, 3.0),
    lambda x: _scaled(x, 3 + 1e-12),
    a,
)
differs("result aliases its argument", lambda x: x.copy(), lambda x: x, a)
differs("result is a view", lambda x: x[1:].copy(), lambda x: x[1:], a)
differs("an equal view of another place", lambda x: x[:2], lambda x: x[1:], lambda: (np.ones((3, 4)),))
differs(
    "an object or a view of all of it",
    lambda x: x,
    lambda x: x[:],
    a,
    why="`is` tells, and so does a reshape.",
)
differs("two results share memory", lambda x: (x * 2, x * 2), twice, a)
differs("results that overlap", lambda: views(0), lambda: views(1))
differs("which of two equal arguments is returned", lambda x, y: x, lambda x, y: y, two)
differs("a copy for each caller", lambda: cached(True), lambda: cached(False))
differs("argument changed", lambda x: 1, sets_item, a)
differs("argument changed by rounding", lambda x: x.sum(), lambda x: _shaken(x), a,
        why="What the original leaves alone stays the same to the bit.")  # fmt: skip
differs("argument list emptied", lambda v: sum(v), lambda v: sum([v.pop(), v.pop()]), lambda: ([1, 2],))
differs("argument list sorted", lambda v: sorted(v), lambda v: v.sort() or v[:], lambda: ([2, 1],))
differs("argument list sorted and returned", lambda v: sorted(v), lambda v: v.sort() or v, lambda: ([2, 1],))
differs("argument dict filled", lambda d: d.get("a", 0), lambda d: d.setdefault("a", 0), lambda: ({},))
differs("an argument kept in the result", lambda x: {"x": x.copy()}, lambda x: {"x": x}, a)
ALIASING.lossy("sum into an overlapping argument", lambda x, y: np.add(x, y, out=y),
               lambda x, y: _in_turn(y, x), overlapping,
               why="The argument keeps its type and place, and gets other floats.")  # fmt: skip
differs("rows or copies of rows", lambda x: [r.copy() for r in x], lambda x: list(x), a)
differs("interleaved views", lambda: _interleaved(True), lambda: _interleaved(False))
differs("an array in a closure", lambda x: lambda y=x: y, lambda x: lambda y=x.copy(): y, a)

PAIRS = LAYOUT.pairs + ALIASING.pairs


def _scaled(x: Any, factor: float) -> Any:
    x *= factor
    return x


def _shaken(x: Any) -> Any:
    total = x.sum()
    x *= 3
    x /= 3
    x[0, 1] = np.nextafter(x[0, 1], 1)
    return total


def _in_turn(x: Any, y: Any) -> Any:
    for i in range(len(x)):
        x[i] += y[i]
    return x


def _interleaved(shared: bool) -> Any:
    base = np.zeros(6)
    return base[::2], base[::2] if shared else base[1::2]
