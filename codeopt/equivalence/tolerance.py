"""When two arrays of floats are the same up to rounding.

Tolerances are those of `torch.testing.assert_close`: relative 1e-3 (float16), 1.6e-2
(bfloat16), 1.3e-6 (float32), and absolute 1e-5; for float64 both are 1e-8, a tenth of theirs:
what passed through float32 is off by 6e-8, and that must show. The absolute one is scaled down by
the largest magnitude of the array when that is below 1, so that gradients of 1e-6 are not all
"close" to zero.

Where a float64 run of the original is known it has the last word: a candidate may be as far
from it as the tolerance, or four times as far as the original itself is at any element of up
to a thousand times the magnitude. (Rounding errors of two orders of summation are independent;
four times the largest seen leaves a fair reordering room, an element that cancelled to little
has the error of its larger neighbours, and the bound keeps the error of a huge element from
excusing a wrong small one.)

That run is no judge where the original is far from it (see `TRUSTED`): random draws in float64
are other draws, and some inputs drown every digit.

Special values: NaN, +inf and -inf must stand where the original has them. Only where the
float64 run is finite and the original is not (it overflowed on the way) may a candidate be
finite, and then it must agree with the float64 run. Payloads of NaN and signs of zero do not
count at this level; they do at `exact`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]

WIDE = 1e-8
RELATIVE = {
    "float16": 1e-3, "bfloat16": 1.6e-2, "float32": 1.3e-6, "float64": WIDE,
    "complex64": 1.3e-6, "complex128": WIDE, "float": WIDE, "complex": WIDE, "float128": WIDE,
}  # fmt: skip
NARROWER = {
    "float128": "float32", "float64": "float32", "float": "float32",
    "complex128": "complex64", "complex": "complex64",
    "float32": "bfloat16", "float16": "bfloat16", "complex64": "bfloat16",
}  # fmt: skip
_EPSILON = {WIDE: 2.0**-52, 1.3e-6: 2.0**-23, 1e-3: 2.0**-10, 1.6e-2: 2.0**-7}
OWN_ERROR = 4.0
TRUSTED = {WIDE: 1e-3, 1.3e-6: 1e-3, 1e-3: 0.05, 1.6e-2: 0.2}
"""How far, relative to the largest magnitude, the original may be from its float64 run for that
run to judge: beyond, it is another computation (another random draw) or a hopeless one."""

LONG_BYTES = 10
"""Bytes of a long double that hold its value; the rest is padding."""

REACH = 1e3
FEW = 8
"""Elements below which an array says too little about the original's own error to go by it."""


class Agreement(NamedTuple):
    """`bad` is the flat index of the first element out of tolerance, or None. `error` is the
    largest distance from the float64 run (the original without one), relative to its largest
    magnitude."""

    bad: int | None
    error: float


_SWAPPED = {"f2": "float16", "f4": "float32", "f8": "float64", "c8": "complex64", "c16": "complex128"}


def float_name(dtype: str) -> str:
    """The name of a float dtype without its byte order; other names as they are."""
    return _SWAPPED.get(dtype[1:], dtype) if dtype[:1] in "<>" else dtype


def as_floats(data: bytes, dtype: str) -> Floats | None:
    """The float64 values of recorded bytes, complex ones as pairs; None for what is no such float."""
    if dtype == "bfloat16":
        wide = np.frombuffer(data, np.uint16).astype(np.uint32) << 16
        return wide.view(np.float32).astype(np.float64)
    if dtype in ("float", "complex"):
        return np.frombuffer(data, np.float64)
    if float_name(dtype) not in RELATIVE:
        return None
    if dtype == "float128":
        return _from_long_doubles(data)
    array = np.frombuffer(data, dtype)
    if array.dtype.kind == "c":
        return array.astype(np.complex128).view(np.float64)
    return array.astype(np.float64)


def _from_long_doubles(data: bytes) -> Floats:
    """From the bytes that hold a value, without the padding."""
    rows = np.frombuffer(data, np.uint8).reshape(-1, LONG_BYTES)
    whole = np.zeros((len(rows), np.dtype(np.longdouble).itemsize), np.uint8)
    whole[:, :LONG_BYTES] = rows
    return whole.reshape(-1).view(np.longdouble).astype(np.float64)


def agree(
    original: Floats,
    candidate: Floats,
    high: Floats | None,
    dtype: str,
    span: float,
    scale: Floats | None = None,
) -> Agreement:
    """Compare flat arrays of one size; `span` is the largest magnitude among the inputs.

    `scale` replaces the magnitude of each element where it is a sum of larger terms.
    """
    with np.errstate(all="ignore"):
        return _agree(original, candidate, high, dtype, span, scale)


def is_far(original: Floats, high: Floats, dtype: str) -> bool:
    """Whether the original's float64 run says nothing about its float values."""
    both = np.isfinite(original) & np.isfinite(high)
    if not both.any():
        return bool((np.isnan(original) != np.isnan(high)).any())
    with np.errstate(all="ignore"):
        away = np.abs(original[both] - high[both]).max()
        return bool(away > TRUSTED[RELATIVE[dtype]] * np.abs(high[both]).max())


def _agree(
    original: Floats, candidate: Floats, high: Floats | None, dtype: str, span: float, scale: Floats | None
) -> Agreement:
    relative = RELATIVE[dtype]
    both = np.isfinite(original) & np.isfinite(candidate)
    alike = np.where(both, True, (original == candidate) | (np.isnan(original) & np.isnan(candidate)))
    truth = original if high is None else high
    size = np.abs(truth if scale is None else scale)
    finite = np.isfinite(size)
    largest = float(size[finite].max()) if finite.any() else 0.0
    base = WIDE if relative == WIDE else 1e-5
    absolute = base * min(1.0, largest)
    if high is None or original.size < FEW:
        room = 64 if relative == WIDE else 4
        absolute = max(absolute, min(base * max(1.0, largest), room * _EPSILON[relative] * span))
    allowed = absolute + relative * np.where(finite, size, 0.0)
    distance = np.abs(candidate - original)
    good = np.where(both, distance <= allowed, alike)
    if high is not None and not good.all():
        good |= _good_by_high(original, candidate, high, allowed)
    away = np.abs(candidate - truth)[both & np.isfinite(truth)]
    error = float(away.max()) / largest if away.size and largest > 0 else 0.0
    bad = None if good.all() else int(np.argmin(good))
    return Agreement(bad, error)


def _good_by_high(original: Floats, candidate: Floats, high: Floats, allowed: Floats) -> Any:
    known = np.isfinite(high)
    away = np.abs(candidate - high)
    good = known & np.isfinite(candidate) & (away <= allowed)
    own = np.where(known & np.isfinite(original), np.abs(original - high), 0.0)
    size = np.where(known, np.abs(high), np.inf)
    order = np.argsort(size, kind="stable")
    worst = np.maximum.accumulate(own[order])
    last = np.searchsorted(size[order], REACH * np.where(known, size, 0.0), side="right") - 1
    reach = np.where(last >= 0, worst[np.maximum(last, 0)], 0.0)
    return good | (known & np.isfinite(candidate) & np.isfinite(original) & (away <= OWN_ERROR * reach))
