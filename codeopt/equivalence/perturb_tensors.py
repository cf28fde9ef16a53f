"""Making a tensor or a module awkward. Imported only where torch already is."""

from __future__ import annotations

from typing import Any

import torch

from codeopt.equivalence.perturb_arrays import VALUES, WHOLE_NUMBERS, put_values


def change_tensor(tensor: Any, kind: str) -> Any:
    """A tensor in another layout or dtype, or with other values, never the given one.

    What was a leaf that requires grad stays one.
    """
    plain, wants = tensor.detach(), tensor.requires_grad
    if kind == "requires_grad":
        return plain.clone().requires_grad_(not wants)
    if kind in VALUES:
        plain = plain.clone(memory_format=torch.contiguous_format)
        put_values(plain.view(-1), kind)
    elif kind in WHOLE_NUMBERS:
        return _whole(plain.clone(memory_format=torch.contiguous_format), kind)
    elif kind == "bool":
        return plain > 0
    elif kind == "integers":
        return (plain.nan_to_num() * 10).to(torch.int64)
    elif kind in _LAYOUTS:
        plain = _LAYOUTS[kind](plain)
    else:
        plain = plain.to(getattr(torch, kind), copy=True)
    return plain.requires_grad_(wants)


def _whole(plain: Any, kind: str) -> Any:
    if kind == "zeros":
        return plain.zero_()
    if kind == "in pairs":
        plain[1::2] = plain[: len(plain) // 2 * 2 : 2].clone()
    else:
        plain[::3] = -1 - plain[::3]
    return plain


_LAYOUTS = {
    "fortran": lambda t: t.transpose(0, -1).contiguous().transpose(0, -1),
    "strided": lambda t: t.repeat_interleave(2, dim=0)[::2],
    "offset": lambda t: torch.cat([t[:1], t])[1:],
    "channels last": lambda t: t.clone().contiguous(memory_format=torch.channels_last),
    "broadcast": lambda t: t[:1].clone().expand_as(t),
    "scalar": lambda t: t.reshape(-1)[0].clone(),
}


def take_tensor(tensor: Any, rows: list[int]) -> Any:
    """These rows of a tensor, a leaf as it was."""
    taken = tensor.detach()[torch.tensor(rows, dtype=torch.int64)]
    return taken.requires_grad_(tensor.requires_grad)


def change_module(module: Any, kind: str) -> Any:
    """The module itself, in another mode: whole, in part, or with frozen parameters."""
    if kind == "mode":
        return module.train(not module.training)
    if kind == "frozen":
        next(p for p in module.parameters() if p.requires_grad and p.is_leaf).requires_grad_(False)
        return module
    for child in list(module.children())[::2]:
        child.train(not child.training)
    return module
