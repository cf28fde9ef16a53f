"""Python's own values: types, order, identity, bits of floats."""

from __future__ import annotations

import array
import collections
import enum
import fractions
import re
import types
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from tests.battery.pair import Family

FAMILY = Family("python values")
exact, close, differs, lossy = FAMILY.exact, FAMILY.close, FAMILY.differs, FAMILY.lossy
precision = FAMILY.precision
PAIRS = FAMILY.pairs

Point = namedtuple("Point", "x y")
NAN = float("nan")


class Color(enum.Enum):
    RED = 1
    GREEN = 2

    def __repr__(self) -> str:
        return "a color"


class Level(enum.IntEnum):
    LOW = 1


class Numbers(list):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        return iter(())


class Hidden(deque):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        return iter(())


class Word(str):
    def __str__(self) -> str:
        return "always the same"


class Key:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return "a key"


def cyclic(value: int = 1) -> Any:
    x: list[Any] = [value]
    x.append(x)
    return x


def moved() -> Any:
    found = OrderedDict(a=1, b=2)
    found.move_to_end("a")
    return found


def numbers(last: int) -> Numbers:
    return Numbers([1, last])


exact("a set filled in another order", lambda: {1, 9, 17}, lambda: {17, 9, 1})
exact(
    "a set of strings",
    lambda: {w for w in "a b c d e".split()},
    lambda: set("edcba"),
    why="The order of strings in a set is another in every process.",
)
exact("dicts built in two ways", lambda: {"a": 1, "b": 2}, lambda: {} | {"a": 1} | {"b": 2})
exact("cycles", cyclic, cyclic)
exact("NaN made in two ways", lambda: [NAN, float("inf")], lambda: [float("nan"), 1e400])
exact("one NaN twice or two NaNs", lambda: [NAN, NAN], lambda: [float("nan"), float("nan")],
      why="A float's identity is nothing to rely on.")  # fmt: skip
exact("equal ranges", lambda: range(10), lambda: range(0, 10, 1))
exact("equal decimals", lambda: Decimal("1.10"), lambda: Decimal("1.1") + Decimal("0.00"))
exact("equal fractions", lambda: fractions.Fraction(2, 4), lambda: fractions.Fraction(1, 2))
exact("a counter", lambda: Counter("abca"), lambda: Counter(["a", "b", "c", "a"]))
exact("enum members", lambda: [Color.RED, Level.LOW], lambda: [Color(1), Level(1)])
exact("dates", lambda: datetime(2020, 1, 2), lambda: datetime(2020, 1, 1) + timedelta(days=1))
exact("big integers", lambda: 2**100, lambda: 1 << 100)
exact("joined text", lambda: "".join(["a", "b"]), lambda: "a" + "b")
exact("one empty tuple or two", lambda: [(), ()], lambda: [(), tuple([])],
      why="Immutable values have no identity to rely on.")  # fmt: skip
exact("packed lists", lambda: list(range(1000)), lambda: [i for i in range(1000)])
exact("a frozen set in a dict", lambda: {frozenset({1, 2}): 1}, lambda: {frozenset({2, 1}): 1})
exact("memory views", lambda: memoryview(b"abc"), lambda: memoryview(b"ab" + b"c"))
exact("compiled patterns", lambda: re.compile("a+"), lambda: re.compile("a" + "+"))

close("a sum rounded otherwise", lambda: 0.1 + 0.2, lambda: 0.3)
close("a sign of zero", lambda: 0.0, lambda: -0.0, why="Signs of zeros do not count in tolerance.")
close("a complex number rounded otherwise", lambda: (0.1 + 0.2) * 1j, lambda: 0.3j)
close("floats of a long list rounded otherwise", lambda: [i * 0.1 for i in range(500)],
      lambda: [i / 10 for i in range(500)])  # fmt: skip
precision("seven digits of a float", lambda: 1 / 3, lambda: 0.333333)
lossy("another float", lambda: 1.0, lambda: 1.001)
lossy("another float in a long list", lambda: [0.5] * 500, lambda: [0.5] * 499 + [0.6])

