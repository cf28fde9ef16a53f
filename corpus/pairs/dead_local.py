"""Statistics of a training and a validation split made one after the other."""

import numpy as np


def arguments():
    return (1_200_000,)


def run(size):
    rng = np.random.default_rng(0)
    train = rng.standard_normal(size)
    low, high = train.min(), train.max()
    held_out = rng.standard_normal(size)
    return float(np.count_nonzero((held_out < low) | (held_out > high)))
