"""A digest of a value by content, and inputs with other values: whether a call depends on them at all."""

from __future__ import annotations

import contextlib
import hashlib
import types
from dataclasses import replace
from typing import Any

from codeopt.plots import data_of, drawn_in, open_figures
from codeopt.workload.call import Call

_DEEPEST = 50
"""Modules hold modules: each takes three levels."""

_MOST = 20_000


def effect_of(value: object) -> str:
    """Hex digits that are the same for values of the same content; addresses do not count."""
    digest = hashlib.sha256()
    left = [_MOST]
    _add(digest, value, _DEEPEST, left, set())
    return digest.hexdigest()


def effect_of_figures() -> str:
    """A digest of what pyplot's open figures show, empty if there is nothing in them."""
    shown = [
        (name, *data_of(artist, looks=False))
        for figure in open_figures()
        for name, artist in drawn_in(figure)
    ]
    return effect_of(shown) if shown else ""


def with_other_values(call: Call, place: int) -> Call:
    """The call with other numbers in the arrays of the argument at a place, counting those by name last.

    They are turned round, so that they are of the same kind, and real ones are a quarter smaller, which
    leaves them within their bounds.
    """
    if place < len(call.args):
        args = tuple(_other(value) if n == place else value for n, value in enumerate(call.args))
        return replace(call, args=args)
    place -= len(call.args)
    kwargs = {name: _other(v) if n == place else v for n, (name, v) in enumerate(call.kwargs.items())}
    return replace(call, kwargs=kwargs)


def _other(value: Any) -> Any:
    if isinstance(value, float):
        return value * 0.75
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return type(value)(_other(item) for item in value)
    if type(value) is dict:
        return {key: _other(item) for key, item in value.items()}
    if hasattr(value, "dims") and hasattr(value, "coords") and hasattr(value, "values"):
        return value.copy(data=_other(value.values)) if hasattr(value, "dtype") else value
    if hasattr(value, "detach") and hasattr(value, "flip"):
        turned = value.detach().flip(0) if value.dim() else value.detach()
        return (turned * 0.75 if turned.is_floating_point() else turned).requires_grad_(value.requires_grad)
    if hasattr(value, "dtype") and hasattr(value, "tobytes") and hasattr(value, "ndim") and value.ndim:
        turned = value[::-1].copy()
        return (turned * 0.75).astype(turned.dtype) if turned.dtype.kind in "fc" else turned
    return value


def _add(digest: Any, value: Any, depth: int, left: list[int], seen: set[int]) -> None:
    left[0] -= 1
    digest.update(type(value).__qualname__.encode())
    if left[0] < 0 or depth < 0 or id(value) in seen:
        return
    if value is None or isinstance(value, str | bytes | int | float | complex | bool):
        digest.update(repr(value).encode("utf-8", "replace"))
        return
    if isinstance(value, types.ModuleType | types.FunctionType | types.BuiltinFunctionType | type):
        return
    seen.add(id(value))
    data = _bytes_of(value)
    if data is not None:
        digest.update(data)
    elif isinstance(value, dict):
        for key, item in value.items():
            _add(digest, key, depth - 1, left, seen)
            _add(digest, item, depth - 1, left, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        for item in items:
            _add(digest, item, depth - 1, left, seen)
    else:
        for part in _parts(value):
            _add(digest, part, depth - 1, left, seen)


def _parts(value: Any) -> list[Any]:
    """What an object holds. One may answer any question with an exception."""
    with contextlib.suppress(Exception):
        held = vars(value) if hasattr(value, "__dict__") else None
        args = value.args if isinstance(value, BaseException) else None
        slots = repr(value) if getattr(value, "__slots__", None) else None
        return [part for part in (held, args, slots) if part]
    return []


def _bytes_of(value: Any) -> Any:
    """The content of an array, a tensor, a sparse matrix or a frame as bytes, else None."""
    try:
        if hasattr(value, "detach") and hasattr(value, "requires_grad"):
            grad = b"" if value.grad is None else value.grad.detach().cpu().contiguous().numpy().tobytes()
            dense = value.detach().cpu()
            dense = dense.to_dense() if dense.layout is not dense.data.new_empty(0).layout else dense
            said = f"{tuple(dense.shape)} {value.requires_grad}".encode()
            return said + dense.float().contiguous().numpy().tobytes() + grad
        if hasattr(value, "tocoo") and hasattr(value, "data"):
            coo = value.tocoo()
            return b"".join(part.tobytes() for part in (coo.data, coo.row, coo.col))
        if hasattr(value, "to_numpy") and hasattr(value, "index"):
            return repr(value.to_numpy().tolist()).encode() + repr(list(value.index)).encode()
        if hasattr(value, "tobytes") and hasattr(value, "dtype"):
            if value.dtype.hasobject:
                return repr(value.tolist()).encode()
            return str(value.shape).encode() + bytes(value.tobytes())
    except Exception:  # noqa: BLE001 - an object that only looks like an array is hashed by its attributes
        return None
    return None
