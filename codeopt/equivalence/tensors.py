"""Recording PyTorch tensors, modules and optimizers. Imported only where torch already is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from codeopt.equivalence.arrays import payload, strides_of
from codeopt.equivalence.node import LARGE, Node, type_name

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

_AS_INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
_PLAIN = {torch.float32, torch.float64, torch.int64, torch.int32, torch.bool, torch.float16, torch.uint8}


def tensor_bytes(tensor: torch.Tensor, known: frozenset[int]) -> Any:
    """The elements in C order as bytes or `Large`; dtypes NumPy lacks go through integers."""
    plain = tensor.detach()
    if plain.is_conj() or plain.is_neg():
        plain = plain.resolve_conj().resolve_neg()
    if plain.device.type != "cpu":
        plain = plain.cpu()
    if plain.dtype not in _PLAIN and not plain.is_complex() and plain.dtype.itemsize in _AS_INTEGERS:
        plain = plain.contiguous().view(_AS_INTEGERS[plain.dtype.itemsize])
        if tensor.dtype is torch.bfloat16 and plain.nbytes > LARGE:
            # A summary needs values, which bfloat16's bits become when shifted up to float32's.
            return payload(tensor.detach().float().contiguous().numpy(), known)
    return payload(plain.numpy(), known)


def record_tensor(recorder: Recorder, tensor: torch.Tensor, path: str) -> Node:
    """A tensor with its place in the graph and its `.grad`."""
    kind = type(tensor)
    if isinstance(tensor, torch.nn.parameter.UninitializedTensorMixin):
        return Node("text", type_name(kind), (), "uninitialised")
    shape = tuple(tensor.shape)
    meta: list[tuple[str, Any]] = [
        ("dtype", str(tensor.dtype).removeprefix("torch.")),
        ("shape", shape),
        ("requires_grad", tensor.requires_grad),
        ("is_leaf", tensor.is_leaf),
        ("has grad_fn", tensor.grad_fn is not None),
        ("device", str(tensor.device)),
        ("inference", tensor.is_inference()),
    ]
    children: list[tuple[str, Node]] = []
    data: Any = None
    if tensor.layout is not torch.strided:
        meta.append(("layout", str(tensor.layout)))
        for name in _sparse_fields(tensor):
            part = recorder.keep(getattr(tensor.detach(), name)())
            children.append((f".{name}()", record_tensor(recorder, part, f"{path}.{name}()")))
    elif tensor.is_meta or tensor.is_quantized:
        return recorder.opaque(tensor, path)
    else:
        meta.append(("stride", strides_of(shape, tensor.stride(), tensor.numel())))
        recorder.claim_tensor(path, tensor)
        data = tensor_bytes(tensor, recorder.known)
    if tensor.is_leaf and tensor.grad is not None:
        children.append((".grad", recorder.record(tensor.grad, f"{path}.grad")))
    return Node("array", type_name(kind), tuple(meta), data, tuple(children))


def _sparse_fields(tensor: torch.Tensor) -> tuple[str, ...]:
    if tensor.layout is torch.sparse_coo:
        return ("_indices", "_values")
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return ("crow_indices", "col_indices", "values")
    return ("ccol_indices", "row_indices", "values")


def record_module(recorder: Recorder, module: torch.nn.Module, path: str) -> Node:
    """A module: its flags, parameters, buffers, children, and what else it holds."""
    parts: list[tuple[str, Node]] = []
    for name, value in sorted(vars(module).items()):
        if name in ("_parameters", "_buffers", "_modules"):
            for key, item in value.items():
                parts.append((f".{key}", recorder.record(item, f"{path}.{key}")))
        elif isinstance(value, dict) and name.endswith(("_hooks", "_hooks_with_kwargs")):
            # Hooks are keyed by a counter of the process, which says nothing.
            if value:
                parts.append((f".{name}", recorder.record(list(value.values()), f"{path}.{name}")))
        elif name == "training" or not (isinstance(value, dict | set) and not value):
            parts.append((f".{name}", recorder.record(value, f"{path}.{name}")))
    return Node("object", type_name(type(module)), (), None, tuple(parts))


def record_optimizer(recorder: Recorder, optimizer: torch.optim.Optimizer, path: str) -> Node:
    """An optimizer by its `state_dict` and the identity of its parameters."""
    groups = [list(group["params"]) for group in optimizer.param_groups]
    parts = (
        (".params", recorder.record(recorder.keep(groups), f"{path}.params")),
        (".state", recorder.record(recorder.keep(optimizer.state_dict()), f"{path}.state")),
    )
    return Node("object", type_name(type(optimizer)), (), None, parts)


def record_generator(generator: torch.Generator) -> Node:
    """A generator by the digest of its state."""
    state = generator.get_state().numpy().tobytes()
    return Node("bytes", "torch.Generator", (("device", str(generator.device)),), state)


def record_torch(recorder: Recorder, value: Any, path: str) -> Node | None:
    """The record of anything of torch's; None if it is none of torch's own kinds."""
    if isinstance(value, torch.Tensor):
        return record_tensor(recorder, value, path)
    if isinstance(value, torch.nn.Module):
        return record_module(recorder, value, path)
    if isinstance(value, torch.optim.Optimizer):
        return record_optimizer(recorder, value, path)
    if isinstance(value, torch.Generator):
        return record_generator(value)
    if isinstance(value, torch.dtype | torch.device | torch.layout | torch.memory_format):
        return Node("text", type_name(type(value)), (), str(value))
    return None


def gradients(outputs: list[torch.Tensor], leaves: list[tuple[str, torch.Tensor]]) -> dict[str, Any]:
    """What a caller's backward through `outputs` brings to `leaves`, path by path.

    The outputs are weighted by a fixed ramp: the plain sum of a softmax or a normalisation has
    no gradient, and would agree with anything.
    """
    weights = [ramp(t) for t in outputs]
    found = torch.autograd.grad(outputs, [t for _, t in leaves], weights, allow_unused=True)
    return {path: grad for (path, _), grad in zip(leaves, found, strict=True)}


def ramp(tensor: torch.Tensor) -> torch.Tensor:
    """Fixed weights of the tensor's shape, between 0.5 and 1.5, no two neighbours alike."""
    steps = np.cos(np.arange(tensor.numel(), dtype=np.float64)) * 0.5 + 1.0
    return torch.from_numpy(steps).to(tensor.dtype).reshape(tensor.shape).to(tensor.device)
