"""Tensors from their nodes, and the state of torch around a call."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from codeopt.workload.trace.replay_arrays import draw, packed, rng_of

if TYPE_CHECKING:
    from codeopt.workload.trace.replay import Replay

Node = Mapping[str, Any]


def surround(ambient: Node) -> None:
    """Have gradients and the default dtype be as they were when the call was recorded."""
    torch.set_grad_enabled(bool(ambient["grad"]) and not ambient["inference"])
    torch.set_default_dtype(_named(str(ambient["dtype"]), torch.dtype))


def _named(name: str, kind: type) -> Any:
    found = getattr(torch, name, None)
    if not isinstance(found, kind):
        raise ValueError(f"torch has no {kind.__name__} {name!r}")
    return found


def _content(replay: Replay, node: Node, shape: tuple[int, ...]) -> torch.Tensor:
    dtype = _named(node["dtype"], torch.dtype)
    if "like" in node:
        smaller = tuple(map(replay.length, shape))
        return torch.from_numpy(draw(node["like"], _drawn(dtype), smaller, rng_of(replay, node))).to(dtype)
    data = bytearray(replay.blob(node["blob"]))
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise replay.broken("holds a tensor whose content does not fit its shape")
    whole = torch.frombuffer(data, dtype=dtype).reshape(shape) if data else torch.empty(shape, dtype=dtype)
    lengths = [replay.length(n) for n in shape]
    for axis, length in enumerate(lengths):
        if length > shape[axis] > 0:
            whole = whole.index_select(axis, torch.arange(length) % shape[axis])
    return whole[tuple(map(slice, lengths))] if shape else whole


def _drawn(dtype: torch.dtype) -> np.dtype[Any]:
    name = str(dtype).removeprefix("torch.")
    return np.dtype("float32" if name in ("bfloat16", "float16") else name)


def _tensor(replay: Replay, node: Node) -> Any:
    shape = tuple(int(n) for n in node["shape"])
    if node["device"] != "cpu" and not torch.cuda.is_available():
        raise replay.broken(f"holds a tensor on {node['device']}, which is not here")
    with torch.no_grad():
        content = _content(replay, node, shape)
        if "strides" in node:
            made = _strided(content, packed(node["strides"], shape, content.shape))
        else:
            made = content.clone(memory_format=torch.contiguous_format)
        made = made.to(node["device"])
    if node.get("parameter"):
        made = torch.nn.Parameter(made, requires_grad=node.get("grad") == "leaf")
    elif "grad" in node:
        made.requires_grad_()
        if node["grad"] == "inner":
            with torch.enable_grad():
                made = made.clone()
    replay.know(node, made)
    if "held" in node:
        made.grad = replay.value(node["held"])
    return made


def _strided(content: torch.Tensor, strides: Sequence[int]) -> torch.Tensor:
    """A fresh tensor with this content and these strides, whose elements may share memory."""
    extent = 1 + sum((n - 1) * stride for n, stride in zip(content.shape, strides, strict=True))
    flat = torch.zeros(extent if content.numel() else 0, dtype=content.dtype)
    places = torch.arange(flat.numel()).as_strided(content.shape, tuple(strides))
    flat[places.reshape(-1)] = content.reshape(-1)
    return flat.as_strided(content.shape, tuple(strides))


def _view(replay: Replay, node: Node) -> Any:
    of = replay.value(node["of"])
    with torch.enable_grad():
        made = of.as_strided(tuple(node["shape"]), tuple(node["strides"]), int(node["start"]))
    return replay.know(node, made)


def _generator(replay: Replay, node: Node) -> Any:
    made = torch.Generator()
    with replay.state():
        made.set_state(replay.value(node["v"]))
    return replay.know(node, made)


TENSORS: dict[str, Callable[[Replay, Node], Any]] = {
    "tensor": _tensor,
    "tensorview": _view,
    "size": lambda replay, node: torch.Size(node["v"]),
    "torchname": lambda replay, node: _named(node["v"], torch.dtype | torch.memory_format | torch.layout),
    "device": lambda replay, node: torch.device(node["v"]),
    "torchgenerator": _generator,
}
