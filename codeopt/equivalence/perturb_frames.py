"""Making a pandas frame or series, a SciPy sparse matrix or a scikit-learn estimator awkward."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np


def change_frame(frame: Any, kind: str) -> Any:
    """A frame or series with other labels, dtypes, gaps or memory, never the given one."""
    if kind == "view":
        return frame.iloc[[i // 2 for i in range(2 * len(frame))]].iloc[::2]
    changed = frame.copy()
    if kind == "same labels":
        changed.index = changed.index.take([0] * len(changed))
    elif kind == "other labels":
        changed.index = [f"row {(7 * i) % len(frame)}" for i in range(len(frame))]
    elif kind == "attrs":
        changed.attrs["source"] = "survey"
    elif kind == "columns turned":
        return changed.iloc[:, ::-1]
    else:
        return _change_columns(changed, kind)
    return changed


def _change_columns(changed: Any, kind: str) -> Any:
    import pandas as pd

    if changed.ndim == 1:
        return column_changed(changed, kind) if column_applies(changed.dtype, kind) else changed
    for i in range(changed.shape[1]):
        column = changed.iloc[:, i]
        if column_applies(column.dtype, kind):
            changed.isetitem(i, column_changed(column, kind))
    return pd.DataFrame(changed)


def column_applies(dtype: Any, kind: str) -> bool:
    """Whether a kind changes a column of this dtype."""
    letter = getattr(dtype, "kind", "")
    named = str(dtype)
    if kind == "nan":
        return letter == "f" and isinstance(dtype, np.dtype)
    if kind == "missing":
        return named in ("object", "str", "string", "category") or letter == "M"
    if kind == "category":
        return named in ("object", "str", "string")
    if kind == "unused category":
        return named == "category"
    if kind == "nullable":
        return isinstance(dtype, np.dtype) and letter in "iu"
    return letter == "f" and isinstance(dtype, np.dtype) and named != kind


def column_changed(column: Any, kind: str) -> Any:
    """A series like the given one, which the kind applies to."""
    import pandas as pd

    if kind in ("nan", "missing"):
        gaps = np.zeros(len(column), dtype=bool)
        gaps[len(column) // 3] = True
        return column.mask(gaps)
    if kind == "unused category":
        known = column.cat.categories
        return column.cat.add_categories([known.max() * 2 + 1 if known.dtype.kind in "iuf" else "unused"])
    if kind == "category":
        return column.astype("category")
    return column.astype(pd.Int64Dtype() if kind == "nullable" else kind)


def change_sparse(matrix: Any, kind: str) -> Any:
    """A sparse matrix of the same values in another form, or with special values."""
    if kind in ("csr", "csc", "coo"):
        return matrix.asformat(kind)
    changed = matrix.copy()
    if kind == "nan":
        changed.data[len(changed.data) // 3] = np.nan
    elif kind == "explicit zeros":
        changed.data[::3] = 0
    elif kind == "wide indices":
        for name in ("indices", "indptr"):
            setattr(changed, name, getattr(changed, name).astype(np.int64))
    elif kind == "unsorted":
        return _unsorted(changed)
    elif kind == "duplicates":
        return _doubled(changed)
    elif kind == "empty rows":
        keep = np.ones(matrix.shape[0], dtype=matrix.dtype)
        keep[::2] = 0
        changed = matrix.multiply(keep[:, None]).tocsr()
        changed.eliminate_zeros()
        return type(matrix)(changed)
    else:
        return matrix.astype(kind)
    return changed


def _unsorted(matrix: Any) -> Any:
    """The entries of every compressed row backwards."""
    for low, high in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        matrix.indices[low:high] = matrix.indices[low:high][::-1].copy()
        matrix.data[low:high] = matrix.data[low:high][::-1].copy()
    matrix.has_sorted_indices = False
    return matrix


def _doubled(matrix: Any) -> Any:
    """Every entry as two halves."""
    half = matrix.data / 2
    data = np.repeat(half, 2).astype(matrix.dtype)
    parts = (data, np.repeat(matrix.indices, 2), matrix.indptr * 2)
    return type(matrix)(parts, shape=matrix.shape)


def change_estimator(estimator: Any, kind: str) -> Any:
    """An estimator with another source of chance, or as it was before any fit."""
    from sklearn.base import clone

    if kind == "unfitted":
        return clone(estimator)
    changed = copy.deepcopy(estimator)
    return changed.set_params(random_state=7 if kind == "other seed" else np.random.RandomState(7))
