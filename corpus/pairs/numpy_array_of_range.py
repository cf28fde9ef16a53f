"""Labels for two groups."""

import numpy as np


def arguments():
    return (range(300_000), range(200_000))


def run(hits, misses):
    labels = np.array([1] * len(hits) + [0] * len(misses))
    return labels.mean()
