"""The leading word of every document."""

import numpy as np
import scipy.sparse


def arguments():
    return (scipy.sparse.random(4000, 1000, density=0.005, format="csr", random_state=0),)


def run(tfidf):
    leading = tfidf.toarray().argmax(axis=1)
    return np.bincount(leading).argmax()
