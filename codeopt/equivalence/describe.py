"""Short texts for recorded values and calls, made to be read in a terminal."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from codeopt.equivalence.node import Node
from codeopt.equivalence.packing import unpacked
from codeopt.equivalence.tolerance import as_floats
from codeopt.workload.call import Call

WIDTH = 100
FEW = 8


def shorten(text: str) -> str:
    """A text cut to one hundred characters."""
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def describe(node: Node) -> str:
    """A recorded value in a few words."""
    name = node.type.rpartition(".")[2]
    if node.kind in ("array", "record", "objects"):
        return _describe_array(node, name)
    if node.kind == "float":
        numbers = struct.unpack(f"<{len(node.data) // 8}d", node.data)
        return repr(numbers[0] if len(numbers) == 1 else complex(*numbers))
    if node.kind == "ref":
        return f"the same object as {node.data}"
    if node.kind == "error":
        return shorten(f"{name}: {node.data}")
    if node.kind == "none":
        return "None"
    if node.kind == "packed":
        return f"{name} of {len(unpacked(node))}"
    if node.kind in ("sequence", "mapping", "set"):
        return f"{name} of {len(node.children)}"
    if node.kind in ("object", "frame", "iterator"):
        return f"{name} object"
    if node.kind == "bytes" and node.type == "file":
        return f"file with digest {node.data.hex()[:8]}"
    if node.data is None:
        return f"{name} object"
    return shorten(repr(node.data))


def _describe_array(node: Node, name: str) -> str:
    meta = dict(node.meta)
    text = f"{meta['dtype']}{list(meta['shape'])}"
    if name not in ("ndarray", "Tensor", "numpy scalar"):
        text = f"{name} {text}"
    values = values_of(node)
    if values is not None and 0 < values.size <= FEW:
        text += " of " + " ".join(show(v) for v in values)
    return text


def values_of(node: Node) -> np.ndarray[Any, Any] | None:
    """The elements of a recorded array, flat; None where they were not kept or have no dtype."""
    if node.kind != "array" or not isinstance(node.data, bytes):
        return None
    dtype = str(dict(node.meta)["dtype"])
    floats = as_floats(node.data, dtype)
    if floats is not None:
        return floats
    try:
        return np.frombuffer(node.data, dtype)
    except (TypeError, ValueError):
        return None


def show(value: Any) -> str:
    """One element."""
    if not isinstance(value, float | np.floating):
        return str(value)
    if 1e-4 <= abs(float(value)) < 1e6:
        return str(np.format_float_positional(value, unique=True, trim="0"))
    return repr(float(value))


def describe_value(value: Any) -> str:
    """A live argument in a few words: dtype and shape where it has them."""
    dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    if dtype is not None and shape is not None:
        notes = ""
        flags = getattr(value, "flags", None)
        if isinstance(value, np.ndarray) and flags is not None:
            notes += "" if flags.c_contiguous else (" F order" if flags.f_contiguous else " strided")
            notes += "" if flags.writeable else " read-only"
        elif hasattr(value, "is_contiguous"):
            notes += "" if value.is_contiguous() else " strided"
            notes += " requires_grad" if value.requires_grad else ""
        text = f"{str(dtype).removeprefix('torch.')}{list(shape)}{notes}"
        size = int(np.prod(shape))
        if 0 < size <= FEW and isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            text += " of " + " ".join(show(v) for v in value.reshape(-1).tolist())
        return f"<{text}>"
    if isinstance(value, list | tuple) and value and len(value) <= 4:
        inner = ", ".join(describe_value(v) for v in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, bool | int | float | str | bytes | type(None)):
        return shorten(repr(value))
    return f"<{type(value).__name__}>"


def describe_call(name: str, call: Call) -> str:
    """A call as one would write it, arrays by dtype and shape."""
    parts = [describe_value(v) for v in call.args]
    parts += [f"{k}={describe_value(v)}" for k, v in call.kwargs.items()]
    text = f"{name}({', '.join(parts)})"
    if call.init is not None:
        text = describe_call(name, call.init) + text[len(name) :]
    return text + (" with backward" if call.train else "")
