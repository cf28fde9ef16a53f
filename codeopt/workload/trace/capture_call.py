"""All that a call depends on: its arguments, looked at twice, and the state of torch around it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from codeopt.workload.trace import capture_arrays, capture_frames, capture_sparse, capture_tensors
from codeopt.workload.trace.capture import Capture, Handler, Node, Range, Refused
from codeopt.workload.trace.capture_objects import object_node

_HOMES: dict[str, Handler] = {
    "numpy": capture_arrays.node,
    "torch": capture_tensors.node,
    "pandas": capture_frames.node,
    "scipy": capture_sparse.node,
}


@dataclass(frozen=True, slots=True)
class Captured:
    """Positional and keyword arguments as nodes, the bytes they refer to, and the state around the call."""

    args: list[Node]
    kwargs: dict[str, Node]
    blobs: list[bytes]
    ambient: dict[str, Any]


def capture_call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Captured:
    """The arguments of a call. Raises Refused for those that cannot be captured, and for those that
    change while it is done: they are looked at twice."""
    first = _capture(args, kwargs)
    try:
        second = _capture(args, kwargs)
    except Refused as error:
        raise Refused(f"changed while it was recorded: {error}") from error
    if first != second:
        raise Refused("an argument changed while it was recorded")
    return first


def _capture(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Captured:
    parts: frozenset[int] = frozenset()
    for _ in range(2):
        capture = Capture(_HOMES, object_node, parts)
        positional = [capture.node(value, f"argument {i}") for i, value in enumerate(args)]
        named = {name: capture.node(value, f"argument {name!r}") for name, value in kwargs.items()}
        shared = list(_overlapping(capture.ranges))
        if not shared:
            return Captured(positional, named, capture.blobs, _ambient())
        parts = frozenset(one.owner for one in shared)
    names = list(dict.fromkeys(one.path for one in shared))
    raise Refused(f"{' and '.join(names[:2])}: share memory in a way that cannot be captured")


def _overlapping(ranges: list[Range]) -> Iterator[Range]:
    """Those that share memory with another."""
    group: list[Range] = []
    high = 0
    for one in sorted(ranges, key=lambda r: r.low):
        if group and one.low >= high:
            if len(group) > 1:
                yield from group
            group = []
        group.append(one)
        high = max(high, one.high) if len(group) > 1 else one.high
    if len(group) > 1:
        yield from group


def _ambient() -> dict[str, Any]:
    """What the call is made under, beside its arguments."""
    found: dict[str, Any] = {}
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "is_grad_enabled"):
        found["grad"] = bool(torch.is_grad_enabled())
        found["inference"] = bool(torch.is_inference_mode_enabled())
        found["dtype"] = str(torch.get_default_dtype()).removeprefix("torch.")
    return found
