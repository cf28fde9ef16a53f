"""The most similar document to each query."""

import numpy as np
from sklearn.metrics.pairwise import cosine_similarity


def arguments():
    rng = np.random.default_rng(0)
    return rng.random((2000, 20)), rng.random((1500, 20))


def run(queries, documents):
    return cosine_similarity(queries, documents).argmax(axis=1)
