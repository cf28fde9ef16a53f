"""Normalise readings in steps that each have a name of their own."""

import numpy as np


def arguments():
    return (np.random.default_rng(0).random((1000, 1200)),)


def run(readings):
    shifted = readings - readings.min()
    rooted = np.sqrt(shifted)
    ordered = np.sort(rooted, axis=1)
    summed = np.cumsum(ordered, axis=1)
    return summed[:, -1]
