"""Smooth readings over a fine grid."""

import numpy as np
from sklearn.kernel_ridge import KernelRidge


def arguments():
    rng = np.random.default_rng(0)
    places = rng.random((400, 3))
    return places, places.sum(axis=1), rng.random((8000, 3))


def run(places, readings, grid):
    model = KernelRidge(kernel="rbf").fit(places, readings)
    return model.predict(grid)
