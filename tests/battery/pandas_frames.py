"""pandas: index, names, dtypes, categories, missing values, and what is no data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.battery.pair import Family

FAMILY = Family("pandas")
exact, close, precision = FAMILY.exact, FAMILY.close, FAMILY.precision
lossy, differs, unproven = FAMILY.lossy, FAMILY.differs, FAMILY.unproven
PAIRS = FAMILY.pairs


class Labelled(pd.DataFrame):
    _metadata = ["label"]
    label: str

    @property
    def _constructor(self) -> Any:
        return Labelled


def frame() -> tuple[Any, ...]:
    return (pd.DataFrame({"a": [3.0, 1.0, 2.0], "b": [1, 2, 3], "c": ["x", "y", "x"]}),)


def made(**more: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": [1.0, 2.0], "b": [1, 2], **more})


def with_attrs(value: int) -> pd.DataFrame:
    found = made()
    found.attrs["unit"] = value
    return found


def labelled(text: str) -> Labelled:
    found = Labelled({"a": [1.0]})
    found.label = text
    return found


def beneath(value: int) -> Any:
    """A missing integer with another number behind it."""
    return pd.Series(pd.arrays.IntegerArray(np.array([1, value]), np.array([False, True])))


def category(order: str, ordered: bool = False) -> Any:
    return pd.Series(pd.Categorical(["x", "y"], categories=list(order), ordered=ordered))


def days(freq: Any = "D", tz: str | None = None, unit: Any = "ns") -> Any:
    found = pd.DatetimeIndex(["2020-01-01", "2020-01-02"], tz=tz).as_unit(unit)
    return pd.DatetimeIndex(found, freq=freq)


def unused_level(removed: bool) -> Any:
    found = pd.MultiIndex.from_product([["a", "b"], [1, 2]])[:2]
    return found.remove_unused_levels() if removed else found


def no_duplicates(allowed: bool) -> pd.DataFrame:
    return made().set_flags(allows_duplicate_labels=allowed)


def sets_column(f: Any) -> Any:
    f["d"] = 1
    return f["a"].sum()


def sorts(f: Any) -> Any:
    f.sort_values("a", inplace=True)
    return f["a"].sum()


exact(
    "two ways to a frame",
    made,
    lambda: pd.DataFrame([[1.0, 1], [2.0, 2]], columns=["a", "b"]).astype({"b": int}),
)
exact("blocks in another order", lambda: made(), lambda: made()[["b", "a"]][["a", "b"]],
      why="Which columns share a block of memory shows nowhere.")  # fmt: skip
exact("numbers beneath a missing value", lambda: beneath(7), lambda: beneath(8), why="Nobody can see them.")
exact("a column by attribute", lambda f: f.a * 2, lambda f: f["a"] * 2, frame)
exact("a filter by mask or query", lambda f: f[f.a > 1], lambda f: f.query("a > 1"), frame)
exact("a copy or a lazy one", lambda f: f.copy(), lambda f: f[:], frame,
      why="Both are copied on write: no write shows through.")  # fmt: skip
exact(
    "categories",
    lambda: category("xy"),
    lambda: pd.Series(["x", "y"]).astype(pd.CategoricalDtype(["x", "y"])),
)
exact("dates", lambda: days(), lambda: pd.date_range("2020-01-01", periods=2, unit="ns"))
exact("a multi index", lambda: pd.MultiIndex.from_product([[1, 2], ["a"]]),
      lambda: pd.MultiIndex.from_tuples([(1, "a"), (2, "a")]))  # fmt: skip
exact(
    "missing integers",
    lambda: pd.Series([1, None], dtype="Int64"),
    lambda: pd.Series([1, pd.NA], dtype="Int64"),
)
exact("sparse columns", lambda: pd.Series([0, 1, 0], dtype="Sparse[int]"),
      lambda: pd.Series(pd.arrays.SparseArray([0, 1, 0])))  # fmt: skip
exact(
    "a group's sums",
    lambda f: f.groupby("c")["a"].sum(),
    lambda f: f.groupby("c").agg({"a": "sum"})["a"],
    frame,
)
exact("an offset", lambda: pd.offsets.MonthEnd(2), lambda: pd.offsets.MonthEnd(1) * 2)
exact("a record of pandas' errors", lambda f: f["no"], lambda f: f.loc[:, "no"], frame)
close("rounding in a column", lambda f: f.a + 0.1 + 0.2, lambda f: f.a + (0.1 + 0.2), frame)
close("rounding in nullable floats", lambda: pd.Series([0.1 + 0.2, None], dtype="Float64"),
      lambda: pd.Series([0.3, None], dtype="Float64"))  # fmt: skip
precision("a narrower column", lambda: pd.Series([0.1, 0.7]).to_numpy(),
          lambda: pd.Series([0.1, 0.7]).astype("f4").to_numpy())  # fmt: skip
lossy("values of a column", lambda f: f.a * 2, lambda f: f.a * 3, frame)
differs("index", lambda: made(), lambda: made().set_axis([1, 2]))
differs(
    "range or integers",
    lambda: made(),
    lambda: made().set_axis([0, 1]),
    why="Another type, and another `step`.",
)
differs("name of the index", lambda: made(), lambda: made().rename_axis("i"))
differs("name of a series", lambda: pd.Series([1.0], name="a"), lambda: pd.Series([1.0], name="b"))
differs("name of the columns", lambda: made(), lambda: made().rename_axis(columns="c"))
differs("order of columns", lambda: made(), lambda: made()[["b", "a"]])
differs("order of rows", lambda f: f.sort_values("a"), lambda f: f, frame)
differs("dtype of a column", lambda: made(), lambda: made().astype({"b": "Int64"}))
differs("objects or strings", lambda: pd.Series(["a"], dtype=object), lambda: pd.Series(["a"], dtype="str"))
differs("two string dtypes", lambda: pd.Series(["a"], dtype="str"), lambda: pd.Series(["a"], dtype="string"))
differs(
    "None or NaN",
    lambda: pd.Series([None, "a"], dtype=object),
    lambda: pd.Series([np.nan, "a"], dtype=object),
)
differs("NA or NaN", lambda: pd.Series([pd.NA], dtype="Float64"), lambda: pd.Series([np.nan]))
differs(
    "where a value is missing",
    lambda: pd.Series([1, None], dtype="Int64"),
    lambda: pd.Series([None, 1], dtype="Int64"),
)
differs(
    "nullable booleans",
    lambda: pd.Series([True, None], dtype="boolean"),
    lambda: pd.Series([False, None], dtype="boolean"),
)
differs("order of categories", lambda: category("xy"), lambda: category("yx"))
differs("ordered categories", lambda: category("xy"), lambda: category("xy", True))
differs("an unused category", lambda: category("xy"), lambda: category("xyz"))
differs(
    "categories of an index",
    lambda: pd.CategoricalIndex(["x"], ["x", "y"]),
    lambda: pd.CategoricalIndex(["x"], ["x"]),
)
differs("a categorical dtype's end", lambda: pd.CategoricalDtype([str(i) for i in range(99)]),
        lambda: pd.CategoricalDtype([str(i + (i == 50) * 99) for i in range(99)]),
        why="Its repr is cut.")  # fmt: skip
differs("attributes of a frame", lambda: with_attrs(1), lambda: with_attrs(2))
differs("metadata of a subclass", lambda: labelled("a"), lambda: labelled("b"))
differs("subclass or frame", lambda: labelled("a"), lambda: pd.DataFrame({"a": [1.0]}))
differs("duplicate labels allowed", lambda: no_duplicates(True), lambda: no_duplicates(False))
differs("values under a repeated label", lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
        lambda: pd.DataFrame([[3, 2]], columns=["a", "a"]))  # fmt: skip
differs("frequency of dates", lambda: days(), lambda: days(None))
differs("time zone", lambda: days(None, "UTC"), lambda: days(None))
differs(
    "zones of one moment", lambda: days(None, "UTC"), lambda: days(None, "UTC").tz_convert("Europe/Paris")
)
differs("unit of dates", lambda: days(None), lambda: days(None, unit="s"))
differs(
    "unit of a moment", lambda: pd.Timestamp("2020").as_unit("ns"), lambda: pd.Timestamp("2020").as_unit("s")
)
differs("side of intervals", lambda: pd.interval_range(0, 2), lambda: pd.interval_range(0, 2, closed="left"))
differs("frequency of periods", lambda: pd.period_range("2020", periods=2, freq="M"),
        lambda: pd.period_range("2020", periods=2, freq="Y"))  # fmt: skip
differs(
    "levels that are used no more",
    lambda: unused_level(True),
    lambda: unused_level(False),
    why="`levels` tells.",
)
differs("fill value of sparse columns", lambda: pd.Series(pd.arrays.SparseArray([0, 1], fill_value=0)),
        lambda: pd.Series(pd.arrays.SparseArray([0, 1], fill_value=1)))  # fmt: skip
differs("frame or series", lambda f: f[["a"]], lambda f: f["a"], frame)
differs("a column added to the argument", lambda f: f["a"].sum(), sets_column, frame)
differs("the argument sorted in place", lambda f: f["a"].sum(), sorts, frame)
differs("the argument or a copy", lambda f: f, lambda f: f.copy(), frame)
differs("an array that looks into the frame", lambda f: f["a"].to_numpy().copy(),
        lambda f: f["a"].to_numpy(), frame,
        why="It is read-only, and shows what the frame becomes.")  # fmt: skip
unproven("groups", lambda f: f.groupby("c"), lambda f: f.groupby("c"), frame)
unproven("a moving window", lambda f: f["a"].rolling(2), lambda f: f["a"].rolling(2), frame)
