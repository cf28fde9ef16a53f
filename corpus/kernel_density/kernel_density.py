"""Gaussian kernel density estimation with the bandwidth chosen on held-out data."""

import numpy as np


def squared_distances(a, b):
    """Squared distances between the rows of two matrices, by the binomial formula."""
    norms_a = (a * a).sum(axis=1)
    norms_b = (b * b).sum(axis=1)
    cross = a @ b.T
    twice = 2.0 * cross
    distances = norms_a[:, None] + norms_b[None, :] - twice
    # rounding can leave tiny negative values on near-identical points
    distances = np.maximum(distances, 0.0)
    return distances


def log_likelihood(distances, weights, bandwidth, dimension):
    """Mean log density of the held-out points under one bandwidth."""
    exponent = -0.5 * distances / bandwidth**2
    kernel = np.exp(exponent)
    weighted = kernel * weights[None, :]
    density = weighted.sum(axis=1)
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
