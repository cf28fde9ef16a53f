"""Embeddings of tokens by a one-hot product."""

import numpy as np


def arguments():
    rng = np.random.default_rng(0)
    return rng.integers(0, 500, 4000), rng.random((500, 64))


def run(tokens, table):
    return np.eye(len(table))[tokens] @ table
