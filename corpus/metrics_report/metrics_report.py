"""Quality figures of a multi-class classifier from its predicted probabilities."""

import numpy as np


def brier_score(probabilities, labels):
    """Mean squared distance between the prediction and the truth."""
    onehot = np.eye(probabilities.shape[1])[labels]
    difference = probabilities - onehot
    return float((difference**2).sum(axis=1).mean())


def log_loss(probabilities, labels):
    """Mean negative log likelihood of the true classes."""
    onehot = np.eye(probabilities.shape[1])[labels]
    safe = np.clip(probabilities, 1e-12, 1.0)
    likelihood = (onehot * np.log(safe)).sum(axis=1)
    return float(-likelihood.mean())


def confident_share(probabilities, threshold=0.8):
    """For every class, how often it is predicted with confidence."""
    confident = probabilities > threshold
    return confident.astype(float).mean(axis=0)


def report(probabilities, labels):
    """All figures in one dictionary, ready to be logged.

    `labels` are class numbers, `probabilities` has one row a sample.
    """
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    return {
        "accuracy": float((predicted == labels).astype(float).mean()),
        "mean_confidence": float(confidence.mean()),
        "wrong_but_sure": float(confidence[predicted != labels].sum()),
        "brier": brier_score(probabilities, labels),
        "log_loss": log_loss(probabilities, labels),
        "confident_share": confident_share(probabilities),
    }
