"""Total of a column with holes."""

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((200_000, 6)), columns=list("abcdef"))
    table = table.mask(table > 0.9)
    table["kind"] = rng.integers(0, 50, len(table))
    table["id"] = np.arange(len(table))
    return (table,)


def run(table: pd.DataFrame):
    return table.fillna(0)["a"].sum()
