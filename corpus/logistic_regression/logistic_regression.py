"""Logistic regression fitted by full-batch gradient descent with momentum."""

import numpy as np


def prepare(features):
    """Standardise the columns and append a column of ones for the intercept."""
    mean = features.mean(axis=0)
    scale = features.std(axis=0) + 1e-8
    centred = features - mean
    scaled = centred / scale
    ones = np.ones((len(scaled), 1))
    design = np.hstack([scaled, ones])
    return design, mean, scale


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def gradient(design, targets, weights):
    """Gradient of the mean log loss."""
    error = sigmoid(design @ weights) - targets
    per_sample = error[:, np.newaxis] * design
    return per_sample.sum(axis=0) / len(design)


def fit(features, targets, rate=0.5, momentum=0.9, epochs=8, penalty=1e-3):
    """Fit the model.

    Returns
    -------
    weights : the coefficients on the original scale of the features
    intercept : float
    losses : log loss before every step
    """
    design, mean, scale = prepare(features)
    weights = np.zeros(design.shape[1])
    velocity = np.zeros_like(weights)
    losses = []
    for _ in range(epochs):
        p = np.clip(sigmoid(design @ weights), 1e-12, 1 - 1e-12)
        losses.append(float(-(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean()))
        step = gradient(design, targets, weights)
        step[:-1] += penalty * weights[:-1]  # the intercept is not penalised
        velocity = momentum * velocity - rate * step
        weights = weights + velocity

    coefficients = weights[:-1] / scale
    intercept = float(weights[-1] - coefficients @ mean)
    return coefficients, intercept, losses
