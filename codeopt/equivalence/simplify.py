"""Simplifying the values of a call while it keeps a property: fewer rows, plainer numbers.

Hypothesis shrinks what it drew itself; these values came from the workload's builder. So this
follows its order (shorter first, then simpler elements) by trying simpler versions of each leaf
until none keeps the property or time is up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from codeopt.equivalence.leaves import ROWED, Leaf, leaves_of, map_call
from codeopt.equivalence.perturb_sharing import narrowed, take
from codeopt.workload.call import Call

Holds = Callable[[Call], bool]

SINGLY = 24
"""Elements up to which each is simplified on its own."""


def simplify(call: Call, holds: Holds, deadline: float) -> Call:
    """The simplest call found before `deadline` (on `time.perf_counter`) for which `holds` is true.

    `holds` is true of the call given and must not change what it is given.
    """
    better = True
    while better:
        better = False
        for candidates in (_fewer_rows, _fewer_columns, _simpler_values):
            call, found = _descend(call, candidates, holds, deadline)
            better |= found
    return call


def _descend(
    call: Call, candidates: Callable[[Call], Iterator[Call]], holds: Holds, deadline: float
) -> tuple[Call, bool]:
    """Take the first simpler call that holds, again and again."""
    found = True
    ever = False
    while found:
        found = False
        for tried in candidates(call):
            if time.perf_counter() > deadline:
                return call, False
            if holds(tried):
                call, found, ever = tried, True, True
                break
    return call, ever


def _fewer_rows(call: Call) -> Iterator[Call]:
    """Every group of leaves with equally many rows, cut to a few, to a half, by one."""
    leaves = leaves_of(call)
    for count in dict.fromkeys(leaf.rows for leaf in leaves if leaf.rows > 1):
        group = {id(x.value): x.family for x in leaves if x.family in ROWED and x.rows == count}
        blocks = [range(n) for n in (1, 2, 3, count // 2) if n < count]
        blocks.append(range(count // 2, count))
        for kept in blocks:
            yield _taken(call, group, list(kept))
        for lost in range(count if count <= SINGLY else 0):
            yield _taken(call, group, [i for i in range(count) if i != lost])


def _taken(call: Call, group: dict[int, str], rows: list[int]) -> Call:
    return map_call(call, lambda v, p: take(v, group[id(v)], rows) if id(v) in group else v)


def _fewer_columns(call: Call) -> Iterator[Call]:
    """Arrays and tensors with fewer entries along an axis, all that are as long there at once."""
    leaves = [x for x in leaves_of(call) if x.family in ("array", "tensor") and len(x.value.shape) > 1]
    lengths = dict.fromkeys(int(n) for leaf in leaves for n in leaf.value.shape[1:] if n > 1)
    for length in lengths:
        for kept in dict.fromkeys((1, 2, length // 2, length - 1)):
            if kept < length:
                yield map_call(call, lambda v, p, n=length, k=kept: narrowed(v, n, k))  # type: ignore[misc]
    for leaf in leaves_of(call):
        if leaf.family == "frame" and leaf.value.ndim == 2:
            for i in range(leaf.value.shape[1]):
                fewer = leaf.value.drop(columns=leaf.value.columns[i])
                yield _replaced(call, leaf, fewer)


def _replaced(call: Call, leaf: Leaf, new: Any) -> Call:
    if leaf.family in ("number", "text"):
        return map_call(call, lambda v, p: new if p == leaf.path else v)
    return map_call(call, lambda v, p: new if v is leaf.value else v)


def _simpler_values(call: Call) -> Iterator[Call]:
    """Every leaf with plainer elements: equal ones, whole ones, rounded ones, then one by one."""
    for leaf in leaves_of(call):
        if leaf.family == "array":
            for array in _simpler_arrays(leaf.value):
                yield _replaced(call, leaf, array)
        elif leaf.family == "tensor" and leaf.value.numel():
            import torch

            plain = leaf.value.detach()
            if plain.dtype in (torch.float32, torch.float64, torch.int64):
                for array in _simpler_arrays(plain.numpy()):
                    tensor = torch.from_numpy(array).requires_grad_(leaf.value.requires_grad)
                    yield _replaced(call, leaf, tensor)
        elif leaf.family == "number" and type(leaf.value) in (int, float):
            for number in (0, 1, 2, leaf.value // 2, round(leaf.value, 1)):
                if _weight(number) < _weight(leaf.value):
                    yield _replaced(call, leaf, type(leaf.value)(number))
        elif leaf.family == "text":
            for text in ("", leaf.value[:1], leaf.value[: len(leaf.value) // 2]):
                if len(text) < len(leaf.value):
                    yield _replaced(call, leaf, text)
        elif leaf.family == "sequence":
            for items in _simpler_items(leaf.value):
                yield _replaced(call, leaf, items)


def _weight(number: float) -> tuple[int, float]:
    """Small whole numbers before others, as one would write them down."""
    return len(repr(number)), abs(number)


def _simpler_arrays(array: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    if array.size == 0 or array.dtype.kind not in "fiu":
        return
    whole = np.arange(array.size).reshape(array.shape).astype(array.dtype)
    for simple in (np.zeros_like(array), np.ones_like(array), whole, np.round(array), np.round(array, 1)):
        if _cost(simple) < _cost(array):
            yield simple
    for i in range(array.size if array.size <= SINGLY else 0):
        for number in (0, 1, np.round(array.flat[i])):
            changed = array.copy()
            changed.flat[i] = number
            if _cost(changed) < _cost(array):
                yield changed


def _cost(array: np.ndarray[Any, Any]) -> tuple[int, int]:
    """Characters that the elements take, and how many kinds of them there are."""
    values = array.reshape(-1)[:400].tolist()
    return sum(len(repr(v)) for v in values), len(set(values))


def _simpler_items(items: Any) -> Iterator[Any]:
    """A list with one item plainer: shorter text, smaller number."""
    for i, item in enumerate(items[:SINGLY]):
        simple: Any = None
        if type(item) is str and len(item) > 1:
            simple = item[: len(item) // 2]
        elif type(item) in (int, float) and item not in (0, 1):
            simple = type(item)(0) if _weight(0) < _weight(item) else None
        elif type(item) in (list, tuple) and len(item) > 1:
            simple = item[: len(item) // 2]
        if simple is not None:
            changed = [*items[:i], simple, *items[i + 1 :]]
            yield changed if isinstance(items, list) else tuple(changed)
