"""A table with one more column."""

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((200_000, 6)), columns=list("abcdef"))
    table["kind"] = rng.integers(0, 50, len(table))
    table["id"] = np.arange(len(table))
    return (table,)


def run(table: pd.DataFrame):
    wider = table.copy()
    wider["ratio"] = wider["a"] / (wider["b"] + 1)
    return wider["ratio"].mean()
