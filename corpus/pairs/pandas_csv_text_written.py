"""Write a table to a file."""

import os
import tempfile

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((100_000, 6)), columns=list("abcdef"))
    table["kind"] = rng.integers(0, 50, len(table))
    table["id"] = np.arange(len(table))
    return (table,)


def run(table):
    path = os.path.join(tempfile.mkdtemp(dir="."), "table.csv")
    with open(path, "w") as out:
        out.write(table.to_csv(index=False))
    return os.path.getsize(path)
