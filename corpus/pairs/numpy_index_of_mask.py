"""Cut off what is negative."""

import numpy as np


def arguments():
    return (np.random.default_rng(0).standard_normal((1500, 1000)),)


def run(readings):
    kept = np.tanh(readings)
    kept[np.where(kept < 0)] = 0
    return kept.sum(axis=0)
