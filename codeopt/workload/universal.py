"""Numba's universal functions as Python functions that are called for each element or row."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np


def vectorize(*asked: Any, **options: Any) -> Any:
    """`numba.vectorize` as it is called: with or without signatures."""
    if len(asked) == 1 and isinstance(asked[0], FunctionType):
        return np.vectorize(asked[0])
    results = [_dtype(kinds.result) for kinds in _signatures(asked)]
    return lambda function: np.vectorize(function, otypes=[np.result_type(*results)] if results else None)


def guvectorize(*asked: Any, **options: Any) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """`numba.guvectorize` as it is called: with signatures, or without, and the layout."""
    *types, layout = asked
    kinds = [signature.args for signature in _signatures(types)]
    return lambda function: _over_rows(function, layout.replace(" ", ""), kinds)


@dataclass(frozen=True, slots=True)
class _Signature:
    """Numba's types of what a function is given and of what it returns."""

    args: tuple[Any, ...]
    result: Any


def _signatures(asked: Sequence[Any]) -> list[_Signature]:
    from numba.core import sigutils

    several = asked[0] if asked and isinstance(asked[0], list | tuple) else asked
    normalize: Callable[[Any], tuple[tuple[Any, ...], Any]] = sigutils.normalize_signature
    return [_Signature(*normalize(each)) for each in several]


def _dtype(kind: Any) -> np.dtype[Any]:
    """The element type of one of numba's types."""
    from numba.np import numpy_support

    return np.dtype(numpy_support.as_dtype(getattr(kind, "dtype", kind)))


def _over_rows(
    function: Callable[..., None], layout: str, signatures: Sequence[Sequence[Any]]
) -> Callable[..., Any]:
    """A function that fills its last arguments, called for each row as NumPy's generalized functions are."""
    given, made = (
        [names.split(",") for names in re.findall(r"\(([^)]*)\)", part)] for part in layout.split("->")
    )

    def fill(*values: Any) -> Any:
        arrays = [np.asarray(value) for value in values]
        kinds = next((each for each in signatures if _fits(arrays, each)), ())
        sizes: dict[str, int] = {}
        for names, array in zip(given, arrays, strict=True):
            sizes |= dict(zip(names, array.shape, strict=False))
        dtypes = [_dtype(kind) for kind in kinds[len(given) :]] or [np.result_type(*arrays)] * len(made)
        results = [
            np.zeros([int(sizes.get(name, name)) for name in names if name] or [1], dtype)
            for names, dtype in zip(made, dtypes, strict=True)
        ]
        in_arrays = [hasattr(kind, "ndim") for kind in kinds] or [False] * len(arrays)
        pairs = zip(arrays, in_arrays, strict=False)
        rows = [a if a.ndim else a[None] if is_array else a[()] for a, is_array in pairs]
        function(*rows, *results)
        plain = [found if names != [""] else found[0] for names, found in zip(made, results, strict=True)]
        return tuple(plain) if len(plain) > 1 else plain[0]

    over = np.vectorize(fill, signature=layout)

    @functools.wraps(function)
    def call(*values: Any, out: Any = None) -> Any:
        result = over(*values[: len(given)])
        held = values[len(given) :] or (() if out is None else out if isinstance(out, tuple) else (out,))
        for place, found in zip(held, result if len(made) > 1 else (result,), strict=False):
            place[...] = found
        return result

    return call


def _fits(arrays: Sequence[np.ndarray[Any, Any]], kinds: Sequence[Any]) -> bool:
    return all(np.can_cast(array, _dtype(kind)) for array, kind in zip(arrays, kinds, strict=False))
