"""Writing pandas objects and SciPy sparse matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from codeopt.equivalence.spell_arrays import elements
from codeopt.equivalence.spell_memory import MOST_ELEMENTS, Unwritable

if TYPE_CHECKING:
    from codeopt.equivalence.spell import Speller

_SPARSE = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
}


def spell_pandas(speller: Speller, value: Any) -> str:
    """A frame, series, index or scalar of pandas."""
    import pandas as pd

    speller.imports["import pandas as pd"] = None
    if isinstance(value, pd.Index):
        return _index(speller, value)
    if isinstance(value, pd.Series):
        text = f"pd.Series({_values(speller, value)}, index={_index(speller, value.index)}"
        text += f", name={speller.text(value.name)})" if value.name is not None else ")"
    elif isinstance(value, pd.DataFrame):
        text = _frame(speller, value)
    elif isinstance(value, pd.Timestamp | pd.Timedelta):
        return f"pd.{value!r}"
    elif value is pd.NaT or value is pd.NA:
        return f"pd.{value}"
    else:
        raise Unwritable(type(value).__qualname__)
    if not value.attrs:
        return text
    name = speller.bind(value, text, "frame")
    speller.lines.append(f"{name}.attrs.update({speller.text(dict(value.attrs))})")
    return name


def _frame(speller: Speller, frame: Any) -> str:
    if not frame.columns.is_unique or frame.size > MOST_ELEMENTS or frame.columns.nlevels > 1:
        raise Unwritable("a wide frame")
    columns = [
        f"{speller.text(name)}: {_values(speller, frame.iloc[:, i])}" for i, name in enumerate(frame.columns)
    ]
    return f"pd.DataFrame({{{', '.join(columns)}}}, index={_index(speller, frame.index)})"


def _values(speller: Speller, series: Any) -> str:
    """One column, as something that brings its dtype with it."""
    import pandas as pd

    values, dtype = series.array, series.dtype
    if len(values) > MOST_ELEMENTS:
        raise Unwritable(f"{len(values)} rows")
    if isinstance(dtype, pd.CategoricalDtype):
        codes = [int(code) for code in values.codes]
        categories = _index(speller, values.categories)
        return f"pd.Categorical.from_codes({codes}, {categories}, ordered={bool(values.ordered)})"
    if isinstance(dtype, np.dtype):
        speller.imports["import numpy as np"] = None
        if dtype.kind == "O":
            items = ", ".join(speller.text(item) for item in series.to_numpy())
            return f"pd.array([{items}], dtype=object)"
        return elements(speller, np.ascontiguousarray(series.to_numpy()))
    items = ", ".join("None" if missing else speller.text(item) for item, missing in
                      zip(values, values.isna(), strict=True))  # fmt: skip
    return f"pd.array([{items}], dtype={str(dtype)!r})"


def _index(speller: Speller, index: Any) -> str:
    import pandas as pd

    name = f", name={speller.text(index.name)}" if index.name is not None else ""
    if len(index) > MOST_ELEMENTS and not isinstance(index, pd.RangeIndex):
        raise Unwritable(f"{len(index)} labels")
    if isinstance(index, pd.RangeIndex):
        return f"pd.RangeIndex({index.start}, {index.stop}, {index.step}{name})"
    if isinstance(index, pd.MultiIndex):
        names = speller.text(list(index.names))
        return f"pd.MultiIndex.from_tuples({speller.text(index.tolist())}, names={names})"
    if isinstance(index, pd.CategoricalIndex):
        return f"pd.CategoricalIndex({_values(speller, index.to_series())}{name})"
    if isinstance(index, pd.DatetimeIndex) and index.tz is None:
        return f"pd.DatetimeIndex({_values(speller, index.to_series())}, freq={index.freqstr!r}{name})"
    return f"pd.Index({_values(speller, index.to_series())}{name})"


def spell_sparse(speller: Speller, value: Any) -> str:
    """A SciPy sparse matrix or array in one of the compressed formats, or as coordinates."""
    kind = type(value).__name__
    if not kind.endswith(("_array", "_matrix")):
        raise Unwritable(kind)
    speller.imports |= {"import numpy as np": None, "import scipy.sparse": None}
    if value.format in _SPARSE:
        parts = [elements(speller, getattr(value, name)) for name in _SPARSE[value.format]]
        inner = f"({', '.join(parts)})"
    elif value.format == "coo":
        row, col, data = (elements(speller, part) for part in (value.row, value.col, value.data))
        inner = f"({data}, ({row}, {col}))"
    else:
        raise Unwritable(value.format)
    text = f"scipy.sparse.{kind}({inner}, shape={tuple(value.shape)})"
    if value.format != "coo" or not value.has_canonical_format:
        return text
    # Compressed formats find out by themselves.
    name = speller.bind(value, text, "matrix")
    speller.lines.append(f"{name}.has_canonical_format = True")
    return name
