"""Finding and replacing the arrays, tensors, frames and modules among a call's arguments."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from codeopt.workload.call import Call


class Leaf(NamedTuple):
    """One distinct object among the arguments; `family` is array, tensor, frame or module."""

    path: str
    family: str
    value: Any


def family_of(value: Any) -> str | None:
    """Which perturbations apply to a value, or None."""
    if isinstance(value, np.ndarray):
        return "array" if type(value) is np.ndarray and value.dtype.kind in "fiub" else None
    torch = sys.modules.get("torch")
    if torch is not None:
        if isinstance(value, torch.Tensor):
            plain = type(value) is torch.Tensor and value.layout is torch.strided and not value.is_meta
            return "tensor" if plain and not value.is_complex() else None
        if isinstance(value, torch.nn.Module):
            return "module"
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame | pandas.Series):
        return "frame"
    return None


def leaves_of(call: Call) -> list[Leaf]:
    """The distinct leaves, in the order of the call's arguments."""
    found: dict[int, Leaf] = {}

    def visit(value: Any, path: str) -> Any:
        family = family_of(value)
        if family is not None:
            found.setdefault(id(value), Leaf(path, family, value))
        return value

    map_call(call, visit)
    return list(found.values())


def map_call(call: Call, change: Callable[[Any, str], Any]) -> Call:
    """The call with `change(value, path)` in place of each argument that is no container.

    An object that stands in several places is changed once and stays one object.
    """
    done: dict[int, Any] = {}
    keep: list[Any] = []

    def visit(value: Any, path: str) -> Any:
        if id(value) in done:
            return done[id(value)]
        keep.append(value)
        result = _map_container(value, path, visit)
        if result is _NONE:
            result = change(value, path)
        done[id(value)] = result
        return result

    args = tuple(visit(v, f"args[{i}]") for i, v in enumerate(call.args))
    kwargs = {k: visit(v, f"kwargs[{k!r}]") for k, v in call.kwargs.items()}
    init = map_call(call.init, lambda v, p: change(v, f"init.{p}")) if call.init is not None else None
    return replace(call, args=args, kwargs=kwargs, init=init)


_NONE = object()


def _map_container(value: Any, path: str, visit: Callable[[Any, str], Any]) -> Any:
    """A list, tuple or dict with its items visited; the same object where nothing changed."""
    kind = type(value)
    if kind is list or (isinstance(value, tuple) and (kind is tuple or hasattr(kind, "_fields"))):
        items = [visit(v, f"{path}[{i}]") for i, v in enumerate(value)]
        if all(a is b for a, b in zip(items, value, strict=True)):
            return value
        return items if kind is list else kind(items) if kind is tuple else kind(*items)
    if kind is dict:
        mapped = {k: visit(v, f"{path}[{k!r}]") for k, v in value.items()}
        return value if all(mapped[k] is value[k] for k in value) else mapped
    return _NONE


def size_of(call: Call) -> int:
    """Bytes in all array, tensor and frame leaves; modules by their parameters."""
    total = 0
    for leaf in leaves_of(call):
        if leaf.family == "module":
            total += sum(p.nbytes for p in leaf.value.parameters())
        elif leaf.family == "frame":
            usage = leaf.value.memory_usage(index=False)
            total += int(usage.sum() if hasattr(usage, "sum") else usage)
        else:
            total += leaf.value.nbytes
    return total
