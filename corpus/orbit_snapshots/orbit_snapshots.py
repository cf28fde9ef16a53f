"""Momentum descent of many particles on a bumpy landscape, with the path for an animation."""

import numpy as np


def slope(positions):
    """Gradient of the landscape at every particle."""
    return positions + 2.0 * np.cos(3.0 * positions)


def simulate(positions, steps=6, rate=0.05, momentum=0.8):
    """Move all particles `steps` times.

    Returns the list of positions before the first and after every step.
    """
    positions = positions + 0.0  # the caller's array stays as it is
    velocity = np.zeros_like(positions)
    path = []
    for _ in range(steps):
        path.append(positions)
        velocity *= momentum
        velocity -= rate * slope(positions)
        positions = positions + velocity
    path.append(positions)
    return path
