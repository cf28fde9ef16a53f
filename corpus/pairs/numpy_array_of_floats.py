"""A column of numbers read as text."""

import numpy as np


def arguments():
    return ([f"{i * 0.25}" for i in range(500_000)],)


def run(column):
    values = np.array([float(text) for text in column])
    return values.mean(), values.max()
