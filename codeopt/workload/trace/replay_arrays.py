"""NumPy arrays, scalars, dtypes and generators, and sparse matrices, from their nodes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from codeopt.workload.trace.replay import Replay

Node = Mapping[str, Any]
_BITS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


def dtype_of(replay: Replay, name: Any) -> np.dtype[Any]:
    """The dtype that a node names. Raises BrokenTrace for one that holds objects."""
    spelled = (
        [(str(part), dtype_of(replay, inner)) for part, inner in name]
        if isinstance(name, list)
        else str(name)
    )
    dtype: np.dtype[Any] = np.dtype(spelled)
    if dtype.hasobject:
        raise replay.broken("names a dtype of objects")
    return dtype


def flat_content(replay: Replay, node: Node, dtype: np.dtype[Any], shape: Sequence[int]) -> Any:
    """The content of an array in C order with its recorded shape, or a drawn one of the new shape."""
    if "like" in node:
        return draw(node["like"], dtype, tuple(map(replay.length, shape)), rng_of(replay, node))
    data = replay.blob(node["blob"])
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise replay.broken("holds an array whose content does not fit its shape")
    return cut(replay, np.frombuffer(data, dtype).reshape(shape))


def cut(replay: Replay, value: Any) -> Any:
    """The first part of an array along the axes that become smaller; along those that become larger it is
    repeated."""
    lengths = [replay.length(n) for n in value.shape]
    for axis, length in enumerate(lengths):
        if length > value.shape[axis] > 0:
            value = value.take(np.arange(length) % value.shape[axis], axis)
    return value[tuple(map(slice, lengths))] if lengths else value


def rng_of(replay: Replay, node: Node) -> np.random.Generator:
    """The source of randomness for what is drawn for a node."""
    return np.random.default_rng((replay.seed, int(node.get("id", 0))))


def _array(replay: Replay, node: Node) -> Any:
    shape = tuple(int(n) for n in node["shape"])
    if node["dtype"] == "O":
        made = np.empty(math.prod(shape), dtype=object)
        replay.know(node, made)
        with replay.state():
            for i, item in enumerate(node["v"]):
                made[i] = replay.value(item)
        laid = made.reshape(shape) if len(shape) != 1 else made
        return replay.know(node, laid)
    content = flat_content(replay, node, dtype_of(replay, node["dtype"]), shape)
    made = lay_out(content, packed(node["order"], shape, content.shape))
    if node.get("readonly"):
        made.flags.writeable = False
    return replay.know(node, made)


def lay_out(content: Any, order: Any) -> Any:
    """A fresh array with this content, in C or F order or with the strides (in elements) given."""
    if order in ("C", "F"):
        return np.array(content, order=order)
    extent = 1 + sum((n - 1) * abs(stride) for n, stride in zip(content.shape, order, strict=True))
    start = sum((n - 1) * -stride for n, stride in zip(content.shape, order, strict=True) if stride < 0)
    buffer = np.zeros(extent, content.dtype)
    steps = tuple(stride * content.dtype.itemsize for stride in order)
    made: Any = np.ndarray(content.shape, content.dtype, buffer, start * content.dtype.itemsize, steps)
    made[...] = content
    return made


def packed(order: Any, shape: Sequence[int], smaller: Sequence[int]) -> Any:
    """The order of an array, whose strides are drawn together where its shape becomes smaller."""
    if order in ("C", "F") or tuple(shape) == tuple(smaller):
        return order
    strides = [0] * len(order)
    step = min((abs(stride) for stride in order if stride), default=1)
    for axis in sorted(range(len(order)), key=lambda axis: abs(order[axis])):
        strides[axis] = step if order[axis] > 0 else -step
        if order[axis] == 0:
            strides[axis] = 0
        else:
            step *= smaller[axis]
    return strides


def draw(like: Node, dtype: np.dtype[Any], shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """An array that is like a recorded one: its range, spread, order, gaps."""
    if like["of"] == "bool":
        return rng.random(shape) < like["mean"]
    if like["of"] == "complex":
        parts = [draw(like[part], np.dtype("f8"), shape, rng) for part in ("real", "imag")]
        return (parts[0] + 1j * parts[1]).astype(dtype)
    size = math.prod(shape)
    if like["of"] == "int":
        if like.get("distinct"):
            made = rng.permutation(size) + like["min"]
        elif "values" in like:
            made = rng.choice(np.array(like["values"]), size)
        else:
            made = rng.integers(like["min"], like["max"], size, endpoint=True, dtype=_wide(dtype))
    else:
        made = _floats(like, size, rng)
    if like["sorted"]:
        made = np.sort(made)[:: like["sorted"]]
    return made.astype(dtype).reshape(shape)


def _wide(dtype: np.dtype[Any]) -> Any:
    return np.uint64 if dtype.kind == "u" else np.int64


def _floats(like: Node, size: int, rng: np.random.Generator) -> Any:
    if "min" not in like:
        return np.full(size, np.nan)
    low, high = like["min"], like["max"]
    made = np.clip(rng.normal(like["mean"], like["std"], size), low, high)
    if like["whole"]:
        made = np.round(made)
    for value, share in ((0.0, like["zero"]), (np.nan, like["nan"]), (np.inf, like["inf"])):
        if share > 0:
            made[rng.random(size) < share] = value
    return made


def _view(replay: Replay, node: Node) -> Any:
    owner = replay.value(node["of"])
    dtype = dtype_of(replay, node["dtype"])
    made = np.ndarray(
        tuple(node["shape"]), dtype, owner.reshape(-1, order="A").view(np.uint8).data if owner.size else b"",
        int(node["start"]), tuple(node["strides"]),
    )  # fmt: skip
    if node.get("readonly"):
        made.flags.writeable = False
    return replay.know(node, made)


def _masked(replay: Replay, node: Node) -> Any:
    mask = np.ma.nomask if node["mask"] is None else replay.value(node["mask"])
    fill = None if node["fill"] is None else replay.value(node["fill"])[()]
    return replay.know(node, np.ma.MaskedArray(replay.value(node["data"]), mask=mask, fill_value=fill))


def _scalar(replay: Replay, node: Node) -> Any:
    return np.frombuffer(replay.blob(node["blob"]), dtype_of(replay, node["dtype"]))[0]


def _randomstate(replay: Replay, node: Node) -> Any:
    made = np.random.RandomState()
    with replay.state():
        made.set_state(replay.value(node["v"]))
    return replay.know(node, made)


def _generator(replay: Replay, node: Node) -> Any:
    if node["of"] not in _BITS:
        raise replay.broken("names an unknown source of random bits")
    bits = getattr(np.random, node["of"])()
    with replay.state():
        bits.state = replay.value(node["v"])
    return replay.know(node, np.random.Generator(bits))


def _sparse(replay: Replay, node: Node) -> Any:
    from scipy import sparse

    kind = getattr(sparse, node["of"], None)
    if not isinstance(kind, type) or not issubclass(kind, sparse.spmatrix | sparse.sparray):
        raise replay.broken(f"names an unknown sparse format {str(node['of'])[:40]!r}")
    with replay.state():
        parts = [replay.value(part) for part in node["parts"]]
    shape = tuple(node["shape"])
    if len(parts) == 3 and node["of"].startswith("coo"):
        made = kind((parts[0], tuple(parts[1:])), shape=shape)
    else:
        made = kind(tuple(parts), shape=shape)
    if "canonical" in node:
        made.has_canonical_format = bool(node["canonical"])
    smaller = tuple(map(replay.length, shape))
    if smaller != shape:
        rows, columns = (np.arange(n) % max(before, 1) for n, before in zip(smaller, shape, strict=True))
        made = kind(sparse.csr_array(made)[rows][:, columns])
    return replay.know(node, made)


def _dtype(replay: Replay, node: Node) -> Any:
    return np.dtype("O") if node["v"] == "|O" else dtype_of(replay, node["v"])


ARRAYS: dict[str, Callable[[Replay, Node], Any]] = {
    "array": _array,
    "view": _view,
    "masked": _masked,
    "scalar": _scalar,
    "dtype": _dtype,
    "randomstate": _randomstate,
    "generator": _generator,
    "sparse": _sparse,
}
