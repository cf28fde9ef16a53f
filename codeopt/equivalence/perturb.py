"""Making an ordinary call awkward: odd layouts, special values, other sizes, shared arguments.

`KINDS` lists what can be done to a leaf of a family, the most telling first: those that caught
planted faults which plain cases missed (another width, one row or many, equal rows, infinities), and
those that in-place and blocked rewrites stumble over (integers, NaN, read-only). `OUTSIDE` are
the kinds that leave what the workload covers: they bind an `exact` rewrite, and only
give a caveat to a weaker one. Half precision and values near the end of the range are among
them: what overflows there does so at another step of a rewritten sum, and neither is right.

Not drawn at all: masked arrays, matrices and byte-swapped arrays, whose own arithmetic and
result types no function of plain arrays promises; inference and sparse tensors in place of dense
ones, which most operations refuse; floating-point errors made exceptions, for which operation
meets a value first is a rewrite's own business.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from codeopt.equivalence import perturb_sharing as sharing
from codeopt.equivalence.leaves import Leaf, family_of, leaves_of, map_call
from codeopt.equivalence.perturb_arrays import VALUES, WHOLE_NUMBERS, change_array
from codeopt.equivalence.perturb_frames import (
    change_estimator,
    change_frame,
    change_sparse,
    column_applies,
)
from codeopt.equivalence.perturb_plain import (
    change_number,
    change_sequence,
    change_text,
    number_applies,
    sequence_applies,
)
from codeopt.equivalence.perturb_sharing import ROWS, SHARING
from codeopt.workload.call import Call

LAYOUTS = {
    "array": ("fortran", "strided", "reversed", "unaligned"),
    "tensor": ("fortran", "strided", "offset", "channels last"),
}
"""Kinds that change neither a value nor what may be done with it: several leaves can take one
each in a single case."""

KINDS = {
    "array": (
        "int64", "nan", "float32", "one row", "readonly", "inf", "many rows", "empty", "broadcast",
        "one column fewer", "odd rows", "in pairs", "overlap", "rows alike", "same", "rows twice",
        "constant", "zeros", "rows backwards", "zeros signed", "view", "float64", "transposed", "large",
        "subnormal", "memory-mapped", "negative", "float16", "alone float32", "alone float64", "int32",
        "bool", "scalar",
    ),
    "tensor": (
        "requires_grad", "nan", "float64", "one row", "inf", "many rows", "empty", "in pairs", "odd rows",
        "one column fewer", "overlap", "broadcast", "rows alike", "same", "integers", "rows twice",
        "constant", "zeros", "float32", "rows backwards", "zeros signed", "view", "transposed", "large",
        "subnormal", "negative", "bfloat16", "alone float64", "bool", "scalar",
    ),
    "frame": (
        "nan", "one row", "missing", "other labels", "empty", "odd rows", "view", "same labels", "float32",
        "rows backwards", "unused category", "rows twice", "columns turned", "rows alike", "many rows",
        "category", "nullable", "attrs",
    ),
    "sparse": (
        "unsorted", "explicit zeros", "one row", "duplicates", "empty rows", "odd rows", "nan",
        "wide indices", "empty", "float32", "float64", "rows twice", "csr", "csc", "coo",
    ),
    "module": ("mode", "half mode", "frozen"),
    "estimator": ("other seed", "unfitted", "random state"),
    "sequence": (
        "one row", "same item", "odd rows", "blank item", "nan item", "empty", "odd letters",
        "rows backwards", "rows twice", "many rows", "iterator", "missing item",
    ),
    "number": ("one more", "flipped", "one", "halved", "one less", "zero", "whole", "omitted", "negative"),
    "text": ("empty text", "odd letters", "omitted"),
}  # fmt: skip

AMBIENT = {"no_grad": "torch.no_grad()", "default float64": "torch.float64 as default dtype"}
"""States that the call is made in, with how they are told."""

AMBIENT_SOURCE = {"no_grad": "torch.no_grad()"}
"""The same as source, where one expression makes it."""

OUTSIDE = frozenset(
    {
        "bool", "int32", "integers", "scalar", "alone float32", "alone float64", "float16", "bfloat16",
        "large", "negative", "memory-mapped", "category", "nullable", "attrs", "csr", "csc", "coo",
        "iterator", "missing item", "default float64",
    }
)  # fmt: skip

_WIDTHS = ("float16", "bfloat16", "float32", "float64")


def applies(kind: str, leaf: Leaf, leaves: list[Leaf]) -> bool:
    """Whether a kind would change this leaf. Integers keep their type: they index and label."""
    if kind in ROWS:
        return sharing.rows_apply(kind, leaf, leaves)
    if kind == "omitted" or kind.startswith("option "):
        return True
    return _APPLIES[leaf.family](kind, leaf, leaves)


def _array_applies(kind: str, leaf: Leaf, leaves: list[Leaf]) -> bool:
    value = leaf.value
    floating = is_float(value)
    dims = len(value.shape)
    if kind == "same" or kind in SHARING:
        return sharing.partner(kind, leaf, leaves) is not None
    if kind in VALUES or kind == "requires_grad" or kind == "scalar":
        return floating and dims > 0 and value.shape[0] > 0
    if kind in WHOLE_NUMBERS:
        return not floating and leaf.rows > 1 and not (kind == "negative" and _is_unsigned(value))
    if kind in ("int64", "int32", "integers", "bool"):
        return floating
    if kind.startswith("alone "):
        return floating and kind.split()[1] != dtype_name(value) and sum(_floats(leaves)) > 1
    if kind in _WIDTHS:
        alike = [x for x in leaves if x.family == leaf.family and is_float(x.value)]
        return floating and alike[0].path == leaf.path and any(kind != dtype_name(x.value) for x in alike)
    if kind == "channels last":
        return dims == 4
    if kind == "one column fewer":
        return dims > 1 and value.shape[-1] > 2
    return leaf.rows > 1 and dims > (1 if kind == "fortran" else 0)


def _frame_applies(kind: str, leaf: Leaf, leaves: list[Leaf]) -> bool:
    frame = leaf.value
    if len(frame) < 2:
        return False
    if kind in ("same labels", "other labels", "attrs", "view"):
        return True
    if kind == "columns turned":
        return bool(frame.ndim == 2 and frame.shape[1] > 1)
    dtypes = [frame.dtype] if frame.ndim == 1 else list(frame.dtypes)
    return any(column_applies(dtype, kind) for dtype in dtypes)


def _sparse_applies(kind: str, leaf: Leaf, leaves: list[Leaf]) -> bool:
    matrix = leaf.value
    if kind in ("unsorted", "duplicates", "wide indices"):
        return matrix.format in ("csr", "csc") and matrix.nnz > 1
    if kind in ("csr", "csc", "coo", "float32", "float64"):
        return kind not in (matrix.format, str(matrix.dtype))
    return matrix.nnz > 1 and (kind != "nan" or matrix.dtype.kind == "f")


def _module_applies(kind: str, leaf: Leaf, leaves: list[Leaf]) -> bool:
    if kind == "frozen":
        return any(bool(p.requires_grad and p.is_leaf) for p in leaf.value.parameters())
    return kind == "mode" or next(leaf.value.children(), None) is not None


def _estimator_applies(kind: str, leaf: Leaf, leaves: list[Leaf]) -> bool:
    return kind == "unfitted" or "random_state" in leaf.value.get_params(deep=False)


_APPLIES: dict[str, Callable[[str, Leaf, list[Leaf]], bool]] = {
    "array": _array_applies,
    "tensor": _array_applies,
    "frame": _frame_applies,
    "sparse": _sparse_applies,
    "module": _module_applies,
    "estimator": _estimator_applies,
    "sequence": lambda kind, leaf, leaves: sequence_applies(leaf.value, kind),
    "number": lambda kind, leaf, leaves: number_applies(leaf.value, kind),
    "text": lambda kind, leaf, leaves: True,
}


def _floats(leaves: list[Leaf]) -> list[bool]:
    return [leaf.family in ("array", "tensor") and is_float(leaf.value) for leaf in leaves]


def is_float(value: Any) -> bool:
    """Whether an array or tensor holds floats."""
    return value.dtype.kind == "f" if isinstance(value, np.ndarray) else bool(value.dtype.is_floating_point)


def _is_unsigned(value: Any) -> bool:
    return dtype_name(value).startswith(("uint", "bool"))


def dtype_name(value: Any) -> str:
    """`float32` for both libraries."""
    return str(value.dtype).removeprefix("torch.")


def perturb(call: Call, kind: str, path: str) -> Call:
    """The call with a kind applied to its leaf at that path; unchanged where it does not apply."""
    leaves = leaves_of(call)
    leaf = next((x for x in leaves if x.path == path), None)
    if leaf is None or kind in AMBIENT:
        return call
    known = kind in KINDS[leaf.family] or kind in LAYOUTS.get(leaf.family, ()) or kind.startswith("option ")
    if not known or not applies(kind, leaf, leaves):
        return call
    if kind in ROWS:
        return sharing.take_rows(call, kind, leaf, leaves)
    if kind == "one column fewer":
        return sharing.without_column(call, leaf)
    if kind == "same" or kind in SHARING:
        other = sharing.partner(kind, leaf, leaves)
        return sharing.share(call, kind, leaf, other) if other is not None else call
    if kind == "omitted":
        kept = {k: v for k, v in call.kwargs.items() if f"kwargs[{k!r}]" != leaf.path}
        return Call(call.args, kept, call.init, call.train)
    if leaf.family in ("number", "text"):
        change_plain = change_number if leaf.family == "number" else change_text
        return map_call(call, lambda v, p: change_plain(v, kind) if p == leaf.path else v)
    change, group = _change(kind, leaf, leaves)
    ids = {id(member.value) for member in group}
    return map_call(call, lambda v, p: change(v) if id(v) in ids else v)


def _change(kind: str, leaf: Leaf, leaves: list[Leaf]) -> tuple[Callable[[Any], Any], list[Leaf]]:
    """What to do, and with which leaves: widths change together, or no operation would fit."""
    if leaf.family in ("array", "tensor") and kind in _WIDTHS:
        group = [x for x in leaves if x.family == "module" or (x.family == leaf.family and is_float(x.value))]
        return (lambda v: _convert(v, kind)), group
    name = kind.removeprefix("alone ")
    if leaf.family in ("tensor", "module"):
        from codeopt.equivalence.perturb_tensors import change_module, change_tensor

        make: Callable[[Any, str], Any] = change_tensor if leaf.family == "tensor" else change_module
    else:
        make = _CHANGES[leaf.family]
    return (lambda v: make(v, name)), [leaf]


_CHANGES: dict[str, Callable[[Any, str], Any]] = {
    "array": change_array,
    "frame": change_frame,
    "sparse": change_sparse,
    "estimator": change_estimator,
    "sequence": change_sequence,
}


def _convert(value: Any, dtype: str) -> Any:
    if isinstance(value, np.ndarray):
        return value.astype(dtype, order="K")
    torch = sys.modules["torch"]
    if isinstance(value, torch.nn.Module):
        return value.to(getattr(torch, dtype))
    from codeopt.equivalence.perturb_tensors import change_tensor

    return change_tensor(value, dtype)


@contextlib.contextmanager
def ambient(kinds: list[str]) -> Iterator[None]:
    """Be in the states of `AMBIENT` that are among these kinds."""
    torch = sys.modules.get("torch")
    with contextlib.ExitStack() as stack:
        if torch is not None and "no_grad" in kinds:
            stack.enter_context(torch.no_grad())
        if torch is not None and "default float64" in kinds:
            stack.callback(torch.set_default_dtype, torch.get_default_dtype())
            torch.set_default_dtype(torch.float64)
        yield


def widen(call: Call) -> Call:
    """The call with every float argument in float64, modules included; the judge of rounding."""

    def change(value: Any, path: str) -> Any:
        family = family_of(value)
        if family == "module":
            return value.double()
        if family in ("array", "tensor") and is_float(value) and dtype_name(value) != "float64":
            return _convert(value, "float64")
        if family == "sparse" and value.dtype.kind == "f":
            return value.astype(np.float64)
        if family == "frame":
            return change_frame(value, "float64")
        return value

    return map_call(call, change)
