"""Calls of functions of SciPy."""

from typing import Any

import numpy as np

from codeopt import Call, workload

Array = np.ndarray[Any, Any]


def matrix(scale: float, seed: int, columns: int = 6, most: int = 2000) -> Array:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((max(4, int(most * scale)), columns))


@workload("scipy_cluster_vq.py::whiten")
def observations(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed) * np.arange(1.0, 7.0),))


@workload("scipy_cluster_vq.py::py_vq")
def codes(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed), matrix(0.01, seed + 1)))


@workload("scipy_spatial__procrustes.py::procrustes")
def landmarks(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed), matrix(scale, seed + 1)))


@workload("scipy_spatial_distance.py::jensenshannon")
def shares(scale: float, seed: int) -> Call:
    return Call(args=(np.exp(matrix(scale, seed)), np.exp(matrix(scale, seed + 1))), kwargs={"base": 2.0})


@workload("scipy_optimize__optimize.py::rosen_der")
def point(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed)[:, 0],))


@workload("scipy_integrate__quadrature.py::trapezoid")
def curve(scale: float, seed: int) -> Call:
    x = np.sort(matrix(scale, seed + 1)[:, 0])
    return Call(args=(matrix(scale, seed).T.copy(), x))


@workload("scipy_integrate__quadrature.py::cumulative_trapezoid")
def running(scale: float, seed: int) -> Call:
    x = np.sort(matrix(scale, seed + 1)[:, 0])
    return Call(args=(matrix(scale, seed).T.copy(), x), kwargs={"initial": 0})


@workload("scipy_signal__signaltools.py::detrend")
def trends(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed).T.copy() + np.arange(max(4, int(2000 * scale))),))


@workload("scipy_signal__signaltools.py::hilbert")
def signals(scale: float, seed: int) -> Call:
    """Of even and odd length, which are two branches."""
    return Call(args=(matrix(scale, seed)[seed % 2 :].T.copy(),))
