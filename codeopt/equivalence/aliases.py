"""Who shares memory with whom: what a caller could find out by writing."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from codeopt.equivalence.node import Node

MOST_PAIRS = 4000
"""Pairs listed at most; more come only from containers full of views of one buffer."""

EXACT_WORK = 10_000
"""Candidate solutions NumPy may try for two interleaved views; beyond, they count as sharing."""


class Claim(NamedTuple):
    """The bytes `[low, high)` that the array at `path` may touch; `start` is its first element."""

    low: int
    high: int
    start: int
    path: str
    owner: Any
    behind: bool


def _extent(start: int, shape: tuple[int, ...], strides: tuple[int, ...], item: int) -> tuple[int, int]:
    low = high = start
    for length, stride in zip(shape, strides, strict=True):
        if stride > 0:
            high += (length - 1) * stride
        else:
            low += (length - 1) * stride
    return low, high + item


def array_claim(path: str, array: np.ndarray[Any, Any], behind: bool) -> Claim:
    """The claim of a non-empty array."""
    start = array.__array_interface__["data"][0]
    low, high = _extent(start, array.shape, array.strides, array.itemsize)
    return Claim(low, high, start, path, array, behind)


def tensor_claim(path: str, tensor: Any) -> Claim:
    """The claim of a non-empty strided tensor."""
    start = tensor.data_ptr()
    item = tensor.element_size()
    low, high = _extent(start, tensor.shape, tuple(s * item for s in tensor.stride()), item)
    return Claim(low, high, start, path, tensor, False)


def _share(a: Claim, b: Claim) -> bool:
    if a.behind and b.behind:
        return False
    try:
        first, second = _as_array(a.owner), _as_array(b.owner)
        return bool(np.shares_memory(first, second, max_work=EXACT_WORK))  # type: ignore[arg-type]
    except (RuntimeError, TypeError):
        # Too hard to decide, or a dtype NumPy lacks: the extents overlap, which must do.
        return True


def _as_array(owner: Any) -> np.ndarray[Any, Any]:
    if isinstance(owner, np.ndarray):
        return owner
    from codeopt.equivalence.tensors import in_place_view

    return in_place_view(owner)


def alias_graph(claims: list[Claim]) -> Node:
    """The pairs of paths that share memory, each with the distance of their starts in bytes."""
    pairs: list[tuple[str, Node]] = []
    active: list[Claim] = []
    for claim in sorted(claims, key=lambda c: c[:2]):
        active = [other for other in active if other.high > claim.low]
        for other in active:
            if len(pairs) < MOST_PAIRS and _share(other, claim):
                first, second = sorted((other, claim), key=lambda c: c.path)
                distance = second.start - first.start
                pairs.append((f"{first.path} & {second.path}", Node("int", "bytes apart", (), distance)))
        active.append(claim)
    return Node("aliases", "", (), None, tuple(sorted(pairs)))
