"""Writing PyTorch tensors: elements, dtype, strides, shared storage, `requires_grad`, `.grad`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from codeopt.equivalence.aliases import tensor_claim
from codeopt.equivalence.spell_arrays import nest
from codeopt.equivalence.spell_memory import MOST_ELEMENTS, Block, Unwritable

if TYPE_CHECKING:
    from codeopt.equivalence.spell import Speller

_ALIKE = 4
_BITS: dict[int, np.dtype[Any]] = {size: np.dtype(f"i{size}") for size in (1, 2, 4, 8)}


def spell_tensor(speller: Speller, tensor: Any) -> str:
    """An expression for a dense tensor that is a leaf of the graph."""
    import torch

    kinds = (torch.Tensor, torch.nn.Parameter)
    if type(tensor) not in kinds or not tensor.is_leaf or tensor.is_meta or tensor.is_inference():
        raise Unwritable(type(tensor).__qualname__)
    plain = tensor.detach()
    block = speller.block_of(plain, plain.data_ptr()) if plain.numel() else None
    text = _view(speller, block, plain) if block is not None else _alone(speller, plain)
    if type(tensor) is torch.nn.Parameter:
        text = f"torch.nn.Parameter({text}, requires_grad={tensor.requires_grad})"
    elif tensor.requires_grad:
        text += ".requires_grad_()"
    if tensor.grad is None:
        return text
    name = speller.bind(tensor, text, "leaf")
    speller.lines.append(f"{name}.grad = {speller.value(tensor.grad)}")
    return name


def _alone(speller: Speller, tensor: Any) -> str:
    import torch

    if tensor.is_contiguous():
        return _elements(speller, tensor)
    turned = tensor.transpose(0, -1)
    if turned.is_contiguous():
        return f"{_elements(speller, turned)}.transpose(0, -1)"
    if tensor.ndim == 4 and tensor.is_contiguous(memory_format=torch.channels_last):
        return f"{_elements(speller, tensor)}.contiguous(memory_format=torch.channels_last)"
    inner = tensor[tuple(slice(0, 1) if s == 0 else slice(None) for s in tensor.stride())]
    if 0 in tensor.stride() and inner.is_contiguous():
        return f"{_elements(speller, inner)}.expand({tuple(tensor.shape)})"
    if tensor[:1].is_contiguous() and tensor.stride(0) == 2 * tensor[:1].numel():
        return f"{_elements(speller, tensor)}.repeat_interleave(2, dim=0)[::2]"
    low, high = tensor_claim("", tensor)[:2]
    return _view(speller, Block(low, high), tensor)


def _view(speller: Speller, block: Block, tensor: Any) -> str:
    import torch

    size = tensor.element_size()
    if (block.high - block.low) % size or (tensor.data_ptr() - block.low) % size:
        raise Unwritable("views of different widths")
    if not block.variable:
        flat = torch.from_numpy(block.read(_BITS[size])).view(tensor.dtype)
        block.variable = speller.bind(None, _elements(speller, flat), "buffer")
    first = (tensor.data_ptr() - block.low) // size
    if tensor.is_contiguous():
        part = f"{block.variable}[{first}:{first + tensor.numel()}]"
        return part if tensor.ndim == 1 else f"{part}.view({tuple(tensor.shape)})"
    return f"torch.as_strided({block.variable}, {tuple(tensor.shape)}, {tensor.stride()}, {first})"


def _elements(speller: Speller, tensor: Any) -> str:
    """A new contiguous tensor with these elements."""
    import torch

    shape = tuple(tensor.shape)
    if tensor.is_complex() or tensor.is_quantized:
        raise Unwritable(str(tensor.dtype))
    default = tensor.dtype in (torch.float32, torch.int64, torch.bool)
    dtype = "" if default else f", dtype={tensor.dtype}"
    if not tensor.numel():
        return f"torch.zeros({shape}, dtype={tensor.dtype})"
    values = tensor.reshape(-1).tolist()
    if len(values) > _ALIKE and len({repr(v) for v in values}) == 1:
        return f"torch.full({shape}, {_number(speller, values[0], tensor.dtype)}{dtype})"
    if len(values) > MOST_ELEMENTS:
        raise Unwritable(f"{len(values)} elements")
    return f"torch.tensor({nest([_number(speller, v, tensor.dtype) for v in values], shape)}{dtype})"


def _number(speller: Speller, value: Any, dtype: Any) -> str:
    if not isinstance(value, float):
        return repr(value)
    if str(dtype) == "torch.float32":
        return speller.number(float(str(np.float32(value))))
    return speller.number(value)
