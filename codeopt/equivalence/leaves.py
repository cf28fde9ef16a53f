"""Finding and replacing the values among a call's arguments that a proof can vary."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from codeopt.workload.call import Call

ROWED = ("array", "tensor", "frame", "sparse", "sequence")
"""Families whose values have rows, which change together where they are equally many."""

_PLAIN = (int, float, complex, str, bytes, type(None))
_LONG = 2000
"""Items beyond which a container's items are not visited: no workload holds so many arrays."""


class Leaf(NamedTuple):
    """One distinct object among the arguments, or one plain value in its place.

    `family` is array, tensor, frame, sparse, module, estimator, sequence, number or text.
    """

    path: str
    family: str
    value: Any

    @property
    def rows(self) -> int:
        """How many rows it has, -1 where it has none."""
        if self.family in ("array", "tensor", "sparse"):
            return int(self.value.shape[0]) if self.value.shape else -1
        return len(self.value) if self.family in ("frame", "sequence") else -1


def family_of(value: Any) -> str | None:
    """The family of an object; None for plain values and what cannot be varied."""
    if isinstance(value, np.ndarray):
        return "array" if type(value) is np.ndarray and value.dtype.kind in "fiub" else None
    torch = sys.modules.get("torch")
    if torch is not None:
        if isinstance(value, torch.Tensor):
            plain = type(value) is torch.Tensor and value.layout is torch.strided and not value.is_meta
            return "tensor" if plain and not value.is_complex() and not value.is_quantized else None
        if isinstance(value, torch.nn.Module):
            return "module"
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame | pandas.Series):
        return "frame"
    sparse = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(value):
        return "sparse" if value.format in ("csr", "csc", "coo") and value.ndim == 2 else None
    if type(value).__module__.startswith("sklearn.") and hasattr(value, "get_params"):
        return "estimator"
    return None


def _plain_family(value: Any, path: str) -> str | None:
    """The family of a value that is an argument itself, not an item of one."""
    if path.count("[") > 1:
        return None
    if type(value) in (bool, int, float):
        return "number"
    if type(value) is str:
        return "text"
    return "sequence" if type(value) in (list, tuple) and len(value) > 0 else None


def leaves_of(call: Call) -> list[Leaf]:
    """The distinct leaves, in the order of the call's arguments."""
    found: dict[int | str, Leaf] = {}

    def visit(value: Any, path: str) -> Any:
        family = family_of(value)
        if family is not None:
            found.setdefault(id(value), Leaf(path, family, value))
        else:
            family = _plain_family(value, path.removeprefix("init."))
            if family is not None:
                found[path] = Leaf(path, family, value)
        return value

    map_call(call, visit)
    return list(found.values())


def map_call(call: Call, change: Callable[[Any, str], Any]) -> Call:
    """The call with `change(value, path)` in place of each argument and each item of a container.

    A container is offered first; left as it is, its items are. An object that stands in several
    places is changed once and stays one object.
    """
    done: dict[int, Any] = {}
    keep: list[Any] = []

    def visit(value: Any, path: str) -> Any:
        if isinstance(value, _PLAIN):
            return change(value, path)
        if id(value) in done:
            return done[id(value)]
        keep.append(value)
        result = change(value, path)
        if result is value:
            result = _map_container(value, path, visit)
        done[id(value)] = result
        return result

    args = tuple(visit(v, f"args[{i}]") for i, v in enumerate(call.args))
    kwargs = {k: visit(v, f"kwargs[{k!r}]") for k, v in call.kwargs.items()}
    init = map_call(call.init, lambda v, p: change(v, f"init.{p}")) if call.init is not None else None
    return replace(call, args=args, kwargs=kwargs, init=init)


def _map_container(value: Any, path: str, visit: Callable[[Any, str], Any]) -> Any:
    """A list, tuple or dict with its items visited; the same object where nothing changed."""
    kind = type(value)
    if kind is list or (isinstance(value, tuple) and (kind is tuple or hasattr(kind, "_fields"))):
        if len(value) > _LONG:
            return value
        items = [visit(v, f"{path}[{i}]") for i, v in enumerate(value)]
        if all(a is b for a, b in zip(items, value, strict=True)):
            return value
        return items if kind is list else kind(items) if kind is tuple else kind(*items)
    if kind is dict:
        mapped = {k: visit(v, f"{path}[{k!r}]") for k, v in value.items()}
        return value if all(mapped[k] is value[k] for k in value) else mapped
    return value


def size_of(call: Call) -> int:
    """Bytes in all leaves; modules by their parameters, lists by their texts or 8 an item."""
    total = 0
    for leaf in leaves_of(call):
        if leaf.family == "module":
            total += sum(p.nbytes for p in leaf.value.parameters())
        elif leaf.family == "frame":
            usage = leaf.value.memory_usage(index=False)
            total += int(usage.sum() if hasattr(usage, "sum") else usage)
        elif leaf.family == "sparse":
            total += leaf.value.data.nbytes
        elif leaf.family == "sequence":
            total += sum(len(v) if isinstance(v, str) else 8 for v in leaf.value)
        elif leaf.family in ("array", "tensor"):
            total += leaf.value.nbytes
    return total
