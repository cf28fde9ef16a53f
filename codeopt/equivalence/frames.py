"""Recording pandas objects and SciPy sparse matrices. Imported only where pandas already is."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from codeopt.equivalence.node import Node, type_name

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

_SPARSE_FIELDS = ("data", "indices", "indptr", "coords", "offsets", "rows")
_SPARSE_FLAGS = ("has_canonical_format", "has_sorted_indices", "blocksize")
_BY_VALUE = ("pandas.errors", "pandas._libs.tslibs.offsets", "pandas.tseries.offsets", "pandas.io.formats")
"""Homes of classes whose attributes or pickles tell everything; what else pandas has (groups,
windows, writers) fills caches as it is used."""


def record_pandas(recorder: Recorder, value: Any, path: str) -> Node | None:
    """The record of anything of pandas'; None if it is none of its own kinds."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return _record_frame(recorder, value, path)
    if isinstance(value, pd.Series):
        parts = _named(recorder, path, {"index": value.index, "name": value.name, **_extras(value)})
        parts.append((".values", _record_values(recorder, value, f"{path}.values")))
        return Node("frame", type_name(type(value)), (("dtype", str(value.dtype)),), None, tuple(parts))
    if isinstance(value, pd.Index):
        return _record_index(recorder, value, path)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return _record_extension(recorder, value, path)
    if isinstance(value, pd.Timestamp | pd.Timedelta):
        return Node("text", type_name(type(value)), (("unit", value.unit),), repr(value))
    if isinstance(value, pd.Period | pd.Interval | type(pd.NaT) | type(pd.NA)):
        return Node("text", type_name(type(value)), (), repr(value))
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return _record_dtype(recorder, value, path)
    home = type(value).__module__
    if home.startswith("pandas.") and not home.startswith(_BY_VALUE) and not isinstance(value, BaseException):
        return None if isinstance(value, type) else recorder.opaque(value, path)
    return None


def _extras(value: Any) -> dict[str, Any]:
    """What a frame or series carries beside its data; subclasses name theirs in `_metadata`."""
    found = {"attrs": value.attrs, "duplicate labels": value.flags.allows_duplicate_labels}
    return found | {name: getattr(value, name, None) for name in value._metadata if name != "_name"}


def _record_dtype(recorder: Recorder, dtype: Any, path: str) -> Node:
    parts: tuple[tuple[str, Node], ...] = ()
    if hasattr(dtype, "categories") and dtype.categories is not None:
        parts = ((".categories", recorder.record(dtype.categories, f"{path}.categories")),)
    # The repr of a categorical dtype is cut.
    shown = f"ordered={dtype.ordered}" if hasattr(dtype, "ordered") else repr(dtype)
    return Node("text", type_name(type(dtype)), (), shown, parts)


def _named(recorder: Recorder, path: str, values: dict[str, Any]) -> list[tuple[str, Node]]:
    return [(f".{k}", recorder.record(recorder.keep(v), f"{path}.{k}")) for k, v in values.items()]


def _record_frame(recorder: Recorder, frame: Any, path: str) -> Node:
    parts = _named(recorder, path, {"index": frame.index, "columns": frame.columns, **_extras(frame)})
    used: Counter[str] = Counter()
    for i, label in enumerate(frame.columns):
        column = recorder.keep(frame.iloc[:, i])
        name = f"[{label!r}]"
        used[name] += 1
        name += f"#{used[name]}" if used[name] > 1 else ""
        parts.append((name, _record_values(recorder, column, path + name)))
    return Node("frame", type_name(type(frame)), (("shape", frame.shape),), None, tuple(parts))


def _record_values(recorder: Recorder, series: Any, path: str) -> Node:
    """One column. Its strides are those of pandas' blocks, which no caller meets: left out."""
    values = recorder.keep(series.array)
    if type(values).__name__ not in ("NumpyExtensionArray", "PandasArray"):
        return recorder.record(values, path)
    with recorder.sharing_behind(series):
        node = recorder.record(recorder.keep(series.to_numpy()), path)
    return _without_layout(node)


def _without_layout(node: Node) -> Node:
    return node._replace(meta=tuple(i for i in node.meta if i[0] not in ("strides", "writeable")))


def _record_index(recorder: Recorder, index: Any, path: str) -> Node:
    import pandas as pd

    values: dict[str, Any] = {"names": list(index.names)}
    parts: list[tuple[str, Node]] = []
    with recorder.sharing_behind(index):
        if isinstance(index, pd.RangeIndex):
            values["range"] = (index.start, index.stop, index.step)
        elif isinstance(index, pd.MultiIndex):
            values["levels"] = list(index.levels)
            values["codes"] = [list(map(int, codes)) for codes in index.codes]
        else:
            values["dtype"] = str(index.dtype)
            values["freq"] = str(getattr(index, "freq", None))
            whole = isinstance(index, pd.CategoricalIndex)
            data = recorder.keep(index.array if whole else index.to_numpy())
            parts.append((".values", _without_layout(recorder.record(data, f"{path}.values"))))
        parts = _named(recorder, path, values) + parts
    return Node("frame", type_name(type(index)), (), None, tuple(parts))


def _record_extension(recorder: Recorder, values: Any, path: str) -> Node:
    meta: tuple[tuple[str, Any], ...] = (("dtype", str(values.dtype)),)
    parts: dict[str, Any]
    if hasattr(values, "codes") and hasattr(values, "categories"):
        parts = {"codes": values.codes, "categories": values.categories, "ordered": values.ordered}
    elif hasattr(values, "sp_values"):
        parts = {"sp_values": values.sp_values, "fill_value": values.fill_value}
        parts["sp_index"] = values.sp_index.indices if hasattr(values.sp_index, "indices") else len(values)
    else:
        parts = {"dtype": values.dtype, "missing": values.isna()}
        # What a masked array holds where a value is missing shows nowhere.
        plain = getattr(values, "_data", None) if hasattr(values, "_mask") else None
        if isinstance(plain, np.ndarray) and plain.dtype.kind in "fciub" and type(plain) is np.ndarray:
            parts["items"] = np.where(values._mask, plain.dtype.type(0), plain)
            recorder.claim_array(path, plain)
        else:
            parts["items"] = values.to_numpy(dtype=object)
    with recorder.sharing_behind(values):
        children = [(name, _without_layout(node)) for name, node in _named(recorder, path, parts)]
    return Node("frame", type_name(type(values)), meta, None, tuple(children))


def record_sparse(recorder: Recorder, value: Any, path: str) -> Node | None:
    """A SciPy sparse matrix or array by its format and buffers; None for anything else."""
    scipy_sparse = sys.modules.get("scipy.sparse")
    if scipy_sparse is None or not scipy_sparse.issparse(value):
        return None
    meta = (("format", value.format), ("shape", tuple(value.shape)), ("dtype", str(value.dtype)))
    if value.format == "dok":
        items = dict(value.items())
        return Node(
            "frame", type_name(type(value)), meta, None, tuple(_named(recorder, path, {"items": items}))
        )
    fields = [*_SPARSE_FIELDS, *_SPARSE_FLAGS]
    parts = {name: getattr(value, name) for name in fields if hasattr(value, name)}
    return Node("frame", type_name(type(value)), meta, None, tuple(_named(recorder, path, parts)))
