"""A classifier of word counts."""

import numpy as np
import scipy.sparse
from sklearn.linear_model import LogisticRegression


def arguments():
    counts = scipy.sparse.random(3000, 800, density=0.01, format="csr", random_state=0)
    return counts, np.arange(3000) % 2


def run(counts, labels):
    model = LogisticRegression(max_iter=30)
    model.fit(counts.toarray(), labels)
    return model.predict(counts.toarray())
