"""Similarity of paired embeddings."""

import numpy as np


def arguments():
    rng = np.random.default_rng(0)
    return rng.random((6000, 256)), rng.random((6000, 256))


def run(left, right):
    return (left * right).sum(axis=1)
