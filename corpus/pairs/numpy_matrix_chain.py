"""Scores of items by two linear maps in a row."""

import numpy as np


def arguments():
    rng = np.random.default_rng(0)
    return rng.random((1200, 800)), rng.random((800, 1200)), rng.random(1200)


def run(first, second, query):
    return first @ second @ query
