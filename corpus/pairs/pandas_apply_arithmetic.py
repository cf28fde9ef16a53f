"""Readings in another unit."""

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((200_000, 6)), columns=list("abcdef"))
    table["kind"] = rng.integers(0, 50, len(table))
    table["id"] = np.arange(len(table))
    return (table,)


def run(table):
    table["a"] = table["a"].apply(lambda c: c * 1.8 + 32)
    return table["a"].max()
