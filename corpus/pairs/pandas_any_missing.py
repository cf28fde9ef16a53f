"""Refuse a table with holes."""

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((2_000_000, 6)), columns=list("abcdef"))
    table["kind"] = rng.integers(0, 50, len(table))
    table["id"] = np.arange(len(table))
    return (table,)


def run(table: pd.DataFrame):
    if table.isnull().values.any():
        raise ValueError("values are missing")
    return len(table)
