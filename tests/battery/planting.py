"""Changes planted in a rewrite to see whether the comparison that accepts it looks at all.

One each in: the first and the last leaf of what is returned (or the exception that is raised),
every argument that can be changed in place, the state of `random`, and what is printed.
"""

from __future__ import annotations

import cmath
import copy
import enum
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from codeopt.equivalence.observe import Outcome
from codeopt.workload.call import Call
from tests.battery.pair import Function


@dataclass(frozen=True, slots=True)
class Plant:
    """A change of what a function does; `around` wraps the function."""

    name: str
    around: Callable[[Function], Function]


def plants(reference: Outcome, level: str, call: Call) -> Iterator[Plant]:
    """The changes to plant in a rewrite accepted at this level. At `lossy` any float will do, so
    what is planted there is another type, and nothing in the arguments. `call` is used up by
    trying what can be changed."""
    yield Plant("a random draw", _then(lambda args: random.random()))
    yield Plant("printed text", _then(lambda args: sys.stdout.write("planted")))
    if reference.raised:
        yield Plant("the exception", _raising)
    elif level == "lossy":
        yield Plant("the result", _returning(lambda value: [value]))
    else:
        yield Plant("the result's last leaf", _returning(lambda value: altered(value, last=True)))
        yield Plant("the result's first leaf", _returning(lambda value: altered(value, last=False)))
    for i, value in enumerate(call.args):
        if level != "lossy" and change_in_place(value):
            yield Plant(f"args[{i}]", _then(_changing(i)))


def _changing(at: int) -> Callable[[tuple[Any, ...]], Any]:
    return lambda args: change_in_place(args[at])


def _then(act: Callable[[tuple[Any, ...]], Any]) -> Callable[[Function], Function]:
    def around(function: Function) -> Function:
        def planted(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            finally:
                act(args)

        return planted

    return around


def _returning(change: Callable[[Any], Any]) -> Callable[[Function], Function]:
    return lambda function: lambda *args, **kwargs: change(function(*args, **kwargs))


def _raising(function: Function) -> Function:
    def planted(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - whatever it raises
            raise type(error).__bases__[0]("planted") from None

    return planted


def altered(value: Any, last: bool) -> Any:
    """The value with its last (first) leaf changed by far more than any tolerance; containers and
    arrays are copied, so that nothing else changes."""
    at = -1 if last else 0
    if isinstance(value, np.ndarray | np.generic):
        return _altered_array(value, at)
    if isinstance(value, bool):
        return not value
    if type(value) in (int, float, complex):
        return value * 3 + 7 if cmath.isfinite(value) else 7.25
    if isinstance(value, enum.Enum):
        return "planted"
    if isinstance(value, list | tuple) and len(value) and type(value) in (list, tuple):
        items = list(value)
        items[at] = altered(items[at], last)
        return type(value)(items)
    if type(value) is dict and value:
        key = list(value)[at]
        return {k: altered(v, last) if k is key else v for k, v in value.items()}
    if hasattr(type(value), "__next__"):
        return _altered_items(value)
    tensor = _altered_tensor(value, at)
    if tensor is not None:
        return tensor
    if type(value).__module__.startswith("pandas") and hasattr(value, "iloc") and value.size:
        return _altered_frame(value, at)
    if type(value).__module__.startswith("pandas"):
        return "planted"
    if _attributes(value):
        try:
            twin = copy.copy(value)
            name = list(vars(twin))[at]
            object.__setattr__(twin, name, altered(getattr(twin, name), last))
        except (AttributeError, TypeError, ValueError):
            return "planted"
        return twin
    return "planted"


def _attributes(value: Any) -> dict[str, Any]:
    if isinstance(value, type) or callable(value):
        return {}
    return getattr(value, "__dict__", None) or {}


def _altered_array(value: Any, at: int) -> Any:
    if value.ndim == 0 or value.size == 0 or value.dtype.kind not in "fciub":
        return "planted"
    twin = value.copy(order="K")
    index = np.unravel_index(at % value.size, value.shape)
    if np.ma.is_masked(twin[index]):
        return "planted"
    if value.dtype.kind == "b":
        twin[index] = not twin[index]
    else:
        twin[index] = twin[index] * 3 + 7 if np.isfinite(twin[index]) else 7
    return twin


def _altered_tensor(value: Any, at: int) -> Any:
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor):
        return None
    if not value.is_floating_point() or value.layout is not torch.strided or not value.numel():
        return "planted"
    chosen = torch.zeros(value.numel(), dtype=torch.bool)
    chosen[at] = True
    return torch.where(chosen.reshape(value.shape), value.nan_to_num() * 3 + 7, value)


def _altered_frame(value: Any, at: int) -> Any:
    twin = value.copy().astype(object)
    twin.iloc[(at,) * value.ndim] = "planted"
    return twin


def _altered_items(items: Any) -> Iterator[Any]:
    """As lazy as before, with another first item."""
    for i, item in enumerate(items):
        yield altered(item, last=True) if i == 0 else item
    yield "planted"


def change_in_place(value: Any) -> bool:
    """Change the object itself, far beyond any tolerance; False where there is no way to."""
    if isinstance(value, np.ndarray):
        if not value.flags.writeable or not value.size or value.dtype.kind not in "fciub":
            return False
        if value.dtype.kind == "b":
            value.flat[0] = not value.flat[0]
        else:
            value.flat[0] = value.flat[0] * 3 + 7 if np.isfinite(value.flat[0]) else 7
    elif isinstance(value, list):
        value.append("planted")
    elif isinstance(value, dict):
        value["planted"] = 1
    elif isinstance(value, set):
        value.add("planted")
    elif hasattr(type(value), "__next__"):
        return next(value, value) is not value
    elif (torch := sys.modules.get("torch")) is not None and isinstance(value, torch.Tensor):
        _change_tensor(value)
    elif hasattr(value, "iloc") and value.size:
        value.iloc[(0,) * value.ndim] = 77
    elif isinstance(getattr(value, "data", None), np.ndarray):
        return change_in_place(value.data)
    elif _attributes(value):
        value.planted = 1
    else:
        return False
    return True


def _change_tensor(value: Any) -> None:
    """Change one element or, where none can be written, leave an attribute behind."""
    torch = sys.modules["torch"]
    try:
        with torch.no_grad():
            first = value[(0,) * value.ndim]
            first.logical_not_() if value.dtype is torch.bool else first.mul_(3).add_(7)
    except (RuntimeError, IndexError, TypeError, NotImplementedError):
        value.planted = 1
