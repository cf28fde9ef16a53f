"""Documents like one of them."""

import numpy as np
from sklearn.metrics.pairwise import cosine_similarity


def arguments():
    return np.random.default_rng(0).random((2000, 20)), 7


def run(tfidf, wanted):
    scores = cosine_similarity(tfidf)[wanted]
    return scores.argsort()[::-1][:10]
