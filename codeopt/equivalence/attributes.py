"""The state that an object of a Python class holds: what is in its `__dict__` and its slots."""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any

from codeopt.equivalence.node import Node

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

_NO_SLOT = ("__dict__", "__weakref__")
_POINTER = tuple.__itemsize__


def attributes_of(value: Any) -> dict[str, Any]:
    """Attributes in `__dict__` and slots, by name. No property is evaluated."""
    kind: Any = type(value)
    # Not by `getattr`: a class may answer for its `__dict__` as it pleases.
    found = dict(object.__getattribute__(value, "__dict__")) if kind.__dictoffset__ else {}
    for name, member in _members(kind):
        try:
            found[name] = member.__get__(value)
        except AttributeError:
            continue
    return found


def own_state(recorder: Recorder, value: Any, path: str) -> list[tuple[str, Node]]:
    """The records of `attributes_of`, sorted by name."""
    found = attributes_of(value)
    return [(f".{k}", recorder.record(v, f"{path}.{k}")) for k, v in sorted(found.items())]


@functools.cache
def _members(kind: Any) -> tuple[tuple[str, types.MemberDescriptorType], ...]:
    """The slots of a class and its bases, as the descriptors that read them."""
    return tuple(
        (name, member)
        for base in reversed(kind.__mro__)
        for name, member in base.__dict__.items()
        if isinstance(member, types.MemberDescriptorType) and base.__flags__ & _HEAP
    )


_HEAP = 1 << 9
"""The flag of classes made by a class statement; C types show fields of theirs as members too."""


@functools.cache
def is_plain(kind: Any) -> bool:
    """Whether `attributes_of` gives all state: instances have no room for more."""
    return bool(kind.__itemsize__ == 0 and kind.__basicsize__ <= _room(kind))


@functools.cache
def is_stateless(kind: Any) -> bool:
    """Whether instances have room for nothing but Cython's table of methods."""
    return is_plain(kind) or (
        any("__pyx_vtable__" in base.__dict__ for base in kind.__mro__)
        and kind.__itemsize__ == 0
        and kind.__basicsize__ <= _room(kind) + _POINTER
    )


def _room(kind: Any) -> int:
    slots = 0
    for base in kind.__mro__:
        names = base.__dict__.get("__slots__", ())
        slots += len([n for n in ((names,) if isinstance(names, str) else names) if n not in _NO_SLOT])
    slots += (kind.__dictoffset__ != 0) + (kind.__weakrefoffset__ != 0)
    return int(object.__basicsize__ + _POINTER * slots)
