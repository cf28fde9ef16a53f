"""Power of the shards of a recording, one shard at a time."""

import numpy as np


def arguments():
    return (5, 1_200_000)


def run(shards, size):
    power = []
    for seed in range(shards):
        samples = np.random.default_rng(seed).standard_normal(size)
        power.append(float(np.dot(samples, samples)))
    return power
