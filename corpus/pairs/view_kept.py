"""The ten largest values of each of some simulations."""

import numpy as np


def arguments():
    return (5, 800_000)


def run(simulations, size):
    largest = []
    for seed in range(simulations):
        ordered = np.sort(np.random.default_rng(seed).random(size))
        largest.append(ordered[-10:])
    return largest
