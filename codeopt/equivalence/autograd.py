"""What a backward pass of the caller's would do with the graph that a call left behind."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from codeopt.equivalence.errors import record_error
from codeopt.equivalence.node import Node
from codeopt.equivalence.tensors import tensor_bytes

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

Leaves = list[tuple[str, torch.Tensor]]
Found = tuple[torch.Tensor | None, ...]

MOST_IN_TURN = 4
"""Outputs up to which it is tried whether they can be gone through one after another."""

MOST_SUMMED = 1 << 16
"""Bytes of a hidden leaf that tell it from others."""


def gradients_node(recorder: Recorder) -> Node:
    """The gradients that the noted outputs bring to the noted leaves, and to those that only the
    graph still reaches; an error of the backward pass is a finding too.

    Then whether several outputs serve one pass each, one after the other: the second fails where
    it needs what the first has freed. That one output serves two passes is not looked at, nor that
    a graph survives writing to the result: both hang on what an operation happens to save, which
    a rewrite for memory is there to change.
    """
    outputs = [_dense(t) for t in recorder.outputs if t.is_floating_point() or t.is_complex()]
    leaves = [*recorder.leaves, *_behind(outputs, recorder.leaves)]
    if not outputs or not leaves:
        return Node("gradients", "")
    fresh = type(recorder)(recorder.known)
    several = 1 < len(outputs) <= MOST_IN_TURN
    try:
        found = _backward(outputs, leaves, several)
    except Exception as error:  # noqa: BLE001 - backward runs the user's functions and hooks
        return Node("gradients", "", (), None, (("raised", _error(fresh, error)),))
    parts = [(path, fresh.record(_kept(grad), path)) for (path, _), grad in zip(leaves, found, strict=True)]
    if several:
        served = tuple(_serves(output, leaves) for output in outputs)
        parts.append(("passes in turn", Node("passes", "", (), served)))
    return Node("gradients", "", (), None, tuple(parts))


def _backward(outputs: list[torch.Tensor], leaves: Leaves, retain: bool) -> Found:
    """Gradients of the outputs weighted by ramps, another one for each: the plain sum of a softmax
    or a normalisation has no gradient, and equal weights would not tell two outputs apart."""
    weights = [ramp(t, i) for i, t in enumerate(outputs)]
    inputs = [t for _, t in leaves]
    found: Found = torch.autograd.grad(outputs, inputs, weights, allow_unused=True, retain_graph=retain)
    return found


def _kept(grad: torch.Tensor | None) -> torch.Tensor | None:
    """A gradient as `.grad` would keep it: in a layout and an object of its own, whatever way it
    came on (as one number spread over a row, or as one tensor for two leaves)."""
    if grad is None or grad.layout is not torch.strided:
        return grad
    return grad.detach().contiguous()


def _serves(output: torch.Tensor, leaves: Leaves) -> bool:
    try:
        _backward([output], leaves, False)
    except Exception:  # noqa: BLE001 - backward runs the user's functions and hooks
        return False
    return True


def _error(recorder: Recorder, error: Exception) -> Node:
    node = record_error(recorder, error, "raised")
    if "modified by an inplace operation" in str(error):
        # The rest of the message names the operation and counts the writes.
        return node._replace(data=str(error).partition(":")[0])
    return node


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor that takes weights of its shape: sparse ones do not."""
    if tensor.layout is torch.strided:
        return tensor
    with torch.enable_grad():
        return tensor.to_dense()


def _behind(outputs: list[torch.Tensor], known: Leaves) -> Leaves:
    """Leaves that only the graph leads to (what a caller computed an argument from, parameters
    among globals), named by what they hold: the order in which a graph is walked is its own."""
    waiting: list[Any] = [t.grad_fn for t in outputs]
    seen = {None}
    found: dict[int, torch.Tensor] = {}
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        waiting += [fn for fn, _ in node.next_functions]
        if node.name() == "torch::autograd::AccumulateGrad":
            found[id(node.variable)] = node.variable
    hidden = [t for ident, t in found.items() if ident not in {id(t) for _, t in known}]
    named = [(_name(t), t) for t in hidden]
    return sorted(named, key=lambda item: item[0])


def _name(leaf: torch.Tensor) -> str:
    text = f"a leaf behind, {str(leaf.dtype)[6:]}{list(leaf.shape)}"
    if leaf.layout is not torch.strided or leaf.is_meta:
        return text
    data = tensor_bytes(leaf.detach().reshape(-1)[: MOST_SUMMED // leaf.element_size()], frozenset())
    return f"{text} with digest {zlib.crc32(data):08x}"


def ramp(tensor: torch.Tensor, phase: int = 0) -> torch.Tensor:
    """Fixed weights of the tensor's shape, between 0.5 and 1.5, no two neighbours alike; other ones
    for another phase. Complex tensors get complex weights."""
    angles = np.arange(tensor.numel(), dtype=np.float64) + phase * 0.7
    steps = np.cos(angles) * 0.5 + 1.0
    if tensor.is_complex():
        steps = steps + 1j * (np.sin(angles) * 0.5 + 1.0)
    return torch.from_numpy(steps).to(tensor.dtype).reshape(tensor.shape).to(tensor.device)
