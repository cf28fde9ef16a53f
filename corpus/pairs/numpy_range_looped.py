"""A running total by index."""

import numpy as np

VALUES = np.random.default_rng(0).random(300_000)


def arguments():
    return (VALUES,)


def run(values):
    total = 0.0
    for i in np.arange(len(values)):
        total += values[i]
    return total
