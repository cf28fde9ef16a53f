"""Numba's universal functions as Python functions, called for each element or row, and its classes."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np


def vectorize(*asked: Any, **options: Any) -> Any:
    """`numba.vectorize` as it is called: with or without signatures."""
    if len(asked) == 1 and isinstance(asked[0], FunctionType):
        return np.vectorize(asked[0])
    results = [_dtype(kinds.result) for kinds in _signatures(asked) if kinds.result is not None]
    return lambda function: np.vectorize(function, otypes=[np.result_type(*results)] if results else None)


def guvectorize(*asked: Any, **options: Any) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """`numba.guvectorize` as it is called: with signatures, or without, and the layout."""
    *types, layout = asked
    kinds = [signature.args for signature in _signatures(types)]
    return lambda function: _OverRows(function, layout.replace(" ", ""), kinds)


@dataclass(frozen=True, slots=True)
class _Signature:
    """Numba's types of what a function is given and of what it returns, None where that is not told."""

    args: tuple[Any, ...]
    result: Any


def jitclass(*asked: Any, **options: Any) -> Any:
    """`numba.experimental.jitclass` as it is called: the class, with a type that others may ask for."""
    from numba import types

    def plain(kind: Any) -> Any:
        kind.class_type = SimpleNamespace(instance_type=types.pyobject)
        return kind

    return plain(asked[0]) if asked and isinstance(asked[0], type) else plain


def _signatures(asked: Sequence[Any]) -> list[_Signature]:
    from numba.core import sigutils

    several = asked[0] if asked and isinstance(asked[0], list | tuple) else asked
    normalize: Callable[[Any], tuple[tuple[Any, ...], Any]] = sigutils.normalize_signature
    return [_Signature(*normalize(each)) for each in several]


def _dtype(kind: Any) -> np.dtype[Any]:
    """The element type of one of numba's types."""
    from numba.np import numpy_support

    return np.dtype(numpy_support.as_dtype(getattr(kind, "dtype", kind)))


class _OverRows:
    """A function that fills its last arguments, called for each row as NumPy's generalized functions are.

    An object, for as an attribute of a class such a function is no method.
    """

    def __init__(self, function: Callable[..., None], layout: str, kinds: Sequence[Sequence[Any]]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._kinds = kinds
        self._given, self._made = (
            [names.split(",") for names in re.findall(r"\(([^)]*)\)", part)] for part in layout.split("->")
        )
        self._over = np.vectorize(self._fill, signature=layout)

    def __call__(self, *values: Any, out: Any = None) -> Any:
        count = len(self._given)
        result = self._over(*values[:count])
        held = values[count:] or (() if out is None else out if isinstance(out, tuple) else (out,))
        for place, found in zip(held, result if len(self._made) > 1 else (result,), strict=False):
            place[...] = found
        return result

    def _fill(self, *values: Any) -> Any:
        arrays = [np.asarray(value) for value in values]
        kinds = next((each for each in self._kinds if _fits(arrays, each)), ())
        sizes: dict[str, int] = {}
        for names, array in zip(self._given, arrays, strict=True):
            sizes |= dict(zip(names, array.shape, strict=False))
        dtypes = [_dtype(kind) for kind in kinds[len(arrays) :]]
        dtypes = dtypes or [np.result_type(*arrays)] * len(self._made)
        results = [
            np.zeros([int(sizes.get(name, name)) for name in names if name] or [1], dtype)
            for names, dtype in zip(self._made, dtypes, strict=True)
        ]
        in_arrays = [hasattr(kind, "ndim") for kind in kinds] or [False] * len(arrays)
        pairs = zip(arrays, in_arrays, strict=False)
        rows = [a if a.ndim else a[None] if is_array else a[()] for a, is_array in pairs]
        self._function(*rows, *results)
        pairs_made = zip(self._made, results, strict=True)
        plain = [found if names != [""] else found[0] for names, found in pairs_made]
        return tuple(plain) if len(plain) > 1 else plain[0]


def _fits(arrays: Sequence[np.ndarray[Any, Any]], kinds: Sequence[Any]) -> bool:
    return all(np.can_cast(array, _dtype(kind)) for array, kind in zip(arrays, kinds, strict=False))
