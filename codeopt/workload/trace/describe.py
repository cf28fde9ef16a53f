"""What a large array is like: enough to draw another that a function takes as it took this one."""

from __future__ import annotations

import sys
from typing import Any

_FEW = 64


def describe(value: Any) -> dict[str, Any] | None:
    """The range, spread, order and gaps of an array of bools, integers or floats; None for other dtypes."""
    kind = value.dtype.kind
    if kind == "b":
        return {"of": "bool", "mean": float(value.mean())}
    if kind in "iu":
        return _integers(value)
    if kind == "f":
        return _floats(value)
    if kind == "c":
        return {"of": "complex", "real": _floats(value.real), "imag": _floats(value.imag)}
    return None


def _integers(value: Any) -> dict[str, Any]:
    np = sys.modules["numpy"]
    low, high = int(value.min()), int(value.max())
    found: dict[str, Any] = {"of": "int", "min": low, "max": high, "sorted": _sorted(value)}
    if value.ndim == 1 and high - low == value.size - 1 and np.bincount(value - low).max() == 1:
        found["distinct"] = True
    elif high - low > _FEW:
        unique = np.unique(value)
        if unique.size <= _FEW:
            found["values"] = [int(v) for v in unique]
    return found


def _floats(value: Any) -> dict[str, Any]:
    np = sys.modules["numpy"]
    finite = np.isfinite(value)
    good = value[finite].astype(np.float64)
    found: dict[str, Any] = {
        "of": "float",
        "nan": float(np.isnan(value).mean()),
        "inf": float(np.isinf(value).mean()),
        "zero": float((good == 0).mean()) if good.size else 0.0,
        "sorted": _sorted(value),
        "whole": bool(good.size and (good == np.floor(good)).all()),
    }
    if good.size:
        found |= {
            "min": float(good.min()),
            "max": float(good.max()),
            "mean": float(good.mean()),
            "std": float(good.std()),
        }
    return found


def _sorted(value: Any) -> int:
    """1 for a vector that never falls, -1 for one that never rises, else 0."""
    if value.ndim != 1 or value.size < 3:
        return 0
    if bool((value[1:] >= value[:-1]).all()):
        return 1
    return -1 if bool((value[1:] <= value[:-1]).all()) else 0
