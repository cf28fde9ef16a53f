"""Largest of some readings, whatever their type."""

import numpy as np


def arguments():
    return (np.random.default_rng(0).random((1500, 1000)),)


def run(readings):
    return readings.astype(np.float64).max()
