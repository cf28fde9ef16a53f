"""Recording NumPy arrays and scalars: values, layout, flags, masks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from codeopt.equivalence.attributes import own_state
from codeopt.equivalence.node import LARGE, Node, summarise, type_name
from codeopt.equivalence.tolerance import LONG_BYTES

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

Array = np.ndarray[Any, Any]


def strides_of(shape: tuple[int, ...], strides: tuple[int, ...], size: int) -> tuple[int, ...]:
    """Strides with the free ones (of dimensions of length 1, of empty arrays) set to zero."""
    if size == 0:
        return (0,) * len(shape)
    if 1 in shape:
        return tuple(0 if n == 1 else s for n, s in zip(shape, strides, strict=True))
    return strides


def payload(array: Array, known: frozenset[int]) -> Any:
    """The elements in C order as bytes, or as `Large`; padding of long doubles is left out."""
    if array.dtype.char in "gG":
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        return flat.reshape(-1, np.dtype(np.longdouble).itemsize)[:, :LONG_BYTES].tobytes()
    if array.nbytes <= LARGE:
        return array.tobytes()
    return summarise(np.ascontiguousarray(array), known)


def record_array(recorder: Recorder, array: Array, path: str) -> Node:
    """An ndarray or a subclass of it."""
    if array is np.ma.masked:
        return Node("text", "numpy.ma", (), "masked")
    recorder.claim_array(path, array)
    kind = type(array)
    plain = array if kind is np.ndarray else np.asarray(array)
    flags = plain.flags
    meta: tuple[tuple[str, Any], ...] = (
        ("dtype", str(plain.dtype)),
        ("shape", plain.shape),
        ("strides", strides_of(plain.shape, plain.strides, plain.size)),
        ("writeable", flags.writeable),
    )
    if plain.dtype.metadata:
        meta += (("metadata", repr(dict(plain.dtype.metadata))),)
    children: list[tuple[str, Node]] = []
    if kind is not np.ndarray:
        children = _subclass_parts(recorder, array, path)
    if plain.dtype.names:
        for name in plain.dtype.names:
            part = recorder.keep(plain[name])
            children.append((f"[{name!r}]", record_array(recorder, part, f"{path}[{name!r}]")))
        return Node("record", type_name(kind), meta, None, tuple(children))
    if plain.dtype.kind == "O" or plain.dtype.kind == "T":
        items = plain.reshape(-1).tolist()
        for i, item in enumerate(recorder.keep(items)):
            children.append((f".flat[{i}]", recorder.record(item, f"{path}.flat[{i}]")))
        return Node("objects", type_name(kind), meta, None, tuple(children))
    return Node("array", type_name(kind), meta, payload(plain, recorder.known), tuple(children))


def _subclass_parts(recorder: Recorder, array: Array, path: str) -> list[tuple[str, Node]]:
    parts: list[tuple[str, Node]] = []
    if isinstance(array, np.ma.MaskedArray):
        for name in ("_mask", "fill_value", "hardmask"):
            value = recorder.keep(getattr(array, name))
            parts.append((f".{name}", recorder.record(value, f"{path}.{name}")))
        return parts
    if isinstance(array, np.memmap):
        state = {"mode": array.mode, "offset": array.offset, "filename": _within(array.filename)}
        return [(f".{k}", recorder.record(v, f"{path}.{k}")) for k, v in state.items()]
    extra = getattr(array, "__dict__", None) or {}
    return [(f".{name}", recorder.record(extra[name], f"{path}.{name}")) for name in sorted(extra)]


def _within(name: Any) -> str | None:
    """A file's name as seen from the working directory, of which every run has one of its own."""
    return None if name is None else os.path.relpath(os.fspath(name))


def record_scalar(recorder: Recorder, value: np.generic, path: str) -> Node:
    """A NumPy scalar, recorded as an array without layout; a record, which is a view, as an array."""
    if isinstance(value, np.void) and value.dtype.names:
        view = recorder.keep(np.asarray(value))
        return record_array(recorder, view, path)._replace(type=type_name(type(value)))
    meta = (("dtype", str(value.dtype)), ("shape", ()))
    data = payload(np.asarray(value), frozenset())
    if type(value).__module__ == "numpy":
        return Node("array", "numpy scalar", meta, data)
    return Node("array", type_name(type(value)), meta, data, tuple(own_state(recorder, value, path)))
