"""What a call changes in the target's module: counters, caches, tables, class attributes, defaults."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from typing import Any

import numpy as np

from codeopt.equivalence.node import Node
from codeopt.equivalence.snapshot import Recorder
from codeopt.sandbox.world import World

_DATA = (bool, int, float, complex, str, bytes, list, dict, set, tuple, np.ndarray, np.generic)


def globals_node(world: World, recorder: Recorder) -> Node:
    """The data among the globals of the target's module, in the bodies of its classes and in the
    defaults and attributes of its functions, the state of its own objects, and the counts of its
    caches. `recorder` knows arguments and results, which may be parts of them or share their
    memory. Iterators there are looked at and not drawn from."""
    module = world.project.get(world.target.module)
    if module is None:
        return Node("globals", "")
    recorder = recorder.beside()
    parts: list[tuple[str, Node]] = []
    for name, value in sorted(vars(module).items()):
        if not name.startswith("__"):
            parts += _record(recorder, name, value, module.__name__)
    return Node("globals", "", (), None, tuple(parts))


def _record(recorder: Recorder, name: str, value: Any, module: str) -> list[tuple[str, Node]]:
    if isinstance(value, _DATA) or hasattr(type(value), "__next__") or _is_torch(value):
        return [(name, recorder.record(value, f"globals.{name}"))]
    if getattr(value, "__module__", None) != module:
        return []
    if isinstance(value, type):
        return [
            (f"{name}.{key}", recorder.record(item, f"globals.{name}.{key}"))
            for key, item in sorted(vars(value).items())
            if isinstance(item, _DATA) and not key.startswith("__")
        ]
    if isinstance(value, types.FunctionType):
        # A decorator stands before the function that has them.
        inner = inspect.unwrap(value)
        attributes = {key: item for key, item in vars(inner).items() if key != "__wrapped__"}
        kept = {
            "defaults": getattr(inner, "__defaults__", None),
            "keywords": getattr(inner, "__kwdefaults__", None),
            "attributes": attributes,
        }
        return [
            (f"{name} {key}", recorder.record(item, f"globals.{name} {key}"))
            for key, item in kept.items()
            if item
        ]
    if isinstance(value, functools._lru_cache_wrapper):
        return [(name, Node("cache", "functools.lru_cache", (), tuple(value.cache_info())))]
    if type(value).__module__ == module:
        return [(name, recorder.record(value, f"globals.{name}"))]
    return []


def _is_torch(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor | torch.nn.Module | torch.Generator)
