"""Shares of every class in its row, 0 where a row is empty."""

import numpy as np


def arguments():
    rng = np.random.default_rng(0)
    return rng.integers(0, 5, (1500, 1000)).astype(float), rng.integers(1, 9, (1500, 1))


def run(counts, totals):
    shares = np.nan_to_num(counts / totals)
    return shares
