"""From the arguments of a call to plain nodes and bytes, from which `replay` builds them again.

A node is None, a bool, an int, a str, a finite float, or a dict whose `k` names its kind. An object
that can be changed has an `id`, and where it stands a second time there is only `same`. What cannot be
captured raises `Refused`: nothing is left out and nothing is made up. Libraries are taken from
`sys.modules`: what the user's command did not import, none of its values can come from.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from codeopt.workload.trace.plain_kinds import PLAIN, unreadable

Node = Any
SMALL = 1 << 18
"""Bytes of an argument's array up to which its content is kept; above, only what it is like."""

STATE = 1 << 24
"""The same for an array that is part of an object's state, which is what makes the object what it is."""

MOST_BYTES = 1 << 26
_MOST_NODES = 200_000
_DEEPEST = 60


class Refused(Exception):
    """A call that cannot be captured; the text says what of it and why."""


@dataclass(frozen=True, slots=True)
class Range:
    """Memory that a captured array or tensor covers: addresses from `low` to before `high`. `owner` is
    the `id` of the object."""

    low: int
    high: int
    owner: int
    path: str


Handler = Callable[["Capture", Any], Node | None]
"""Gives the node of a value, None where another handler has to. Raises Refused."""


class Capture:
    """The nodes of several values that may share objects. `whole` makes views be captured with what
    they are views of, which keeps shared memory shared."""

    def __init__(self, homes: Mapping[str, Handler], other: Handler, parts: frozenset[int]) -> None:
        self.parts = parts
        self._homes = homes
        self._other = other
        self.blobs: list[bytes] = []
        self.bytes = 0
        self.ranges: list[Range] = []
        self.inside = 0
        self.storages: dict[int, Any] = {}
        self.roots: dict[int, bool] = {}
        self._known: dict[int, int] = {}
        self._alive: list[Any] = []
        self._count = 0
        self._path: list[str] = []

    def refuse(self, reason: str) -> Refused:
        """The refusal for what is being looked at now."""
        return Refused(f"{''.join(self._path)}: {reason}")

    @property
    def path(self) -> str:
        """Where in the arguments we are."""
        return "".join(self._path)

    def blob(self, data: bytes) -> int:
        """Keep bytes; returns their number."""
        self.bytes += len(data)
        if self.bytes > MOST_BYTES:
            raise self.refuse(f"the call holds more than {MOST_BYTES >> 20} MiB of content")
        self.blobs.append(data)
        return len(self.blobs) - 1

    @contextmanager
    def at(self, step: str) -> Iterator[None]:
        """Be one step deeper, which is how refusals name the place."""
        self._path.append(step)
        if len(self._path) > _DEEPEST:
            raise self.refuse("nested too deeply")
        yield
        self._path.pop()

    @contextmanager
    def state(self) -> Iterator[None]:
        """Be inside an object, whose arrays are kept by content as far as possible."""
        self.inside += 1
        yield
        self.inside -= 1

    def share(self, value: Any) -> Node | None:
        """The node that says an object stood here before, None the first time."""
        number = self._known.get(id(value))
        return None if number is None else {"k": "same", "id": number}

    def know(self, value: Any) -> int:
        """Note an object, before what it holds is captured; returns its number."""
        number = len(self._alive)
        self._known[id(value)] = number
        self._alive.append(value)
        return number

    def node(self, value: Any, step: str = "") -> Node:
        """The node of a value. Raises Refused."""
        self._count += 1
        if self._count > _MOST_NODES:
            raise self.refuse("it holds too many objects")
        kind = type(value)
        if value is None or kind in (bool, int):
            return value
        if kind is str:
            return value
        if kind is float:
            return value if math.isfinite(value) else {"k": "float", "v": value.hex()}
        with self.at(step):
            return self.share(value) or self._special(value, kind)

    def _special(self, value: Any, kind: type) -> Node:
        if kind in _CONTAINERS:
            return _CONTAINERS[kind](self, value)
        if kind in PLAIN:
            name, state = PLAIN[kind]
            return {"k": "made", "c": name, "id": self.know(value), "a": [self.node(v) for v in state(value)]}
        for home, handle in self._homes.items():
            if home in sys.modules and any(b.__module__.partition(".")[0] == home for b in kind.__mro__):
                found = handle(self, value)
                if found is not None:
                    return found
        reason = unreadable(value)
        if reason:
            raise self.refuse(reason)
        return self._other(self, value)

    def items(self, values: Any) -> list[Node]:
        """Nodes of the items of a sequence, which is copied first."""
        return [self.node(item, f"[{i}]") for i, item in enumerate(list(values))]

    def pairs(self, mapping: Mapping[Any, Any]) -> list[list[Node]]:
        """Nodes of keys and values, in order."""
        return [[self.node(k, ".keys()"), self.node(v, f"[{_short(k)}]")] for k, v in list(mapping.items())]


def _short(key: object) -> str:
    return repr(key) if type(key) in (str, int) else type(key).__name__


def _list(capture: Capture, value: list[Any]) -> Node:
    number = capture.know(value)
    return {"k": "list", "id": number, "v": capture.items(value)}


def _tuple(capture: Capture, value: tuple[Any, ...]) -> Node:
    return {"k": "tuple", "v": capture.items(value)}


def _set(capture: Capture, value: set[Any] | frozenset[Any]) -> Node:
    number = capture.know(value)
    return {"k": type(value).__name__, "id": number, "v": capture.items(value)}


def _dict(capture: Capture, value: dict[Any, Any]) -> Node:
    number = capture.know(value)
    return {"k": "dict", "id": number, "v": capture.pairs(value)}


def _bytes(capture: Capture, value: bytes | bytearray) -> Node:
    return {"k": type(value).__name__, "blob": capture.blob(bytes(value))}


_CONTAINERS: dict[type, Callable[[Capture, Any], Node]] = {
    list: _list,
    tuple: _tuple,
    set: _set,
    frozenset: _set,
    dict: _dict,
    bytes: _bytes,
    bytearray: _bytes,
}
