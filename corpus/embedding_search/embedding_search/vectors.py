"""Small operations on rows of vectors."""

import numpy as np


def normalise(vectors: np.ndarray) -> np.ndarray:
    """Rows of unit length; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0)


def popularity_penalty(views: np.ndarray, strength: float = 0.05) -> np.ndarray:
    """A discount that keeps documents that everybody reads from winning every query."""
    return strength * np.log1p(views) / np.log1p(views.max() + 1)
