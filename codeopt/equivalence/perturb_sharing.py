"""Arguments that share memory with one another, and rows taken from all that have equally many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from codeopt.equivalence.leaves import ROWED, Leaf, family_of, map_call
from codeopt.workload.call import Call

MANY = 1031
"""A prime beyond 1,000 and 1,024, where the last block of a blocked loop is a small one."""

MOST_BYTES = 1 << 18
"""Bytes that one array may have with that many rows."""

ROWS: dict[str, Callable[[int], list[int]]] = {
    "empty": lambda n: [],
    "one row": lambda n: [0],
    "odd rows": lambda n: list(range(_prime_below(n))),
    "rows backwards": lambda n: list(range(n - 1, -1, -1)),
    "rows twice": lambda n: [i // 2 for i in range(n)],
    "rows alike": lambda n: [0] * n,
    "many rows": lambda n: [i % n for i in range(MANY)],
}
"""Which rows are taken of `n`, in all arguments that have as many."""

SHARING = ("overlap", "view", "transposed")


def rows_apply(kind: str, leaf: Leaf, leaves: list[Leaf]) -> bool:
    """Whether a kind of `ROWS` changes the rows; asked of the first leaf with so many only."""
    if leaf.rows < 2 or next(x for x in leaves if x.rows == leaf.rows).path != leaf.path:
        return False
    if kind == "odd rows":
        return leaf.rows > 3
    if kind == "many rows":
        alike = [x.value for x in leaves if x.rows == leaf.rows]
        bytes_ = sum(int(v.nbytes) for v in alike if hasattr(v, "nbytes"))
        return leaf.rows < MANY and bytes_ // leaf.rows * MANY <= MOST_BYTES
    return True


def take_rows(call: Call, kind: str, leaf: Leaf, leaves: list[Leaf]) -> Call:
    """The call with the same rows taken of every leaf that has as many as this one."""
    rows = ROWS[kind](leaf.rows)
    ids = {id(x.value): x.family for x in leaves if x.family in ROWED and x.rows == leaf.rows}
    return map_call(call, lambda v, p: take(v, ids[id(v)], rows) if id(v) in ids else v)


def take(value: Any, family: str, rows: list[int]) -> Any:
    """These rows of a value, as a new one."""
    if family == "sequence":
        return type(value)(value[i] for i in rows)
    if family == "frame":
        return value.iloc[rows]
    if family == "sparse":
        return value.tocsr()[np.array(rows, dtype=np.int64)].asformat(value.format)
    if family == "tensor":
        from codeopt.equivalence.perturb_tensors import take_tensor

        return take_tensor(value, rows)
    return value[np.array(rows, dtype=np.int64)]


def without_column(call: Call, leaf: Leaf) -> Call:
    """The call with the last axis of this array or tensor one shorter, and with it every axis of
    the others that is as long: a length may be odd or even, or just right for a block."""
    length = leaf.value.shape[-1]
    return map_call(call, lambda v, p: narrowed(v, length, length - 1))


def narrowed(value: Any, length: int, kept: int) -> Any:
    """An array or tensor with `kept` entries along every axis that has `length`; other values as
    they are."""
    if family_of(value) not in ("array", "tensor") or length not in value.shape:
        return value
    cut = value[tuple(slice(kept) if n == length else slice(None) for n in value.shape)]
    if isinstance(value, np.ndarray):
        return cut.copy()
    return cut.detach().clone().requires_grad_(value.requires_grad)


def _prime_below(n: int) -> int:
    return next(p for p in range(n - 1, 1, -1) if all(p % d for d in range(2, int(p**0.5) + 1)))


def partner(kind: str, leaf: Leaf, leaves: list[Leaf]) -> Leaf | None:
    """The other array or tensor that this one can share its memory with."""
    for other in leaves:
        if other.value is leaf.value or other.family != leaf.family or other.value.dtype != leaf.value.dtype:
            continue
        mine, theirs = tuple(leaf.value.shape), tuple(other.value.shape)
        if kind in ("same", "overlap") and mine == theirs and mine and mine[0] > 0:
            return other
        if kind == "transposed" and len(mine) > 1 and mine == theirs[::-1]:
            return other
        if kind == "view" and mine != theirs and 0 < int(np.prod(theirs)) <= int(np.prod(mine)):
            return other
    return None


def share(call: Call, kind: str, leaf: Leaf, other: Leaf) -> Call:
    """The call with `other` made a view of the memory of `leaf`, or the same object."""
    first, second = (leaf.value, leaf.value) if kind == "same" else _pair(kind, leaf, other)
    return map_call(call, lambda v, p: first if v is leaf.value else second if v is other.value else v)


def _pair(kind: str, leaf: Leaf, other: Leaf) -> tuple[Any, Any]:
    tensor = leaf.family == "tensor"
    plain: Any = (
        leaf.value.detach().clone().contiguous() if tensor else np.ascontiguousarray(leaf.value).copy()
    )
    shape = tuple(other.value.shape)
    if kind == "overlap":
        if tensor:
            import torch

            buffer = torch.cat([plain, plain[:1]])
        else:
            buffer = np.concatenate([plain, plain[:1]])
        first, second = buffer[:-1], buffer[1:]
    elif kind == "transposed":
        axes = range(plain.ndim)[::-1]
        first, second = plain, plain.permute(*axes) if tensor else plain.transpose(*axes)
    else:
        first, second = plain, plain.reshape(-1)[: int(np.prod(shape))].reshape(shape)
    if tensor:
        return (
            first.detach().requires_grad_(leaf.value.requires_grad),
            second.detach().requires_grad_(other.value.requires_grad),
        )
    return first, second
