"""Quality figures of a multi-class classifier from its predicted probabilities."""

import numpy as np


def brier_score(probabilities, labels):
    """Mean squared distance between the prediction and the truth."""
    difference = probabilities.astype(np.float64)
    difference[np.arange(len(labels)), labels] -= 1.0
    return float(np.einsum("ij,ij->i", difference, difference).mean())


def log_loss(probabilities, labels):
    """Mean negative log likelihood of the true classes."""
    # In blocks and not by indexing: a NaN in another class's column counts.
    identity = np.eye(probabilities.shape[1])
    likelihood = np.empty(len(labels))
    for start in range(0, len(labels), 1024):
        rows = slice(start, start + 1024)
        safe = np.clip(probabilities[rows], 1e-12, 1.0)
        likelihood[rows] = (identity[labels[rows]] * np.log(safe)).sum(axis=1)
    return float(-likelihood.mean())


def confident_share(probabilities, threshold=0.8):
    """For every class, how often it is predicted with confidence."""
    confident = probabilities > threshold
    return confident.mean(axis=0)


def report(probabilities, labels):
    """All figures in one dictionary, ready to be logged.

    `labels` are class numbers, `probabilities` has one row a sample.
    """
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    return {
        "accuracy": float((predicted == labels).mean()),
        "mean_confidence": float(confidence.mean()),
        "wrong_but_sure": float(confidence.sum(where=predicted != labels)),
        "brier": brier_score(probabilities, labels),
        "log_loss": log_loss(probabilities, labels),
        "confident_share": confident_share(probabilities),
    }
