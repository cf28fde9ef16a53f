"""Turnover of a shop from its file of sales."""

import os
import tempfile

import numpy as np
import pandas as pd


def arguments():
    path = os.path.join(tempfile.mkdtemp(dir="."), "sales.csv")
    sales = pd.DataFrame(np.random.default_rng(0).random((40_000, 8)), columns=list("abcdefgh"))
    sales["note"] = [f"sold as item {i} of the day" for i in range(len(sales))]
    sales.to_csv(path, index=False)
    return (path,)


def run(path):
    sales = pd.read_csv(path)
    return (sales["a"] * sales["b"]).sum()
