"""Share of entries that are filled."""

import numpy as np
import scipy.sparse


def arguments():
    return (scipy.sparse.random(4000, 1000, density=0.005, format="csr", random_state=0),)


def run(counts):
    rows, columns = counts.shape
    return np.count_nonzero(counts.toarray()) / (rows * columns)
