"""Momentum descent of many particles in a bowl, with the path for an animation."""

import numpy as np


def pull(positions, stiffness=1.5):
    """Gradient of the bowl at every particle."""
    return stiffness * positions


def remember(path, positions):
    """Add a frame to the animation."""
    path.append(positions)


def simulate(positions, steps=6, rate=0.05, momentum=0.8):
    """Move all particles `steps` times.

    Returns the list of positions before the first and after every step.
    """
    positions = positions + 0.0  # the caller's array stays as it is
    velocity = np.zeros_like(positions)
    path = []
    for _ in range(steps):
        remember(path, positions)
        velocity *= momentum
        velocity -= rate * pull(positions)
        positions = positions + velocity
    remember(path, positions)
    return path
