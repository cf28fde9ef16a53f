"""Reading what a process wrote that ran somebody's code, and may have written anything.

Only our own plain data classes come through, only with values of the types that their fields
declare, and only as much of it as a report can hold: the reader neither runs code of the
writer's nor trips over what it made later on.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import io
import pickle
import sys
import types
import typing
from collections.abc import Mapping
from typing import Any

_HARMLESS = {
    ("builtins", "complex"), ("builtins", "slice"), ("builtins", "range"),
    ("pathlib", "Path"), ("pathlib", "PosixPath"), ("pathlib", "PurePosixPath"),
}  # fmt: skip
_OURS = (
    "codeopt.edit",
    "codeopt.equivalence.",
    "codeopt.measure.",
    "codeopt.run.",
    "codeopt.sandbox.protocol",
    "codeopt.search.jobs",
    "codeopt.target",
    "codeopt.workload.",
)
MOST_VALUES = 2_000_000
_MOST_BITS = 4096


class _PlainUnpickler(pickle._Unpickler):
    """The one written in Python: the one in C allocates whatever an index in the data asks for."""

    dispatch: typing.ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        # A name with dots would reach through a module of ours into those it imports.
        found = getattr(sys.modules.get(module), name, None) if "." not in name else None
        if (module, name) in _HARMLESS or _is_plain_class(found, module):
            return found
        raise pickle.UnpicklingError(f"a result may not hold {module}.{name}")

    def load_build(self) -> None:
        if isinstance(self.stack[-2], type):  # type: ignore[attr-defined]
            raise pickle.UnpicklingError("a result may not change a class")
        super().load_build()  # type: ignore[misc]

    dispatch[pickle.BUILD[0]] = load_build


def _is_plain_class(found: object, module: str) -> bool:
    ours = any(module == m or (m.endswith(".") and module.startswith(m)) for m in _OURS)
    if not ours or not isinstance(found, type) or found.__module__ != module:
        return False
    return dataclasses.is_dataclass(found) or issubclass(found, tuple | enum.Enum)


def load_plain(data: bytes) -> Any:
    """Unpickle plain data. Raises pickle.UnpicklingError for anything else, and what the standard
    unpickler raises for data that is none."""
    value = _PlainUnpickler(io.BytesIO(data)).load()
    _check(value)
    return value


def _check(value: object) -> None:
    """Every value once for each way to it: what is shared a thousand times would be printed so."""
    waiting = [value]
    count = 0
    while waiting:
        count += 1
        if count > MOST_VALUES:
            raise pickle.UnpicklingError("the result is larger than any of ours")
        current = waiting.pop()
        if dataclasses.is_dataclass(current) and not isinstance(current, type):
            for name, hint in _hints(type(current)).items():
                inner = getattr(current, name)
                if not _fits(inner, hint):
                    raise pickle.UnpicklingError(f"{type(current).__name__}.{name} is no {hint}")
                waiting.append(inner)
        elif isinstance(current, dict):
            waiting += [*current.keys(), *current.values()]
        elif isinstance(current, tuple | list | set | frozenset):
            if len(current) > MOST_VALUES:
                raise pickle.UnpicklingError("the result is larger than any of ours")
            waiting += current
        elif isinstance(current, int) and current.bit_length() > _MOST_BITS:
            raise pickle.UnpicklingError("the result holds a number larger than any of ours")


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is what an annotation says, as far down as its own containers go."""
    if hint is Any or hint is object:
        return True
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, choice) for choice in arguments)
    if origin is tuple and arguments[-1:] != (...,):
        return isinstance(value, tuple) and len(value) == len(arguments) and all(map(_fits, value, arguments))
    if origin in (tuple, list, set, frozenset):
        return isinstance(value, origin) and all(_fits(item, arguments[0]) for item in value)
    if origin in (dict, Mapping):
        return isinstance(value, dict) and all(
            _fits(k, arguments[0]) and _fits(v, arguments[1]) for k, v in value.items()
        )
    if hint is float:
        return isinstance(value, int | float)
    return isinstance(value, types.NoneType if hint is None else origin or hint)
