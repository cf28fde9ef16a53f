"""Calls of functions of pandas."""

from typing import Any

import numpy as np
import pandas as pd

from codeopt import Call, workload

Array = np.ndarray[Any, Any]


def gapped(scale: float, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    found = rng.standard_normal((max(3, int(2000 * scale)), 6))
    found[::4, 1] = np.nan
    return found


@workload("pandas_core_nanops.py::nanvar")
def variance(scale: float, seed: int) -> Call:
    return Call(args=(gapped(scale, seed),), kwargs={"axis": 0, "skipna": True})


@workload("pandas_core_nanops.py::nanmean")
def mean(scale: float, seed: int) -> Call:
    return Call(args=(gapped(scale, seed),), kwargs={"axis": 0, "skipna": True})


@workload("pandas_core_reshape_melt.py::melt")
def wide(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    rows = max(3, int(1000 * scale))
    columns = {"who": rng.integers(9, size=rows), "height": rng.random(rows), "weight": rng.random(rows)}
    return Call(args=(pd.DataFrame(columns),), kwargs={"id_vars": ["who"]})


@workload("pandas_core_reshape_encoding.py::_get_dummies_1d")
def classes(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    rows = max(3, int(1000 * scale))
    found = pd.Series(rng.integers(4, size=rows).astype(float), name="kind")
    found[::5] = np.nan
    return Call(args=(found, "kind"))
