"""Scale measurements to a fixed interval, for models and plots that dislike large numbers."""

import numpy as np


def as_matrix(values):
    """A float matrix of whatever the caller has; one column where it is flat."""
    matrix = np.asarray(values, dtype=float)
    return matrix.reshape(len(matrix), -1)


def value_range(matrix):
    """Lowest value and width of the range; a constant matrix counts as 1 wide."""
    low = matrix.min()
    span = matrix.max() - low
    return low, span if span > 0 else 1.0


def rescale(values, lower=-1.0, upper=1.0):
    """Map the values linearly to [lower, upper].

    Anything that `numpy.asarray` understands will do as `values`.
    """
    matrix = as_matrix(values)
    low, span = value_range(matrix)
    matrix = (matrix - low) / span * (upper - lower) + lower
    # rounding may leave the interval by the last bit
    return np.clip(matrix, lower, upper, out=matrix)
