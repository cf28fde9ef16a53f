"""Lloyd's k-means with k-means++ like seeding, in plain NumPy."""

import numpy as np


def initial_centres(points, k, rng):
    """Pick `k` points, each with a probability that grows with its distance to those before."""
    centres = points[rng.integers(len(points))][np.newaxis]
    while len(centres) < k:
        nearest = squared_distances(points, centres).min(axis=1)
        total = nearest.sum()
        weights = nearest / total if total > 0 else None
        chosen = points[rng.choice(len(points), p=weights)]
        centres = np.vstack([centres, chosen])
    return centres


def squared_distances(points, centres):
    """Matrix of squared Euclidean distances, shape (len(points), len(centres))."""
    distances = np.empty((len(points), len(centres)), dtype=np.result_type(points, centres))
    for start in range(0, len(points), 128):
        rows = slice(start, start + 128)
        difference = points[rows, np.newaxis, :] - centres[np.newaxis, :, :]
        distances[rows] = (difference**2).sum(axis=2)
    return distances


def update(points, labels, centres):
    """Move every centre to the mean of its members; one without members stays."""
    moved = centres.copy()
    for j in range(len(centres)):
        members = points[labels == j]
        if len(members):
            moved[j] = members.mean(axis=0)
    return moved


def kmeans(points, k=24, iterations=4, seed=0):
    """Cluster `points`; returns (labels, centres, inertia)."""
    rng = np.random.default_rng(seed)
    centres = initial_centres(points, k, rng)

    for _ in range(iterations):
        distances = squared_distances(points, centres)
        labels = distances.argmin(axis=1)
        moved = update(points, labels, centres)
        if np.allclose(moved, centres):
            break
        centres = moved

    inertia = float(squared_distances(points, centres).min(axis=1).sum())
    return labels, centres, inertia
