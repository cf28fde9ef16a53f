"""What numba would compile runs as Python, whose lines can be traced."""

from __future__ import annotations

import functools
import importlib.abc
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any

import numpy as np


def interpret_all() -> None:
    """Let what numba would compile from now on run as Python; for this process."""
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    numba = sys.modules.get("numba")
    if numba is not None:
        _interpret(numba)
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Changes numba as soon as it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "numba":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            plain = spec.loader.exec_module

            def execute(module: ModuleType) -> None:
                plain(module)
                _interpret(module)

            spec.loader.exec_module = execute  # type: ignore[method-assign]
        return spec


def _interpret(numba: Any) -> None:
    numba.config.DISABLE_JIT = True
    # The switch leaves these two out, and what they compile may call what is not compiled any more.
    numba.vectorize, numba.guvectorize = _vectorize, _guvectorize


def _vectorize(*asked: Any, **options: Any) -> Any:
    """`numba.vectorize` as it is called: with or without signatures."""
    if len(asked) == 1 and isinstance(asked[0], FunctionType):
        return np.vectorize(asked[0])
    results = [_dtype(kinds.result) for kinds in _signatures(asked)]
    return lambda function: np.vectorize(function, otypes=[np.result_type(*results)] if results else None)


def _guvectorize(*asked: Any, **options: Any) -> Callable[[Callable[..., None]], Callable[..., Any]]:
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
