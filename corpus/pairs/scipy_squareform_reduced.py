"""How far the points of a cloud are apart."""

import numpy as np
from scipy.spatial.distance import pdist, squareform


def arguments():
    return (np.random.default_rng(0).random((1200, 3)),)


def run(points):
    return squareform(pdist(points)).max()
