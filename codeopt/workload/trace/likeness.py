"""How alike two calls are: by the shapes, dtypes and types of their arguments; and how much they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_DEEP = 3
_FIRST = 6
"""Items of a container that are looked at."""

_SHORT = 16
"""Characters of a word that may be the name of an option, which tells calls apart."""

_LIBRARIES = {"numpy", "torch", "pandas", "scipy"}
_shaped: dict[type, bool] = {}


def likeness(value: Any, depth: int = 0) -> Any:
    """Something hashable that is equal for values of one type, shape and dtype."""
    kind = type(value)
    if value is None or kind is bool:
        return bool, value
    if kind is str:
        return value if len(value) <= _SHORT and value.isidentifier() else str
    if kind in (int, float, complex, bytes):
        return kind
    if depth < _DEEP and kind in (list, tuple, dict, set, frozenset):
        return kind, min(len(value), _FIRST), *[likeness(item, depth + 1) for item in _some(value)]
    if not _has_shape(kind):
        return kind
    dtype = getattr(value, "dtype", None)
    if dtype is None and hasattr(value, "dtypes"):
        return kind, tuple(value.shape), *map(str, value.dtypes)
    return kind, tuple(value.shape), dtype, getattr(value, "requires_grad", None)


def _has_shape(kind: type) -> bool:
    """Whether objects of a type have a `shape` to ask for: a property of the user's might do anything."""
    known = _shaped.get(kind)
    if known is None:
        inside = any(base.__module__.partition(".")[0] in _LIBRARIES for base in kind.__mro__)
        known = _shaped[kind] = inside and hasattr(kind, "shape")
    return known


def _some(value: Any) -> Iterator[Any]:
    for position, item in enumerate(value):
        if position >= _FIRST:
            return
        yield item
        if isinstance(value, dict):
            yield value[item]


def weight(value: Any, depth: int = 0) -> int:
    """About how many bytes a value holds, to tell the greatest of several calls."""
    kind = type(value)
    if depth < _DEEP and kind in (list, tuple, dict, set, frozenset):
        each = [weight(item, depth + 1) for item in _some(value)]
        return 64 + sum(each) * len(value) // max(1, min(len(value), _FIRST))
    if _has_shape(kind):
        count = 8
        for length in value.shape:
            count *= int(length)
        return count
    if kind in (str, bytes):
        return len(value)
    held = getattr(value, "__dict__", None) if depth < _DEEP else None
    if isinstance(held, dict) and not isinstance(value, type):
        return 64 + sum(weight(item, depth + 1) for item in list(held.values()))
    return 8
