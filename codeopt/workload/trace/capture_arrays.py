"""NumPy arrays, scalars, dtypes and generators as nodes."""

from __future__ import annotations

import sys
import types
from typing import Any

from codeopt.workload.trace.capture import SMALL, STATE, Capture, Node, Range
from codeopt.workload.trace.describe import describe

_MOST_TEXTS = 5000


def node(capture: Capture, value: Any) -> Node | None:
    """The node of a value of NumPy's, None where it is an object like any other. Raises Refused."""
    np = sys.modules["numpy"]
    kind = type(value)
    if kind is np.ndarray:
        return array_node(capture, value)
    if kind is np.ma.MaskedArray:
        return _masked(capture, value, np)
    if isinstance(value, np.ndarray):
        raise capture.refuse(f"an array of the class {kind.__qualname__} cannot be captured")
    if isinstance(value, np.generic):
        return _scalar(capture, value)
    if isinstance(value, np.dtype):
        return {"k": "dtype", "v": dtype_name(capture, value)}
    if isinstance(value, np.ufunc):
        return _ufunc(capture, value)
    if isinstance(value, np.random.RandomState):
        return {
            "k": "randomstate",
            "id": capture.know(value),
            "v": capture.node(value.get_state(legacy=False)),
        }
    if isinstance(value, np.random.Generator):
        return _generator(capture, value)
    if isinstance(value, type | types.FunctionType):
        return None
    if kind.__module__.partition(".")[0] == "numpy" and not hasattr(value, "__dict__"):
        return _other(capture, value)
    return None


def dtype_name(capture: Capture, dtype: Any) -> Any:
    """A dtype as `numpy.dtype` takes it."""
    if dtype.hasobject and dtype.kind != "O":
        raise capture.refuse(f"an array of {dtype} cannot be captured")
    if dtype.names is not None:
        return [[name, dtype_name(capture, dtype[name])] for name in dtype.names]
    if dtype.subdtype is not None or dtype.kind == "T":
        raise capture.refuse(f"an array of {dtype} cannot be captured")
    return dtype.str


def array_node(capture: Capture, value: Any) -> Node:
    """An array: its layout, and its content or what it is like."""
    np = sys.modules["numpy"]
    number = capture.know(value)
    if id(value) in capture.parts and value.base is not None:
        owner = _owner(value, np)
        if owner is not value:
            return _view(capture, value, owner, number)
    _note(capture, value)
    node: dict[str, Any] = {"k": "array", "id": number, "shape": list(value.shape), "order": _order(value)}
    if not value.flags.writeable:
        node["readonly"] = True
    if value.dtype.kind == "O":
        if value.size > _MOST_TEXTS:
            raise capture.refuse(f"an array of {value.size} objects is too large to be captured")
        return {**node, "dtype": "O", "v": capture.items(value.ravel().tolist())}
    node["dtype"] = dtype_name(capture, value.dtype)
    if value.nbytes <= (STATE if capture.inside else SMALL) or value.dtype.names is not None:
        node["blob"] = capture.blob(value.tobytes())
    else:
        node["like"] = describe(value)
        if node["like"] is None:
            node["blob"] = capture.blob(value.tobytes())
            del node["like"]
    return node


def _note(capture: Capture, value: Any) -> None:
    if value.size:
        low, high = sys.modules["numpy"].lib.array_utils.byte_bounds(value)
        capture.ranges.append(Range(int(low), int(high), id(value), capture.path))


def _order(value: Any) -> Any:
    """`C`, `F`, or strides in elements where the layout is neither."""
    if value.flags.c_contiguous:
        return "C"
    if value.flags.f_contiguous:
        return "F"
    if any(stride % value.itemsize for stride in value.strides):
        return "C"
    return [stride // value.itemsize for stride in value.strides]


def _owner(value: Any, np: Any) -> Any:
    while type(value.base) is np.ndarray:
        value = value.base
    return value


def _view(capture: Capture, value: Any, owner: Any, number: int) -> Node:
    known = capture.share(owner)
    of = known or array_node(capture, owner)
    start = value.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return {
        "k": "view", "id": number, "of": of, "start": start, "shape": list(value.shape),
        "strides": list(value.strides), "dtype": dtype_name(capture, value.dtype),
        "readonly": not value.flags.writeable,
    }  # fmt: skip


def _masked(capture: Capture, value: Any, np: Any) -> Node:
    number = capture.know(value)
    mask, fill = np.ma.getmask(value), value._fill_value
    return {
        "k": "masked", "id": number, "data": capture.node(np.asarray(value.data), ".data"),
        "mask": None if mask is np.ma.nomask else capture.node(np.asarray(mask), ".mask"),
        "fill": None if fill is None else capture.node(np.asarray(fill), ".fill_value"),
    }  # fmt: skip


def _scalar(capture: Capture, value: Any) -> Node:
    np = sys.modules["numpy"]
    if type(value).__module__ != "numpy" or value.dtype.kind in "OV":
        raise capture.refuse(f"a scalar of {type(value).__qualname__} cannot be captured")
    return {"k": "scalar", "dtype": value.dtype.str, "blob": capture.blob(np.asarray(value).tobytes())}


def _ufunc(capture: Capture, value: Any) -> Node:
    name = str(value.__name__)
    for module in ("numpy", "scipy.special"):
        if getattr(sys.modules.get(module), name, None) is value:
            return {"k": "function", "of": [module, name]}
    raise capture.refuse(f"the ufunc {value.__name__} cannot be imported by name")


def _generator(capture: Capture, value: Any) -> Node:
    number = capture.know(value)
    bits = value.bit_generator
    return {
        "k": "generator",
        "id": number,
        "of": type(bits).__name__,
        "v": capture.node(bits.state, ".state"),
    }


def _other(capture: Capture, value: Any) -> Node:
    """The few objects of NumPy's that stand for themselves."""
    np = sys.modules["numpy"]
    for name in ("_NoValue", "_CopyMode"):
        if getattr(np, name, None) is value:
            return {"k": "function", "of": ["numpy", name]}
    raise capture.refuse(f"a {type(value).__qualname__} of NumPy cannot be captured")
