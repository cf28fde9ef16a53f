"""Lengths of word vectors."""

import numpy as np
import scipy.sparse
import scipy.sparse.linalg


def arguments():
    return (scipy.sparse.random(4000, 1000, density=0.005, format="csr", random_state=0),)


def run(tfidf):
    lengths = np.linalg.norm(tfidf.toarray(), axis=1)
    return lengths.min(), lengths.max()