differs("dict order", lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}, why="A caller may iterate.")
differs("dict type", lambda: {"a": 1}, lambda: OrderedDict(a=1))
differs("an ordered dict after move_to_end", lambda: OrderedDict(a=1, b=2), moved)
differs("a default factory", lambda: defaultdict(list), lambda: defaultdict(dict))
differs("a dict or a defaultdict", dict, lambda: defaultdict(list))
differs("a counter or a dict", lambda: Counter("aa"), lambda: {"a": 2})
differs("a counter's zero", lambda: Counter(a=1, b=0), lambda: Counter(a=1))
differs("keys that print alike", lambda: {Key("x"): 1, Key("y"): 2}, lambda: {Key("y"): 1, Key("x"): 2})
differs("a key 1 or True", lambda: {1: "a"}, lambda: {True: "a"}, why="They are equal; `list(d)` tells.")
differs("a key 1 or 1.0", lambda: {1: "a"}, lambda: {1.0: "a"})
differs("list order", lambda: [1, 2], lambda: [2, 1])
differs("list or tuple", lambda: [1], lambda: (1,))
differs("tuple or namedtuple", lambda: Point(1, 2), lambda: (1, 2))
differs("True or 1", lambda: True, lambda: 1)
differs("True or 1 in a long list", lambda: [1] * 300, lambda: [1] * 299 + [True])
differs("1 or 1.0", lambda: 1, lambda: 1.0)
differs("1.0 or 1 in a long list", lambda: [1.0] * 300, lambda: [1.0] * 299 + [1])
differs("None or absent", lambda: {"a": None}, dict)
differs("text", lambda: "a", lambda: "a ")
differs("text or bytes", lambda: "a", lambda: b"a")
differs("composed and decomposed text", lambda: "\u00e9", lambda: "e\u0301", why="They look alike.")
differs("bytes or bytearray", lambda: b"a", lambda: bytearray(b"a"))
differs("large ids", lambda: 10**18, lambda: 10**18 + 1)
differs("a set or a frozenset", lambda: {1}, lambda: frozenset({1}))
differs("a set's element", lambda: {1, 2}, lambda: {1, 3})
differs("a set's element True or 1", lambda: {1}, lambda: {True})
differs(
    "a decimal's digits", lambda: Decimal("1.0"), lambda: Decimal("1.00"), why="Equal, but printed otherwise."
)
differs("a decimal or a fraction", lambda: Decimal("0.5"), lambda: fractions.Fraction(1, 2))
differs("the length of a deque", lambda: deque([1], maxlen=3), lambda: deque([1], maxlen=4))
differs("a bounded deque or not", lambda: deque([1], maxlen=3), lambda: deque([1]))
differs("range or list", lambda: range(3), lambda: [0, 1, 2])
differs("ranges of the same items", lambda: range(0, 10, 3), lambda: range(0, 12, 3), why="`stop` tells.")
differs("empty ranges", lambda: range(0, 0), lambda: range(5, 5), why="Equal, but `start` tells.")
differs("an enum member or its value", lambda: Level.LOW, lambda: 1)
differs("enum members that print alike", lambda: Color.RED, lambda: Color.GREEN)
differs("identity of two containers", lambda: [[], []], lambda: [[]] * 2)
differs("identity of rows in a long list", lambda: [[0] for _ in range(300)], lambda: [[0]] * 300)
differs("a cycle's value", cyclic, lambda: cyclic(2))
differs("a cycle unrolled once", cyclic, lambda: [1, cyclic()])
differs("time zones", lambda: datetime(2020, 1, 1, tzinfo=UTC), lambda: datetime(2020, 1, 1))
differs("zones by name", lambda: ZoneInfo("UTC"), lambda: ZoneInfo("GMT"))
differs("a fold", lambda: datetime(2020, 1, 1, fold=0), lambda: datetime(2020, 1, 1, fold=1))
differs("the type of an array", lambda: array.array("i", [1]), lambda: array.array("I", [1]))
differs("a long pattern's end", lambda: re.compile("x" * 300 + "a"), lambda: re.compile("x" * 300 + "b"),
        why="The repr of a pattern is cut.")  # fmt: skip
differs("flags of a pattern", lambda: re.compile("a"), lambda: re.compile("a", re.I))
differs("a match at another place", lambda: re.search("a", "ba"), lambda: re.search("a", "ab"))
differs("paths", lambda: Path("a/b"), lambda: PurePosixPath("a/b"))
differs("items of a list that hides them", lambda: numbers(2), lambda: numbers(3))
differs("a deque that hides its items", lambda: Hidden([1]), lambda: Hidden([2]))
lossy("arrays in a slice", lambda: slice(np.arange(3000.0)), lambda: slice(np.arange(3000.0) * 2),
      why="The repr of an array is cut.")  # fmt: skip
differs("a string that hides its text", lambda: Word("a"), lambda: Word("b"))
differs("a string or a subclass", lambda: "a", lambda: Word("a"))
differs("a view of a dict or a list", lambda: {"a": 1}.keys(), lambda: ["a"])
differs("a read-only dict or a dict", lambda: types.MappingProxyType({"a": 1}), lambda: {"a": 1})
differs("a writeable memory view", lambda: memoryview(b"ab"), lambda: memoryview(bytearray(b"ab")))
differs("a memory view of the argument", lambda x: memoryview(bytes(x)), lambda x: memoryview(x).toreadonly(),
        lambda: (bytearray(b"abc"),), why="The caller's later writes show through.")  # fmt: skip
differs(
    "order of a user dict", lambda: collections.UserDict(a=1, b=2), lambda: collections.UserDict(b=2, a=1)
)
