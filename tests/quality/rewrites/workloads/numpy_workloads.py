"""Calls of functions of NumPy that are written in Python."""

from typing import Any

import numpy as np

from codeopt import Call, workload

Array = np.ndarray[Any, Any]


def matrix(scale: float, seed: int, columns: int = 6, most: int = 2000) -> Array:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((max(3, int(most * scale)), columns))


@workload("numpy_lib__nanfunctions_impl.py::nanvar")
def gaps(scale: float, seed: int) -> Call:
    found = matrix(scale, seed)
    found[::3, 1] = np.nan
    return Call(args=(found,), kwargs={"axis": 0})


@workload("numpy_lib__nanfunctions_impl.py::_replace_nan")
def filled(scale: float, seed: int) -> Call:
    found = matrix(scale, seed)
    found[::3, 1] = np.nan
    return Call(args=(found, 0.0))


@workload("numpy_lib__twodim_base_impl.py::vander")
def powers(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed)[:, 0], 6))


@workload("numpy_lib__arraysetops_impl.py::ediff1d")
def differences(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed)[:, 0],), kwargs={"to_begin": np.zeros(2)})


@workload("numpy_polynomial_chebyshev.py::chebvander")
def chebyshev(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed)[:, 0], 5))


@workload("numpy_polynomial_legendre.py::legval")
def legendre(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed)[:, 0], np.random.default_rng(seed + 1).standard_normal(6)))


@workload("numpy_lib__shape_base_impl.py::kron")
def blocks(scale: float, seed: int) -> Call:
    return Call(args=(matrix(scale, seed, 3, 300), matrix(0.01, seed + 1, 4, 300)))
