"""How far stochastic averaging moves the weights of a linear autoencoder from their start."""

import numpy as np


def reconstruct(weights, batch):
    """Project a batch on the row space of the weights and back."""
    return (batch @ weights.T) @ weights


def descend(weights, batch, rate):
    """One step of gradient descent on the reconstruction error, in the given buffer."""
    error = reconstruct(weights, batch) - batch
    hidden = batch @ weights.T
    step = hidden.T @ error + (error @ weights.T).T @ batch
    step *= rate / len(batch)
    weights -= step


def drift_history(weights, batches, rate=0.01):
    """Train on every batch in turn and record the distance from the start after each.

    `weights` hold the trained values afterwards.
    """
    start = weights
    history = []
    for batch in batches:
        descend(weights, batch, rate)
        history.append(float(np.linalg.norm(weights - start)))
    return history
