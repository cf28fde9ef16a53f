"""Making a NumPy array awkward: another layout or dtype, or special values."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

VALUES = ("nan", "inf", "zeros signed", "subnormal", "large", "constant")
"""Kinds that write floats."""

WHOLE_NUMBERS = ("zeros", "in pairs", "negative")
"""Kinds that write integers."""

LARGEST = {"float16": 200.0, "bfloat16": 1e18, "float32": 1e18, "float64": 1e150}
"""Factors for `large`: the square of the result still fits the dtype, its cube does not."""


def change_array(array: Array, kind: str) -> Array:
    """An array in another layout or dtype, or with other values, never the given one."""
    if kind in VALUES:
        changed = array.copy(order="K")
        put_values(changed.reshape(-1) if changed.flags.c_contiguous else changed.T.reshape(-1), kind)
        return changed
    if kind in WHOLE_NUMBERS:
        return _whole(array, kind)
    if kind in _LAYOUTS:
        return _LAYOUTS[kind](array)
    with np.errstate(all="ignore"):
        if kind == "bool":
            return array > 0
        if kind.startswith("int"):
            return (np.nan_to_num(array) * 10).astype(kind)
        return array.astype(kind)


def _whole(array: Array, kind: str) -> Array:
    changed = array.copy(order="K")
    if kind == "zeros":
        changed[...] = 0
    elif kind == "in pairs":
        changed[1::2] = changed[: len(changed) // 2 * 2 : 2]
    else:
        changed[::3] = -1 - changed[::3]
    return changed


def _fortran(array: Array) -> Array:
    return np.asfortranarray(array) if not array.flags.f_contiguous else np.ascontiguousarray(array)


def _readonly(array: Array) -> Array:
    changed = array.copy(order="K")
    changed.flags.writeable = False
    return changed


def _unaligned(array: Array) -> Array:
    changed: Array = np.ndarray(array.shape, array.dtype, bytearray(array.nbytes + 1), 1)
    changed[...] = array
    return changed


def _mapped(array: Array) -> Array:
    # The map keeps the file's memory when the file object is gone.
    with tempfile.TemporaryFile() as file:
        changed = np.memmap(file, array.dtype, "w+", shape=array.shape)
    changed[...] = array
    return changed


_LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "fortran": _fortran,
    "strided": lambda array: np.repeat(array, 2, axis=0)[::2],
    "reversed": lambda array: array[::-1].copy()[::-1],
    "readonly": _readonly,
    "unaligned": _unaligned,
    "broadcast": lambda array: np.broadcast_to(array[:1].copy(), array.shape),
    "scalar": lambda array: array.reshape(-1)[:1].copy().reshape(()),
    "memory-mapped": _mapped,
}


def put_values(flat: Any, kind: str) -> None:
    """Write special values into a flat, writable array or tensor of floats."""
    size = len(flat)
    name = str(flat.dtype).removeprefix("torch.")
    tiny = {"float16": 6e-8, "float64": 5e-324, "float32": 1e-45}.get(name, 1e-40)
    if kind == "nan":
        flat[size // 3] = float("nan")
    elif kind == "inf":
        flat[size // 3] = float("inf")
        flat[2 * size // 3] = float("-inf")
    elif kind == "zeros signed":
        flat[::3] = -0.0
        flat[1::3] = 0.0
    elif kind == "subnormal":
        flat[::2] = tiny
    elif kind == "large":
        flat *= LARGEST[name]
    else:
        flat[:] = 1.0
