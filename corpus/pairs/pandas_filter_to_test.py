"""Raise an alarm where any reading is too high."""

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((200_000, 6)), columns=list("abcdef"))
    table["kind"] = rng.integers(0, 50, len(table))
    table["id"] = np.arange(len(table))
    return (table,)


def run(table: pd.DataFrame):
    alarms = []
    for limit in (0.2, 0.9, 1.5):
        if not table[table["a"] > limit].empty:
            alarms.append(limit)
    return alarms
