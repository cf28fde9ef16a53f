"""Recording PyTorch tensors of every layout. Imported only where torch already is.

What of a tensor's storage nobody reads through the tensor itself (its size, its address, the
offset of a fresh result in it, two results that lie side by side in one) is not compared: it
shows neither by reading nor by writing elements, and copying a slice out of a large buffer is
the very thing a rewrite for memory does. Where elements are shared, `aliases` tells it.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from codeopt.equivalence.arrays import payload, strides_of
from codeopt.equivalence.attributes import own_state
from codeopt.equivalence.node import LARGE, Node, type_name

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

Parts = list[tuple[str, Node]]
Meta = list[tuple[str, Any]]

_AS_INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
_IN_NUMPY = {
    torch.float32, torch.float64, torch.float16, torch.complex64, torch.complex128, torch.bool, torch.uint8,
    torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32, torch.uint64,
}  # fmt: skip
_UNINITIALISED = (torch.nn.UninitializedParameter, torch.nn.UninitializedBuffer)
_PLAIN_KINDS = (torch.Tensor, torch.nn.Parameter)
_COMPRESSED = {
    torch.sparse_csr: ("crow_indices", "col_indices", "values"),
    torch.sparse_bsr: ("crow_indices", "col_indices", "values"),
    torch.sparse_csc: ("ccol_indices", "row_indices", "values"),
    torch.sparse_bsc: ("ccol_indices", "row_indices", "values"),
}
_HAS_NAMES = getattr(torch.Tensor, "has_names", None)
"""Older releases have named tensors."""


def tensor_bytes(tensor: torch.Tensor, known: frozenset[int]) -> Any:
    """The elements in C order as bytes or `Large`; dtypes NumPy lacks go through integers."""
    plain = tensor.detach()
    if plain.is_conj() or plain.is_neg():
        plain = plain.resolve_conj().resolve_neg()
    if plain.device.type != "cpu":
        plain = plain.cpu()
    if plain.dtype in _IN_NUMPY:
        return payload(plain.numpy(), known)
    if plain.dtype is torch.bfloat16 and plain.nbytes > LARGE:
        # A summary needs values, which bfloat16's bits become when shifted up to float32's.
        return payload(plain.float().contiguous().numpy(), known)
    bits = plain.contiguous().view(_AS_INTEGERS[plain.dtype.itemsize]).numpy()
    # Sums of such integers would mean nothing: a large buffer of them is kept by its digest alone.
    return payload(bits.view(f"V{bits.itemsize}") if bits.nbytes > LARGE else bits, known)


def in_place_view(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """An array over the same memory, of whichever values. Raises TypeError for other devices."""
    plain = tensor.detach()
    if plain.is_conj():
        plain = plain.conj()
    if plain.is_neg():
        plain = torch._neg_view(plain)
    if plain.dtype not in _IN_NUMPY:
        plain = plain.view(_AS_INTEGERS[plain.dtype.itemsize])
    array: np.ndarray[Any, Any] = plain.numpy()
    return array


def record_tensor(recorder: Recorder, tensor: torch.Tensor, path: str) -> Node:
    """A tensor with its place in the graph, its `.grad`, hooks and attributes."""
    kind = type(tensor)
    if kind in _PLAIN_KINDS:
        return _record(recorder, tensor, path, tensor.__dict__)
    if isinstance(tensor, _UNINITIALISED):
        meta = (("dtype", str(tensor.dtype)), ("requires_grad", tensor.requires_grad))
        return Node("text", type_name(kind), meta, "uninitialised")
    if tensor.layout is torch.jagged and hasattr(tensor, "_ragged_idx"):
        return _record_jagged(recorder, tensor, path)
    if kind.__torch_dispatch__ is not torch.Tensor.__torch_dispatch__:
        # Fake tensors and other wrappers: what they hold is known to their own code only.
        return recorder.opaque(tensor, path)
    with torch._C.DisableTorchFunctionSubclass():
        node = _record(recorder, tensor, path, {})
    attributes = own_state(recorder, tensor, path)
    return node._replace(children=(*node.children, *attributes)) if attributes else node


def _record(recorder: Recorder, tensor: torch.Tensor, path: str, attributes: dict[str, Any]) -> Node:
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor) or (_HAS_NAMES and _HAS_NAMES(tensor)):
        return recorder.opaque(tensor, path)
    wants, is_leaf = tensor.requires_grad, tensor.is_leaf
    meta: Meta = [
        ("dtype", str(tensor.dtype)[6:]),
        ("shape", () if tensor.is_nested else tuple(tensor.shape)),
        ("requires_grad", wants),
        ("is_leaf", is_leaf),
        ("device", str(tensor.device)),
        ("inference", tensor.is_inference()),
    ]
    written = recorder.held.was_written(tensor)
    if written is not None:
        meta.append(("_version", "written to" if written else "not written to"))
    children: Parts = []
    data: Any = None
    if tensor.layout is torch.strided and not (tensor.is_nested or tensor.is_quantized):
        meta.append(("stride", strides_of(meta[1][1], tensor.stride(), tensor.numel())))
        if tensor.is_conj() or tensor.is_neg():
            # NumPy refuses such a view, and so do some functions.
            meta.append(("is_conj(), is_neg()", (tensor.is_conj(), tensor.is_neg())))
        if not tensor.is_meta:
            recorder.claim_tensor(path, tensor)
            data = tensor_bytes(tensor, recorder.known)
    else:
        with warnings.catch_warnings(action="ignore"):
            # Torch warns of every use of these kinds, of ours too.
            fields = _fields(tensor, meta)
        if fields is None or (wants and tensor.is_nested):
            return recorder.opaque(tensor, path)
        for name, part in recorder.keep(fields).items():
            children.append((f".{name}", recorder.record(part, f"{path}.{name}")))
    if wants:
        recorder.note_grad(path, tensor)
        children += _hooks(recorder, tensor, path, meta)
    if (is_leaf or tensor.retains_grad) and tensor.grad is not None:
        children.append((".grad", recorder.record(tensor.grad, f"{path}.grad")))
    for name in sorted(attributes):
        children.append((f".{name}", recorder.record(attributes[name], f"{path}.{name}")))
    return Node("array", type_name(type(tensor)), tuple(meta), data, tuple(children))


def _hooks(recorder: Recorder, tensor: torch.Tensor, path: str, meta: Meta) -> Parts:
    """What a backward pass will call or keep."""
    if tensor.retains_grad:
        meta.append(("retains_grad", True))
    parts: Parts = []
    for name in ("_backward_hooks", "_post_accumulate_grad_hooks"):
        hooks = getattr(tensor, name)
        if hooks:
            # Keyed by a counter of the process, which says nothing.
            called = recorder.keep(list(hooks.values()))
            parts.append((f".{name}", recorder.record(called, f"{path}.{name}.values()")))
    return parts


def _fields(tensor: torch.Tensor, meta: Meta) -> dict[str, Any] | None:
    """The tensors and numbers that a tensor other than a plain strided one is made of; None where
    that is not known. Notes in `meta` which kind it is."""
    plain = tensor.detach()
    if tensor.is_nested:
        meta.append(("is_nested", True))
        return {f"unbind()[{i}]": part for i, part in enumerate(plain.unbind())}
    if tensor.is_quantized:
        meta.append(("qscheme()", str(tensor.qscheme())))
        return _quantized(plain)
    meta.append(("layout", str(tensor.layout)))
    if tensor.layout is torch.sparse_coo:
        meta.append(("is_coalesced()", tensor.is_coalesced()))
        return {"_indices()": plain._indices(), "_values()": plain._values()}
    names = _COMPRESSED.get(tensor.layout)
    return None if names is None else {f"{name}()": getattr(plain, name)() for name in names}


def _quantized(tensor: torch.Tensor) -> dict[str, Any] | None:
    fields: dict[str, Any] = {"int_repr()": tensor.int_repr(), "stride()": tensor.stride()}
    if tensor.qscheme() in (torch.per_tensor_affine, torch.per_tensor_symmetric):
        return fields | {"q_scale()": tensor.q_scale(), "q_zero_point()": tensor.q_zero_point()}
    names = ("q_per_channel_scales", "q_per_channel_zero_points", "q_per_channel_axis")
    return fields | {f"{name}()": getattr(tensor, name)() for name in names}


def _record_jagged(recorder: Recorder, tensor: Any, path: str) -> Node:
    """A jagged tensor by its buffers. One that requires grad is not looked into: a backward pass
    through it cannot be probed with weights of a fixed shape."""
    if tensor.requires_grad:
        return recorder.opaque(tensor, path)
    meta = (("dtype", str(tensor.dtype)[6:]), ("dims", tensor.dim()), ("_ragged_idx", tensor._ragged_idx))
    with warnings.catch_warnings(action="ignore"):
        fields = {name: getattr(tensor, name)() for name in ("values", "offsets", "lengths")}
    parts = [
        (f".{name}()", recorder.record(value, f"{path}.{name}()"))
        for name, value in recorder.keep(fields).items()
    ]
    return Node("object", type_name(type(tensor)), meta, None, tuple(parts))
