"""Tensors and what else of torch has state in C, as nodes; modules and optimizers are objects."""

from __future__ import annotations

import sys
from typing import Any

from codeopt.workload.trace.capture import SMALL, STATE, Capture, Node, Range
from codeopt.workload.trace.describe import describe


def node(capture: Capture, value: Any) -> Node | None:
    """The node of a value of torch's, None where it is an object like any other. Raises Refused."""
    torch = sys.modules["torch"]
    if not hasattr(torch, "nn") or not hasattr(torch.nn, "Parameter"):
        return None
    if isinstance(value, torch.Tensor):
        return _tensor(capture, value, torch)
    if isinstance(value, torch.Size):
        return {"k": "size", "v": list(value)}
    if isinstance(value, torch.dtype | torch.memory_format | torch.layout):
        return {"k": "torchname", "v": str(value).removeprefix("torch.")}
    if isinstance(value, torch.device):
        return {"k": "device", "v": str(value)}
    if type(value).__module__.startswith(("torch.fx", "torch._dynamo")):
        raise capture.refuse("what torch traces a graph with cannot be captured")
    if isinstance(value, torch.Generator):
        return {
            "k": "torchgenerator",
            "id": capture.know(value),
            "v": capture.node(value.get_state(), ".state"),
        }
    return None


def _tensor(capture: Capture, value: Any, torch: Any) -> Node:
    kind = type(value)
    if kind not in (torch.Tensor, torch.nn.Parameter, getattr(torch.nn, "Buffer", None)):
        raise capture.refuse(f"a tensor of the class {kind.__qualname__} cannot be captured")
    if (
        value.layout is not torch.strided
        or value.is_quantized
        or value.is_nested
        or value.device.type == "meta"
    ):
        raise capture.refuse(f"a tensor of layout {value.layout} on {value.device} cannot be captured")
    if value.is_conj() or value.is_neg():
        raise capture.refuse("a lazily conjugated tensor cannot be captured")
    number = capture.know(value)
    node: dict[str, Any] = {
        "k": "tensor", "id": number, "dtype": str(value.dtype).removeprefix("torch."),
        "shape": list(value.shape), "device": value.device.type,
    }  # fmt: skip
    if kind is torch.nn.Parameter:
        node["parameter"] = True
    if value.requires_grad:
        node["grad"] = "leaf" if value.is_leaf else "inner"
    with torch.no_grad():
        plain = value.detach()
    if id(value) in capture.parts and kind is torch.Tensor and not (value.requires_grad and value.is_leaf):
        return _part(capture, plain, node, torch)
    _note(capture, plain, id(value))
    if not plain.is_contiguous():
        node["strides"] = list(plain.stride())
    _content(capture, plain, node, torch)
    if value.is_leaf and value.grad is not None:
        node["held"] = capture.node(value.grad, ".grad")
    return node


def _content(capture: Capture, plain: Any, node: dict[str, Any], torch: Any) -> None:
    """Add the bytes of a tensor to its node, or what it is like."""
    with torch.no_grad():
        own = plain.cpu().contiguous()
        if own.numel() * own.element_size() > (STATE if capture.inside else SMALL):
            wide = own.float() if own.dtype in (torch.bfloat16, torch.float16) else own
            node["like"] = describe(wide.numpy())
        if node.get("like") is None:
            node.pop("like", None)
            node["blob"] = capture.blob(own.reshape(-1).view(torch.uint8).numpy().tobytes())


def _note(capture: Capture, plain: Any, owner: int) -> None:
    if plain.numel():
        last = sum((length - 1) * stride for length, stride in zip(plain.shape, plain.stride(), strict=True))
        low = plain.data_ptr()
        capture.ranges.append(Range(low, low + (last + 1) * plain.element_size(), owner, capture.path))


def _part(capture: Capture, plain: Any, node: dict[str, Any], torch: Any) -> Node:
    """A tensor as a view of the whole storage, which stands for itself where it is met first."""
    storage = plain.untyped_storage()
    key = storage.data_ptr()
    whole = capture.storages.get(key)
    if whole is None:
        with torch.no_grad():
            whole = torch.empty(0, dtype=plain.dtype, device=plain.device).set_(storage)
        capture.storages[key] = whole
    if whole.dtype != plain.dtype:
        raise capture.refuse("shares its storage with a tensor of another dtype")
    of = capture.share(whole)
    if capture.roots.setdefault(key, "grad" in node) is not ("grad" in node):
        raise capture.refuse("shares its storage with a tensor that takes part in gradients otherwise")
    if of is None:
        base: dict[str, Any] = {**node, "id": capture.know(whole), "shape": list(whole.shape)}
        _content(capture, whole, base, torch)
        of = base
    return {
        "k": "tensorview", "id": node["id"], "of": of, "start": plain.storage_offset(),
        "shape": node["shape"], "strides": list(plain.stride()),
    }  # fmt: skip
