"""Temperature-scaled softmax over standardised logits, as used for calibrating a classifier."""

import numpy as np

EPSILON = 1e-6


def standardise(logits):
    """Give every row of `logits` mean 0 and variance 1."""
    mean = logits.mean(axis=1, keepdims=True)
    centred = logits - mean
    variance = (centred**2).mean(axis=1, keepdims=True)
    std = np.sqrt(variance + EPSILON)
    standardised = centred / std
    return standardised


def softmax(logits, temperature=1.5):
    """Class probabilities of a batch.

    Rows are standardised first, so that one temperature fits networks
    whose logits live on different scales.
    """
    scores = standardise(logits)
    scaled = scores / temperature
    # subtract the row maximum: exp() would overflow otherwise
    shifted = scaled - scaled.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    totals = exps.sum(axis=1, keepdims=True)
    probabilities = exps / totals
    return probabilities


def expected_calibration_error(probabilities, labels, bins=15):
    """Mean gap between confidence and accuracy over equally wide bins of confidence."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0.0, 1.0, bins + 1)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            gap = abs(correct[inside].mean() - confidence[inside].mean())
            error += inside.mean() * gap
    return error
