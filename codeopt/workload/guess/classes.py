"""Classes of the project: which to make an object from, and which have what is asked for."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from codeopt.workload.guess.definitions import definition_of


def concrete(owner: type) -> list[type]:
    """Classes to make an object from: the class itself unless it is abstract, then those made from it.

    The class itself is the last where it leaves methods to others; those that nothing is made from go first.
    """
    found = [] if inspect.isabstract(owner) else [owner]
    queue: list[type] = type.__subclasses__(owner)
    while queue:
        made = queue.pop(0)
        queue += type.__subclasses__(made)
        if not inspect.isabstract(made) and "<locals>" not in made.__qualname__ and made not in found:
            found.append(made)
    if len(found) > 1 and _leaves_open(owner):
        found.sort(key=lambda made: (made is owner, bool(type.__subclasses__(made)), _asked(made)))
    return found


def _leaves_open(owner: type) -> bool:
    """Whether a method of the class only raises NotImplementedError."""
    for base in owner.__mro__[:-1]:
        for name, value in vars(base).items():
            code = getattr(value, "__code__", None)
            if (
                code is None
                or "NotImplementedError" not in code.co_names
                or getattr(owner, name) is not value
            ):
                continue
            node = definition_of(code)
            if node is not None and isinstance(node.body[-1], ast.Raise) and len(node.body) < 3:
                return True
    return False


def _asked(owner: type) -> int:
    """How many arguments a constructor cannot do without."""
    try:
        parameters = list(inspect.signature(owner).parameters.values())
    except (ValueError, TypeError):
        return 99
    return sum(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


_WITH_POOLS = {"builtins", "typing", "collections", "numpy", "pandas", "torch", "scipy", "sklearn", "xarray",
               "pathlib", "numbers", "abc", "types", "enum", "matplotlib", "os", "io", "argparse",
               "logging"}  # fmt: skip
"""Modules whose classes there are arguments for in any case."""


def resolve_class(name: str, module: ModuleType) -> type | None:
    """The class that a dotted name means in a module, of the project or of what it imports, or None."""
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if not inspect.isclass(found) or "<locals>" in found.__qualname__:
        return None
    return found if found.__module__.partition(".")[0] not in _WITH_POOLS else None


_TELLING = re.compile(r"[A-Z][a-z0-9]+[A-Z]|\.")


def class_named(name: str, within: Callable[[str], bool]) -> type | None:
    """The loaded class of the project that a name means anywhere, unless it may be a plain word."""
    last = name.rpartition(".")[2]
    if not _TELLING.search(name):
        return None
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        owner = vars(module).get(last) if isinstance(file, str) and within(file) else None
        if issubclass(type(owner), type) and owner.__module__ == module.__name__:
            return owner
    return None


def classes_with(wanted: frozenset[str], name: str, within: Callable[[str], bool]) -> list[type]:
    """Loaded classes of the project that have all these attributes, those named like the parameter first.

    Without attributes that only few things have, a class must be named like the parameter.
    """
    found: dict[type, tuple[bool, int]] = {}
    plain = name.replace("_", "").rstrip("0123456789").lower()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not within(file):
            continue
        for owner in list(vars(module).values()):
            if (
                not issubclass(type(owner), type)
                or owner.__module__ != module.__name__
                or inspect.isabstract(owner)
            ):
                continue
            # What a class is stands last in its name.
            like = len(plain) > 2 and owner.__name__.lower().endswith(plain)
            unusual = wanted - _COMMON
            if (unusual and unusual <= attributes_of(owner)) or (like and not unusual):
                found[owner] = (not like, len(owner.__mro__))
    return sorted(found, key=lambda owner: (*found[owner], owner.__qualname__))[:6]


_COMMON = frozenset({"forward", "parameters", "train", "eval", "fit", "predict", "transform", "shape", "step",
                     "zero_grad", "state_dict", "to", "device", "items", "keys", "values", "get",
                     "training"})  # fmt: skip


@functools.cache
def attributes_of(owner: type) -> frozenset[str]:
    """Names that objects of a class have: those of the class, and those its methods name of themselves."""
    names = set(dir(owner))
    for base in owner.__mro__:
        for value in vars(base).values():
            if type(value) is FunctionType and value.__code__.co_name == "__init__":
                names.update(value.__code__.co_names)
    return frozenset(names)
