"""Recording pandas objects and SciPy sparse matrices. Imported only where pandas already is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from codeopt.equivalence.node import Node, type_name

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

_SPARSE_FIELDS = ("data", "indices", "indptr", "row", "col", "offsets", "rows")


def record_pandas(recorder: Recorder, value: Any, path: str) -> Node | None:
    """The record of anything of pandas'; None if it is none of its own kinds."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return _record_frame(recorder, value, path)
    if isinstance(value, pd.Series):
        parts = _named(recorder, path, {"index": value.index, "name": value.name, "attrs": value.attrs})
        parts.append((".values", _record_values(recorder, value, f"{path}.values")))
        return Node("frame", type_name(type(value)), (("dtype", str(value.dtype)),), None, tuple(parts))
    if isinstance(value, pd.Index):
        return _record_index(recorder, value, path)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return _record_extension(recorder, value, path)
    if isinstance(value, pd.Timestamp | pd.Timedelta | pd.Period | pd.Interval | type(pd.NaT) | type(pd.NA)):
        return Node("text", type_name(type(value)), (), repr(value))
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return Node("text", type_name(type(value)), (), repr(value))
    return None


def _named(recorder: Recorder, path: str, values: dict[str, Any]) -> list[tuple[str, Node]]:
    return [(f".{k}", recorder.record(recorder.keep(v), f"{path}.{k}")) for k, v in values.items()]


def _record_frame(recorder: Recorder, frame: Any, path: str) -> Node:
    parts = _named(recorder, path, {"index": frame.index, "columns": frame.columns, "attrs": frame.attrs})
    for i, name in enumerate(frame.columns):
        column = recorder.keep(frame.iloc[:, i])
        parts.append((f"[{name!r}]", _record_values(recorder, column, f"{path}[{name!r}]")))
    return Node("frame", type_name(type(frame)), (("shape", frame.shape),), None, tuple(parts))


def _record_values(recorder: Recorder, series: Any, path: str) -> Node:
    """One column. Its strides are those of pandas' blocks, which no caller meets: left out."""
    values = recorder.keep(series.array)
    if type(values).__name__ not in ("NumpyExtensionArray", "PandasArray"):
        return recorder.record(values, path)
    with recorder.sharing_behind(series):
        node = recorder.record(recorder.keep(series.to_numpy()), path)
    meta = tuple(item for item in node.meta if item[0] not in ("strides", "writeable"))
    return node._replace(meta=meta)


def _record_index(recorder: Recorder, index: Any, path: str) -> Node:
    import pandas as pd

    values: dict[str, Any] = {"names": list(index.names)}
    if isinstance(index, pd.RangeIndex):
        values["range"] = (index.start, index.stop, index.step)
    elif isinstance(index, pd.MultiIndex):
        values["levels"] = list(index.levels)
        values["codes"] = [list(map(int, codes)) for codes in index.codes]
    else:
        values["dtype"] = str(index.dtype)
        values["freq"] = str(getattr(index, "freq", None))
        values["values"] = index.to_numpy()
    with recorder.sharing_behind(index):
        parts = _named(recorder, path, values)
    return Node("frame", type_name(type(index)), (), None, tuple(parts))


def _record_extension(recorder: Recorder, values: Any, path: str) -> Node:
    meta = (("dtype", repr(values.dtype)),)
    parts: dict[str, Any]
    if hasattr(values, "codes") and hasattr(values, "categories"):
        parts = {"codes": values.codes, "categories": values.categories, "ordered": values.ordered}
    elif hasattr(values, "sp_values"):
        parts = {"sp_values": values.sp_values, "fill_value": values.fill_value}
        parts["sp_index"] = values.sp_index.indices if hasattr(values.sp_index, "indices") else len(values)
    else:
        parts = {"missing": values.isna(), "items": values.to_numpy(dtype=object)}
    with recorder.sharing_behind(values):
        children = _named(recorder, path, parts)
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
    parts = {name: getattr(value, name) for name in _SPARSE_FIELDS if hasattr(value, name)}
    return Node("frame", type_name(type(value)), meta, None, tuple(_named(recorder, path, parts)))
