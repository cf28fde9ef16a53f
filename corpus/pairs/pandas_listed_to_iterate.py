"""Longest run of growing readings."""

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((400_000, 6)), columns=list("abcdef"))
    table["kind"] = rng.integers(0, 50, len(table))
    table["id"] = np.arange(len(table))
    return (table,)


def run(table):
    longest = current = 0
    last = 0.0
    for value in table["a"].tolist():
        current = current + 1 if value > last else 0
        longest, last = max(longest, current), value
    return longest
