"""Making an ordinary call awkward: odd layouts, special values, other widths, shared arguments.

`KINDS` lists what can be done to a leaf of a family, the most telling first. `OUTSIDE` are
the kinds that leave what the workload's types cover: they bind an `exact` rewrite, and only
give a caveat to a weaker one. Half precision and values near the end of the range are among
them: what overflows there does so at another step of a rewritten sum, and neither is right.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from codeopt.equivalence.leaves import Leaf, family_of, leaves_of, map_call
from codeopt.workload.call import Call

Array = np.ndarray[Any, Any]

VALUES = ("nan", "inf", "zeros signed", "subnormal", "large", "constant")
ARRAY_KINDS = (
    "int64", "fortran", "nan", "strided", "readonly", "empty", "inf", "float32", "float64", "one row",
    "reversed", "same", "zeros signed", "broadcast", "constant", "large", "subnormal", "float16",
    "alone float32", "alone float64", "int32", "bool", "scalar",
)  # fmt: skip
TENSOR_KINDS = (
    "requires_grad", "fortran", "nan", "strided", "float64", "empty", "inf", "integers", "one row", "float32",
    "same", "zeros signed", "broadcast", "constant", "large", "subnormal", "bfloat16", "alone float64",
    "bool", "scalar",
)  # fmt: skip
FRAME_KINDS = ("empty", "nan", "reversed", "one row", "same labels")
MODULE_KINDS = ("mode",)
KINDS = {"array": ARRAY_KINDS, "tensor": TENSOR_KINDS, "frame": FRAME_KINDS, "module": MODULE_KINDS}
OUTSIDE = frozenset(
    {
        "bool", "int32", "integers", "scalar", "alone float32", "alone float64", "float16", "bfloat16",
        "large",
    }
)  # fmt: skip

LARGEST = {"float16": 200.0, "bfloat16": 1e18, "float32": 1e18, "float64": 1e150}
"""Factors for `large`: the square of the result still fits the dtype, its cube does not."""


def applies(kind: str, leaf: Leaf, leaves: list[Leaf]) -> bool:
    """Whether a kind would change this leaf. Integers keep their type: they index and label."""
    value = leaf.value
    if leaf.family == "module":
        return True
    if leaf.family == "frame":
        return len(value) > 1
    floating = is_float(value)
    dims = len(value.shape)
    if kind == "same":
        return any(_twin(leaf, other) for other in leaves)
    if kind in VALUES or kind == "requires_grad" or kind == "scalar":
        return floating and dims > 0 and value.shape[0] > 0
    if kind in ("int64", "int32", "integers", "bool"):
        return floating
    if kind.startswith("alone "):
        return floating and kind.split()[1] != dtype_name(value) and sum(_floats(leaves)) > 1
    if kind in ("float16", "bfloat16", "float32", "float64"):
        return floating and kind != dtype_name(value)
    return dims > (1 if kind == "fortran" else 0) and value.shape[0] > 1


def _floats(leaves: list[Leaf]) -> list[bool]:
    return [leaf.family in ("array", "tensor") and is_float(leaf.value) for leaf in leaves]


def is_float(value: Any) -> bool:
    """Whether an array or tensor holds floats."""
    return value.dtype.kind == "f" if isinstance(value, np.ndarray) else bool(value.dtype.is_floating_point)


def dtype_name(value: Any) -> str:
    """`float32` for both libraries."""
    return str(value.dtype).removeprefix("torch.")


def _twin(leaf: Leaf, other: Leaf) -> bool:
    return (
        other.value is not leaf.value
        and other.family == leaf.family
        and other.value.shape == leaf.value.shape
        and other.value.dtype == leaf.value.dtype
    )


def perturb(call: Call, kind: str, index: int) -> Call:
    """The call with a kind applied to its leaf of that index; unchanged where it does not apply."""
    leaves = leaves_of(call)
    if not leaves:
        return call
    leaf = leaves[index % len(leaves)]
    if kind not in KINDS[leaf.family] or not applies(kind, leaf, leaves):
        return call
    if kind == "mode":
        leaf.value.train(not leaf.value.training)
        return call
    if kind == "same":
        twin = next(other for other in leaves if _twin(leaf, other))
        return map_call(call, lambda v, p: leaf.value if v is twin.value else v)
    change, group = _change(kind, leaf, leaves)
    ids = {id(member.value) for member in group}
    return map_call(call, lambda v, p: change(v) if id(v) in ids else v)


def _change(kind: str, leaf: Leaf, leaves: list[Leaf]) -> tuple[Callable[[Any], Any], list[Leaf]]:
    """What to do, and with which leaves: rows and widths change together, or shapes would clash."""
    if leaf.family == "frame":
        rows = [x for x in leaves if x.family == "frame" and len(x.value) == len(leaf.value)]
        return (lambda frame: change_frame(frame, kind)), rows
    alike = [x for x in leaves if x.family == leaf.family]
    if kind in ("empty", "one row"):
        count = 0 if kind == "empty" else 1
        rows = [x for x in alike if x.value.shape[:1] == leaf.value.shape[:1]]
        return (lambda v: v[:count].copy() if isinstance(v, np.ndarray) else cut(v, count)), rows
    if kind in ("float16", "bfloat16", "float32", "float64"):
        group = [x for x in leaves if x.family == "module" or (x.family == leaf.family and is_float(x.value))]
        return (lambda v: _convert(v, kind)), group
    kind = kind.removeprefix("alone ")
    if leaf.family == "array":
        return (lambda v: change_array(v, kind)), [leaf]
    return (lambda v: change_tensor(v, kind)), [leaf]


def _convert(value: Any, dtype: str) -> Any:
    if isinstance(value, np.ndarray):
        return value.astype(dtype)
    torch = sys.modules["torch"]
    if isinstance(value, torch.nn.Module):
        return value.to(getattr(torch, dtype))
    return change_tensor(value, dtype)


def change_array(array: Array, kind: str) -> Array:
    """An array in another layout or dtype, or with other values, never the given one."""
    if kind in VALUES:
        changed = array.copy(order="K")
        put_values(changed.reshape(-1) if changed.flags.c_contiguous else changed.T.reshape(-1), kind)
        return changed
    if kind == "fortran":
        return np.asfortranarray(array) if not array.flags.f_contiguous else np.ascontiguousarray(array)
    if kind == "strided":
        spread = np.repeat(array, 2, axis=0)
        return spread[::2]
    if kind == "reversed":
        return array[::-1].copy()[::-1]
    if kind == "readonly":
        changed = array.copy(order="K")
        changed.flags.writeable = False
        return changed
    if kind == "broadcast":
        return np.broadcast_to(array[:1].copy(), array.shape)
    if kind == "scalar":
        return array.reshape(-1)[:1].copy().reshape(())
    with np.errstate(all="ignore"):
        if kind == "bool":
            return array > 0
        if kind.startswith("int"):
            return (np.nan_to_num(array) * 10).astype(kind)
        return array.astype(kind)


def put_values(flat: Any, kind: str) -> None:
    """Write special values into a flat, writable array or tensor of floats."""
    size = len(flat)
    name = dtype_name(flat)
    tiny = {"float16": 6e-8, "float64": 5e-324, "float32": 1e-45}.get(name, 1e-40)
    if kind == "nan":
        flat[size // 3] = float("nan")
    elif kind == "inf":
        flat[size // 3] = float("inf")
        flat[2 * size // 3] = float("-inf")
    elif kind == "zeros signed":
        flat[::3] = -0.0
        flat[1::3] = 0.0
    elif kind == "subnormal":
        flat[::2] = tiny
    elif kind == "large":
        flat *= LARGEST[name]
    else:
        flat[:] = 1.0


def cut(tensor: Any, count: int) -> Any:
    """The first rows of a tensor, a leaf as it was."""
    return tensor.detach()[:count].clone().requires_grad_(tensor.requires_grad)


def change_tensor(tensor: Any, kind: str) -> Any:
    """As `change_array`, for tensors; what was a leaf that requires grad stays one."""
    torch = sys.modules["torch"]
    plain = tensor.detach()
    wants = tensor.requires_grad
    if kind == "requires_grad":
        return plain.clone().requires_grad_(not wants)
    if kind in VALUES:
        plain = plain.clone(memory_format=torch.contiguous_format)
        put_values(plain.view(-1), kind)
    elif kind == "fortran":
        flipped = plain.transpose(0, -1)
        plain = flipped.contiguous().transpose(0, -1)
    elif kind == "strided":
        plain = plain.repeat_interleave(2, dim=0)[::2]
    elif kind == "broadcast":
        plain = plain[:1].clone().expand_as(plain)
    elif kind == "scalar":
        plain = plain.reshape(-1)[0].clone()
    elif kind == "bool":
        return plain > 0
    elif kind == "integers":
        return (plain.nan_to_num() * 10).to(torch.int64)
    else:
        plain = plain.to(getattr(torch, kind), copy=True)
    return plain.requires_grad_(wants)


def change_frame(frame: Any, kind: str) -> Any:
    """A frame or series with other rows, labels or gaps."""
    if kind == "empty":
        return frame.iloc[:0].copy()
    if kind == "one row":
        return frame.iloc[:1].copy()
    changed = frame.copy()
    if kind == "reversed":
        return changed.iloc[::-1]
    if kind == "same labels":
        changed.index = changed.index.take([0] * len(changed))
        return changed
    columns = [changed] if changed.ndim == 1 else [changed.iloc[:, i] for i in range(changed.shape[1])]
    for i, column in enumerate(columns):
        if getattr(column.dtype, "kind", "") == "f":
            values = column.to_numpy(copy=True)
            values[len(values) // 3] = float("nan")
            if changed.ndim == 1:
                return type(changed)(values, index=changed.index, name=changed.name)
            changed.isetitem(i, values)
    return changed


def widen(call: Call) -> Call:
    """The call with every float argument in float64, modules included; the judge of rounding."""

    def change(value: Any, path: str) -> Any:
        family = family_of(value)
        if family == "module":
            return value.double()
        if family in ("array", "tensor") and is_float(value) and dtype_name(value) != "float64":
            if family == "array":
                return value.astype(np.float64, order="K")
            return change_tensor(value, "float64")
        return value

    return replace(map_call(call, change))
