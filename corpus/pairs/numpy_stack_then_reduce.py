"""Average of the predictions of two models."""

import numpy as np


def arguments():
    rng = np.random.default_rng(0)
    return rng.random((1500, 600)), rng.random((1500, 600))


def run(first, second):
    return np.mean([first, second], axis=0)
