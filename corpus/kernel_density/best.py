"""Gaussian kernel density estimation with the bandwidth chosen on held-out data."""

import numpy as np


def squared_distances(a, b):
    """Squared distances between the rows of two matrices, by the binomial formula."""
    norms_a = (a * a).sum(axis=1)
    norms_b = (b * b).sum(axis=1)
    distances = norms_a[:, None] + norms_b[None, :]
    for start in range(0, len(a), 64):
        rows = slice(start, start + 64)
        distances[rows] -= 2.0 * (a[rows] @ b.T)
    # rounding can leave tiny negative values on near-identical points
    np.maximum(distances, 0.0, out=distances)
    return distances


def log_likelihood(distances, weights, bandwidth, dimension):
    """Mean log density of the held-out points under one bandwidth."""
    density = np.empty(len(distances))
    for start in range(0, len(distances), 64):
        rows = slice(start, start + 64)
        kernel = -0.5 * distances[rows] / bandwidth**2
        np.exp(kernel, out=kernel)
        kernel *= weights[None, :]
        density[rows] = kernel.sum(axis=1)
    norm = (2.0 * np.pi) ** (dimension / 2) * bandwidth**dimension
    return float(np.log(density / norm + 1e-300).mean())


def select_bandwidth(train, held_out, weights=None, bandwidths=(0.2, 0.35, 0.6, 1.0)):
    """The bandwidth under which `held_out` is most likely, and all scores.

    Parameters
    ----------
    train, held_out : arrays of shape (n, d) and (m, d)
    weights : importance of each training point, uniform by default
    """
    if weights is None:
        weights = np.full(len(train), 1.0)
    weights = weights / weights.sum()
    distances = squared_distances(held_out, train)
    scores = {h: log_likelihood(distances, weights, h, train.shape[1]) for h in bandwidths}
    return max(scores, key=scores.get), scores
