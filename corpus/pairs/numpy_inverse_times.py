"""Weights of a ridge regression from its normal equations."""

import numpy as np


def arguments():
    rng = np.random.default_rng(0)
    basis = rng.standard_normal((900, 900))
    return basis @ basis.T + 900 * np.eye(900), rng.standard_normal(900)


def run(gram: np.ndarray, moment: np.ndarray):
    return np.linalg.inv(gram) @ moment
