"""Calls of functions of scikit-learn."""

from typing import Any

import numpy as np

from codeopt import Call, workload

Array = np.ndarray[Any, Any]


def matrix(scale: float, seed: int, columns: int = 12, most: int = 2000) -> Array:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((max(2, int(most * scale)), columns))


def probabilities(scale: float, seed: int, classes: int = 8) -> Array:
    odds = np.exp(matrix(scale, seed, classes))
    shares: Array = odds / odds.sum(axis=1, keepdims=True)
    return shares


@workload("sklearn_utils_extmath.py::softmax")
def logits(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed),))


@workload("sklearn_neural_network__base.py::inplace_softmax")
def activations(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed),))


@workload("sklearn_neural_network__base.py::binary_log_loss")
def predicted(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    found = probabilities(scale, seed)
    return Call(args=(np.where(rng.random(found.shape) < 0.3, 1.0, 0.0), found))


@workload("sklearn_mixture__gaussian_mixture.py::_estimate_gaussian_covariances_full")
def responsibilities(scale: float, seed: int) -> Call:
    points, shares = matrix(scale, seed), probabilities(scale, seed + 1, 3)
    weights = shares.sum(axis=0) + 1e-6
    return Call(args=(shares, points, weights, shares.T @ points / weights[:, None], 1e-6))


@workload("sklearn_mixture__gaussian_mixture.py::_estimate_log_gaussian_prob")
def components(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    cholesky = np.stack([np.triu(rng.standard_normal((12, 12))) + 4 * np.eye(12) for _ in range(3)])
    return Call(args=(matrix(scale, seed), rng.standard_normal((3, 12)), cholesky, "full"))


@workload("sklearn_metrics__ranking.py::_dcg_sample_scores")
def ranked(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    gains = rng.integers(5, size=(max(2, int(200 * scale)), 20)).astype(float)
    return Call(args=(gains, rng.integers(12, size=gains.shape).astype(float)), kwargs={"k": 10})


@workload("sklearn_manifold__t_sne.py::_kl_divergence")
def embedded(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    n = max(4, int(300 * scale))
    together = rng.random(n * (n - 1) // 2)
    return Call(args=(rng.standard_normal(2 * n), together / together.sum(), 1, n, 2))


@workload("sklearn_decomposition__nmf.py::_multiplicative_update_w")
def factors(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    rows = max(2, int(600 * scale))
    left, right = rng.random((rows, 5)), rng.random((5, 30))
    kept = {"update_H": False, "XHt": rng.random((rows, 5)), "HHt": right @ right.T}
    return Call(args=(rng.random((rows, 30)), left, right, 2, 0.1, 0.1, 1.0), kwargs=kept)


@workload("sklearn_utils_extmath.py::weighted_mode")
def votes(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    found = rng.integers(4, size=(max(2, int(500 * scale)), 6))
    return Call(args=(found, rng.random(found.shape)))


@workload("sklearn_covariance__shrunk_covariance.py::_oas")
def samples(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed) + 1.0,))
