"""Frames, series and indexes of pandas as nodes: every column by its dtype, labels, categories."""

from __future__ import annotations

import sys
from typing import Any

from codeopt.workload.trace.capture import Capture, Node

_FEW = 1000
_MOST_TEXTS = 5000


def node(capture: Capture, value: Any) -> Node | None:
    """The node of a value of pandas', None where it is an object like any other. Raises Refused."""
    pd = sys.modules["pandas"]
    if not hasattr(pd, "DataFrame"):
        return None
    kind = type(value)
    if kind is pd.DataFrame:
        return _frame(capture, value)
    if kind is pd.Series:
        return {
            "k": "series", "id": capture.know(value), "index": capture.node(value.index, ".index"),
            "v": _column(capture, value.array), "name": capture.node(value.name, ".name"),
            "attrs": capture.node(dict(value.attrs), ".attrs"),
        }  # fmt: skip
    if isinstance(value, pd.Index):
        return _index(capture, value, pd)
    if isinstance(value, pd.DataFrame | pd.Series):
        raise capture.refuse(f"a frame of the class {kind.__qualname__} cannot be captured")
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return _column(capture, value)
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return {"k": "pandasdtype", "v": str(value)}
    if value is pd.NaT or value is pd.NA:
        return {"k": "missing", "v": "NaT" if value is pd.NaT else "NA"}
    if kind is pd.Timestamp or kind is pd.Timedelta:
        zone = None if kind is pd.Timedelta or value.tz is None else str(value.tz)
        return {"k": "stamp", "of": kind.__name__, "v": int(value.value), "zone": zone, "unit": value.unit}
    return None


def _frame(capture: Capture, value: Any) -> Node:
    number = capture.know(value)
    columns = capture.node(value.columns, ".columns")
    index = capture.node(value.index, ".index")
    parts = []
    for i in range(value.shape[1]):
        with capture.at(f".column {i}"):
            parts.append(_column(capture, value._get_column_array(i)))
    return {
        "k": "frame", "id": number, "columns": columns, "index": index, "v": parts,
        "attrs": capture.node(dict(value.attrs), ".attrs"),
    }  # fmt: skip


def _column(capture: Capture, array: Any) -> Node:
    """One column's values, copied: columns share blocks of memory, which nobody is promised."""
    np, pd = sys.modules["numpy"], sys.modules["pandas"]
    if isinstance(array.dtype, pd.StringDtype):
        return _texts(capture, array.tolist(), str(array.dtype))
    if isinstance(array, pd.arrays.NumpyExtensionArray):
        array = array.to_numpy()
    if isinstance(array, np.ndarray):
        if array.dtype.kind == "O":
            return _texts(capture, array.tolist(), "object")
        return capture.node(np.array(array))
    if isinstance(array, pd.Categorical):
        return {
            "k": "categorical", "codes": capture.node(np.array(array.codes), ".codes"),
            "categories": capture.node(array.categories, ".categories"), "ordered": bool(array.ordered),
        }  # fmt: skip
    if isinstance(array, pd.arrays.DatetimeArray):
        zone = None if array.tz is None else str(array.tz)
        return {
            "k": "times",
            "v": capture.node(np.array(array.asi8), ".asi8"),
            "unit": array.unit,
            "zone": zone,
        }
    if isinstance(array, pd.arrays.TimedeltaArray):
        return capture.node(np.array(array.to_numpy()))
    if hasattr(array, "_mask") and hasattr(array, "_data"):
        return {
            "k": "nullable", "data": capture.node(np.array(array._data), ".data"),
            "mask": capture.node(np.array(array._mask), ".mask"), "dtype": str(array.dtype),
        }  # fmt: skip
    raise capture.refuse(f"a column of {array.dtype} cannot be captured")


def _texts(capture: Capture, values: list[Any], dtype: str) -> Node:
    """A column of Python objects: all of it, or where that is too much and few differ, the few."""
    if len(values) <= _MOST_TEXTS:
        return {"k": "texts", "dtype": dtype, "v": capture.items(values)}
    if not all(type(value) is str for value in values):
        raise capture.refuse(f"a column of {len(values)} objects is too large to be captured")
    few = sorted(set(values))
    if len(few) > _FEW:
        raise capture.refuse(f"a column of {len(few)} different texts is too large to be captured")
    return {"k": "texts", "dtype": dtype, "few": few, "length": len(values)}


def _index(capture: Capture, value: Any, pd: Any) -> Node:
    number = capture.know(value)
    kind = type(value)
    if kind is pd.RangeIndex:
        return {
            "k": "rangeindex", "id": number, "v": [value.start, value.stop, value.step],
            "name": capture.node(value.name, ".name"),
        }  # fmt: skip
    if kind is pd.MultiIndex:
        return {
            "k": "multiindex", "id": number,
            "levels": [capture.node(level, ".levels") for level in value.levels],
            "codes": [capture.node(pd.array(c).to_numpy(), ".codes") for c in value.codes],
            "names": capture.items(value.names),
        }  # fmt: skip
    if kind not in (pd.Index, pd.DatetimeIndex, pd.TimedeltaIndex, pd.CategoricalIndex):
        raise capture.refuse(f"an index of the class {kind.__name__} cannot be captured")
    freq = getattr(value, "freqstr", None) if kind is pd.DatetimeIndex else None
    return {
        "k": "index", "id": number, "v": _column(capture, value.array), "freq": freq,
        "name": capture.node(value.name, ".name"),
    }  # fmt: skip
