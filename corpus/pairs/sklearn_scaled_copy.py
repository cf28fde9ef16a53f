"""Random directions."""

import numpy as np
from sklearn.preprocessing import normalize


def arguments():
    return (200_000,)


def run(n):
    directions = np.random.default_rng(0).standard_normal((n, 8))
    directions = normalize(directions)
    return directions
