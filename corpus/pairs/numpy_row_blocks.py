"""Best document for every query, with a discount for what everybody reads."""

import numpy as np


def arguments():
    rng = np.random.default_rng(0)
    return rng.random((3000, 32)), rng.random((900, 32)), rng.random(900)


def run(queries, documents, penalty):
    similarity = queries @ documents.T
    adjusted = similarity - penalty[np.newaxis, :]
    best = adjusted.argmax(axis=1)
    scores = adjusted.max(axis=1)
    return best, scores
