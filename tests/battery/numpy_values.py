"""NumPy: dtypes and values of arrays and scalars, special values, structured, masked and text arrays."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.battery.pair import Family

FAMILY = Family("numpy values")
exact, close, precision = FAMILY.exact, FAMILY.close, FAMILY.precision
lossy, differs, unproven = FAMILY.lossy, FAMILY.differs, FAMILY.unproven
PAIRS = FAMILY.pairs

Array = np.ndarray[Any, Any]
STRINGS = np.dtypes.StringDType()


class Tagged(np.ndarray[Any, Any]):
    def __array_finalize__(self, obj: Any) -> None:
        self.unit = getattr(obj, "unit", "none")


class Kelvin(np.float64):
    pass


def a() -> tuple[Any, ...]:
    return (np.arange(12.0).reshape(3, 4) / 7,)


def ints() -> tuple[Any, ...]:
    return (np.arange(5),)


def single() -> tuple[Any, ...]:
    return (np.linspace(0.1, 2, 12, dtype=np.float32),)


def masked(values: Any, mask: Any, fill: float = 1e20) -> Callable[[], Any]:
    return lambda: np.ma.array(values, mask=mask, fill_value=fill)


def hard(value: bool) -> Any:
    return np.ma.array([1.0, 2.0], mask=[False, True], hard_mask=value)


def shared_mask(shared: bool) -> Any:
    base = np.ma.array([1.0, 2.0], mask=[False, True])
    return base, base[:] if shared else base.copy()


def nan_with(payload: int) -> Any:
    return np.array([0x7FF8000000000000 | payload], dtype=np.uint64).view(np.float64)


def record(value: int, other: float = 2.0) -> Any:
    return np.array([(value, other)], dtype=[("a", "i1"), ("b", "f8")])


def nested(value: int) -> Any:
    return np.array([((value, 1.0), 2)], dtype=[("p", [("x", "i4"), ("y", "f4")]), ("z", "i8")])


def padded(fill: int) -> Any:
    array = np.full(16, fill, np.uint8).view(np.dtype([("a", "u1"), ("b", "f8")], align=True))
    array["a"], array["b"] = 1, 2.0
    return array.copy()


def tagged(unit: str) -> Any:
    made = np.ones(2).view(Tagged)
    made.unit = unit
    return made


def row(copied: bool) -> Callable[[Any], Any]:
    return lambda x: x[0].copy() if copied else x[0]


def mapped(mode: Any = "w+", offset: int = 0, name: str = "a.bin", value: float = 1.0) -> Callable[[], Any]:
    def run() -> Any:
        np.zeros(16).tofile(name)
        made = np.memmap(name, np.float64, mode, offset, (4,))
        if mode != "r":
            made[:] = value
        return made

    return run


exact("twice or plus itself", lambda x: x * 2, lambda x: x + x, a)
exact("in place on a fresh array", lambda x: (x - 1) / 3, lambda x: np.divide(y := x - 1, 3, out=y), a)
exact("NaN times anything", lambda x: x * np.nan, lambda x: np.nan * x, a)
exact("padding of records", lambda: padded(0), lambda: padded(255), why="Padding is no value.")
exact("long doubles", lambda: np.arange(3, dtype=np.longdouble), lambda: np.arange(3).astype(np.longdouble))
exact(
    "structured arrays",
    lambda: record(1),
    lambda: np.array([(1, 2.0)], dtype="i1,f8").astype(record(0).dtype),
)
exact("object arrays", lambda: np.array([1, "a"], object), lambda: np.array([1, "a", 2], object)[:2].copy())
exact(
    "variable-length strings",
    lambda: np.array(["a", "bc"], STRINGS),
    lambda: np.array(["a", "bc"]).astype(STRINGS),
)
exact("dates", lambda: np.array(["2020-01-01"], "M8[D]"), lambda: np.array([18262]).astype("M8[D]"))
exact("masks", masked([1.0, 2], [0, 1]), lambda: np.ma.masked_greater([1.0, 2], 1.5))
exact("memory maps", mapped(), mapped())
exact("subclasses with attributes", lambda: tagged("m"), lambda: tagged("m"))
exact("void scalars", lambda: np.void(b"ab"), lambda: np.array([b"ab"], "V2")[0])
exact("argument returned through out=", lambda x: np.add(x, 1, out=x), lambda x: np.add(1, x, out=x), a)
exact("records taken from an array", row(True), lambda x: x[:1].copy()[0], lambda: (record(1),))

close("payload of NaN", lambda: nan_with(1), lambda: nan_with(2))
close("sign of zero", lambda: np.array([0.0]), lambda: np.array([-0.0]))
close("float32 rounding", lambda: np.array([1, 2], np.float32),
      lambda: np.nextafter(np.array([1, 2], np.float32), np.float32(9)))  # fmt: skip
close("order of a sum", lambda x: x.sum(), lambda x: np.nextafter(x.sum(), 99.0), a)
close("rounding in big-endian floats", lambda: np.array([0.1 + 0.2], ">f8"), lambda: np.array([0.3], ">f8"))
close("rounding in complex numbers", lambda: np.array([(0.1 + 0.2) * 1j]), lambda: np.array([0.3j]))
close("rounding of long doubles", lambda: np.array([1], np.longdouble) / 3, 
      lambda: np.array([1 / 3], np.longdouble), why="Tolerance is that of float64.")  # fmt: skip
close("rounding in one field", lambda: record(1, 0.1 + 0.2), lambda: record(1, 0.3))
close("rounding of float16", lambda: np.array([1.0], np.float16), lambda: np.array([1.001], np.float16))
close("argument changed with another rounding", lambda x: np.add(x, 1, out=x) is x,
      lambda x: np.add(x, 1 + 1e-12, out=x) is x, a)  # fmt: skip
close("float32 summed in float64", lambda x: x.sum(), lambda x: x.sum(dtype=np.float64).astype(x.dtype),
      single, why="A rewrite may be more accurate.")  # fmt: skip
precision("float32 in float64", lambda x: x * 1.1, lambda x: (x * 1.1).astype("f4").astype("f8"), a)
precision("narrower floats", lambda x: x * 1.1, lambda x: (x * 1.1).astype("f4"), a)
precision("narrower integers", lambda x: x + 1, lambda x: (x + 1).astype(np.int8), ints)
precision("narrower complex", lambda x: x * 1j, lambda x: (x * 1j).astype("c8"), a)
precision("tiny values twice as large", lambda: np.full(3, 1e-9), lambda: np.full(3, 2e-9),
          why="1e-9 is nothing in arithmetic of values around 1, as float32 knows them.")  # fmt: skip
lossy("other values", lambda x: x * 1.1, lambda x: x * 1.2, a)
lossy("fill value", masked([1.0, 2], [0, 1]), masked([1.0, 2], [0, 1], 5.0))
lossy("data beneath a mask", masked([1.0, 2], [0, 1]), masked([1.0, 3], [0, 1]), why="`.data` shows it.")
lossy("the other part of a complex NaN", lambda: np.array([complex(np.nan, 1)]),
      lambda: np.array([complex(np.nan, 2)]))  # fmt: skip
lossy("content of a memory map", mapped(mode="c"), mapped(mode="c", value=2.0))

differs("large ids", lambda: np.array([1_000_000_000]), lambda: np.array([1_000_000_003]),
        why="`allclose` accepts them.")  # fmt: skip
differs("ids in floats, one beyond 2^53", lambda: np.array([2**53 + 2]), lambda: np.array([2**53 + 1]))
differs("integer dtype", lambda: np.arange(3), lambda: np.arange(3).astype(np.uint64))
differs("wider floats", lambda x: x.astype("f4"), lambda x: x.astype("f4").astype("f8"), a)
differs("byte order", lambda: np.array([1.0]), lambda: np.array([1.0], ">f8"))
differs("float or integer", lambda: np.array([1.0]), lambda: np.array([1]))
differs("bool or integer", lambda: np.array([True]), lambda: np.array([1], np.uint8))
differs("bool values", lambda: np.array([True, False]), lambda: np.array([True, True]))
differs("NaN or infinity", lambda: np.array([np.nan]), lambda: np.array([np.inf]))
differs("sign of infinity", lambda: np.array([np.inf]), lambda: np.array([-np.inf]))
differs("NaN moved", lambda: np.array([np.nan, 1]), lambda: np.array([1, np.nan]))
differs("NaN or number", lambda: np.array([np.nan, 1]), lambda: np.array([0.0, 1]))
differs("NaT or a date", lambda: np.array(["NaT"], "M8[D]"), lambda: np.array(["2020"], "M8[D]"))
differs("float or NumPy scalar", lambda: 1.0, lambda: np.float64(1))
differs("0-d or scalar", lambda: np.float64(1), lambda: np.array(1.0))
differs("0-d or one element", lambda: np.array(1.0), lambda: np.array([1.0]))
differs("subclass of a scalar", lambda: np.float64(1), lambda: Kelvin(1))
differs("text scalars", lambda: np.str_("a"), lambda: "a")
differs("string arrays", lambda: np.array(["a", "b"]), lambda: np.array(["a", "c"]))
differs("width of strings", lambda: np.array(["a"], "U1"), lambda: np.array(["a"], "U2"))
differs("strings or bytes", lambda: np.array(["a"]), lambda: np.array([b"a"]))
differs("strings or objects", lambda: np.array(["a"]), lambda: np.array(["a"], object))
differs("variable-length strings' missing value", lambda: np.array(["a"], STRINGS),
        lambda: np.array(["a"], np.dtypes.StringDType(na_object=None)))  # fmt: skip
differs(
    "a variable-length string",
    lambda: np.array(["a" * 40], STRINGS),
    lambda: np.array(["a" * 39 + "b"], STRINGS),
)
differs("items of object arrays", lambda: np.array([1, "a"], object), lambda: np.array([1, "b"], object))
differs("types in object arrays", lambda: np.array([1], object), lambda: np.array([True], object))
differs("identity in object arrays", lambda: np.array([[1], None], object)[[0, 0]],
        lambda: np.array([[1], [1], None], object)[:2].copy())  # fmt: skip
differs("a field", lambda: record(1), lambda: record(2))
differs("a nested field", lambda: nested(1), lambda: nested(2))
differs("name of a field", lambda: record(1), lambda: record(1).astype([("x", "i1"), ("b", "f8")]))
differs("alignment of fields", lambda: record(1), lambda: record(1).astype(padded(0).dtype))
differs("record array or structured array", lambda: record(1), lambda: record(1).view(np.recarray))
differs(
    "a record or a view of it", row(True), row(False), lambda: (record(1),), why="One can write through it."
)
differs("unit of dates", lambda: np.array(["2020-01-01"], "M8[D]"), lambda: np.array(["2020-01-01"], "M8[s]"))
differs("another date", lambda: np.array(["2020-01-01"], "M8[D]"), lambda: np.array(["2020-01-02"], "M8[D]"))
differs("bytes of void", lambda: np.void(b"ab"), lambda: np.void(b"ac"))
differs("mask", masked([1.0, 2], [0, 1]), masked([1.0, 2], [1, 0]))
differs("masked or a number", lambda: np.ma.masked, lambda: np.float64(0))
differs("masked or not", masked([1.0, 2], [0, 0]), lambda: np.array([1.0, 2.0]))
differs("no mask or an empty one", masked([1.0, 2], np.ma.nomask), masked([1.0, 2], [0, 0]),
        why="`mask is nomask` tells, and who writes to it meets an array or not.")  # fmt: skip
differs("hard mask", lambda: hard(True), lambda: hard(False))
differs("shared mask", lambda: shared_mask(True), lambda: shared_mask(False))
differs("matrix or array", lambda: np.ones((2, 2)), lambda: np.asmatrix(np.ones((2, 2))))
differs("attribute of a subclass", lambda: tagged("m"), lambda: tagged("s"))
differs("mode of a memory map", mapped("r+"), mapped("c"))
differs("file of a memory map", mapped(), mapped(name="b.bin"))
differs("offset of a memory map", mapped("c"), mapped("c", offset=8))
differs("memory map or array", mapped(), lambda: np.array(mapped()()))
differs("a field changed in the argument", lambda x: x["a"].sum(), lambda x: x["a"].__iadd__(1).sum() - 1,
        lambda: (record(1),))  # fmt: skip
differs("dtypes as values", lambda: np.dtype("f8"), lambda: np.dtype("f4"))
differs("another ufunc", lambda: np.add, lambda: np.subtract)
differs("error state as a value", lambda: np.errstate(over="raise"), lambda: np.errstate(over="warn"))
differs("children of a generator", lambda: np.random.default_rng(0),
        lambda: _spawned(np.random.default_rng(0)), why="The next spawn gives other streams.")  # fmt: skip
differs("a generator drawn from", lambda: np.random.default_rng(0), lambda: _drawn(np.random.default_rng(0)))
differs("a generator in the argument", lambda g: g.random() * 0, lambda g: (g.random(), g.random())[0] * 0,
        lambda: (np.random.default_rng(0),))  # fmt: skip
differs("printed array", lambda x: sys.stdout.write(str(x)) * 0, lambda x: sys.stdout.write(repr(x)) * 0, a)


def _spawned(made: np.random.Generator) -> np.random.Generator:
    made.spawn(1)
    return made


def _drawn(made: np.random.Generator) -> np.random.Generator:
    made.random()
    return made
