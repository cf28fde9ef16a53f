"""Amounts of orders, row by row."""

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((50_000, 6)), columns=list("abcdef"))
    table["kind"] = rng.integers(0, 50, len(table))
    table["id"] = np.arange(len(table))
    return (table,)


def run(table):
    total = 0.0
    for row in table.to_dict("records"):
        total += row["a"] * row["b"]
    return total
