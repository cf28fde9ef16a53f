"""Principal components: whitened scores and a reconstruction error for every sample."""

import numpy as np

EPSILON = 1e-9


def principal_components(scaled, keep):
    """The `keep` directions of largest variance, as columns, and their variances."""
    covariance = scaled.T @ scaled / max(1, len(scaled) - 1)
    values, vectors = np.linalg.eigh(covariance)
    order = np.argsort(values)[::-1][:keep]
    vectors = vectors[:, order]
    # eigenvectors have no sign of their own: let the largest entry be positive
    largest = np.abs(vectors).argmax(axis=0)
    signs = np.sign(vectors[largest, np.arange(vectors.shape[1])])
    return vectors * signs, np.maximum(values[order], 0.0)


def whiten(samples, keep=8):
    """Project the standardised samples on the leading components, with unit variance.

    Also returns the squared distance of each sample from its
    reconstruction, which serves as an anomaly score.
    """
    centred = samples - samples.mean(axis=0)
    centred /= samples.std(axis=0) + EPSILON
    scaled = centred
    components, variances = principal_components(scaled, keep)
    whitener = components * (1.0 / np.sqrt(variances + EPSILON))
    scores = scaled @ whitener

    errors = np.empty(len(scaled), scaled.dtype)
    for start in range(0, len(scaled), 256):
        rows = slice(start, start + 256)
        residual = (scaled[rows] @ components) @ components.T
        np.subtract(scaled[rows], residual, out=residual)
        errors[rows] = np.einsum("ij,ij->i", residual, residual)
    return scores, errors


def anomalies(samples, keep=8, quantile=0.99):
    """Positions of the samples that the components explain worst."""
    _, errors = whiten(samples, keep)
    return np.flatnonzero(errors > np.quantile(errors, quantile))
