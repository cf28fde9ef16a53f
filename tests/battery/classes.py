"""Objects of user classes, functions, and things that stand for something outside of Python."""

from __future__ import annotations

import functools
import hashlib
import io
import mmap
import operator
import queue
import random
import socket
import sqlite3
import struct
import tempfile
import threading
import types
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.battery.pair import Family, Source

FAMILY = Family("classes and functions")
exact, close, differs, unproven = FAMILY.exact, FAMILY.close, FAMILY.differs, FAMILY.unproven
PAIRS = FAMILY.pairs


@dataclass
class Box:
    value: Any
    other: Any = None


@dataclass(frozen=True, eq=False)
class Frozen:
    value: Any


@dataclass
class Silent:
    value: int
    hidden: int = field(default=0, repr=False, compare=False)


class Slotted:
    __slots__ = ("__b", "a")

    def __init__(self, a: Any, b: Any = 0) -> None:
        self.a = a
        self.__b = b


class AlwaysEqual:
    def __init__(self, value: int) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __reduce__(self) -> Any:
        return AlwaysEqual, (0,)


class Hiding:
    def __init__(self, value: int) -> None:
        self.value = value

    def __getattribute__(self, name: str) -> Any:
        return {} if name == "__dict__" else object.__getattribute__(self, name)


class Watched:
    evaluated: list[int] = []

    def __init__(self, value: int) -> None:
        self.value = value

    @property
    def costly(self) -> int:
        raise AssertionError("nobody asked for it")


class Lazy:
    def __init__(self, value: int) -> None:
        self.value = value

    @functools.cached_property
    def double(self) -> int:
        return self.value * 2


class Locked:
    def __init__(self, value: int) -> None:
        self.lock = threading.Lock()
        self.value = value


class Node:
    def __init__(self, name: str) -> None:
        self.name = name
        self.next: Node = self


def ring(names: str) -> Node:
    first = last = Node(names[0])
    for name in names[1:]:
        last.next = last = Node(name)
    last.next = first
    return first


def adder(n: int) -> Callable[[int], int]:
    return lambda x: x + n


def nested(n: int) -> Any:
    if n:
        return lambda: lambda x: x + 1
    return lambda: lambda x: x - 1


def wrapped(n: int) -> Callable[[int], int]:
    @functools.wraps(operator.index)
    def run(x: int) -> int:
        return x * n

    run.__module__, run.__qualname__ = "somewhere", "run"
    return run


def cached(calls: int) -> Any:
    keep = functools.lru_cache(maxsize=8)(adder)
    for i in range(calls):
        keep(i)
    return keep


def with_lock(held: bool) -> Locked:
    made = Locked(1)
    if held:
        made.lock.acquire()
    return made


def made(value: int) -> type:
    return type("Made", (), {"value": value})


def listener() -> Any:
    return socket.socket()


def mapped() -> Any:
    return mmap.mmap(-1, 8)


def finalized(value: int) -> Any:
    keeper = Node("kept")
    return keeper, weakref.finalize(keeper, abs, value)


def weak(alive: bool) -> Any:
    keeper = Node("kept")
    return (keeper if alive else None), weakref.ref(keeper)


def queued(value: int) -> Any:
    made: queue.Queue[int] = queue.Queue()
    made.put(value)
    return made


def stream(at: int) -> Any:
    made = io.StringIO("abc")
    made.seek(at)
    return made


CLASSES = "class Model:\n    def __init__(self, a): self.a = a\ndef run():\n    return Model(%s)\n"

exact("objects", lambda: Box(1, [2]), lambda: Box(other=[2], value=1))
exact("attributes set in another order", lambda: Box(1, 2), lambda: _filled(Box.__new__(Box)),
      why="Nobody relies on the order of `vars`; that of a dict counts.")  # fmt: skip
exact("objects without equality", lambda: Frozen([1]), lambda: Frozen([1]))
exact("slots", lambda: Slotted(1), lambda: Slotted(1))
exact("a ring of objects", lambda: ring("abc"), lambda: ring("abc"))
exact("closures", lambda: adder(3), lambda: adder(3))
exact("partial applications", lambda: functools.partial(adder, 3), lambda: functools.partial(adder, 3))
exact("bound methods", lambda: Box(1).__eq__, lambda: Box(1).__eq__)
exact("properties that raise", lambda: Watched(1), lambda: Watched(1), why="They are not evaluated.")
exact("an object that holds a lock", lambda: with_lock(False), lambda: with_lock(False))
exact("classes of one's own module", Source(CLASSES % "1"), Source(CLASSES % "2 - 1"))
exact("dead references", lambda: weak(False), lambda: weak(False))
exact("structures of C classes", lambda: struct.Struct("<id").unpack(bytes(12)),
      lambda: (0, 0.0))  # fmt: skip
exact("an item getter", lambda: operator.itemgetter(1, 2), lambda: operator.itemgetter(1, 2))
exact("simple namespaces", lambda: types.SimpleNamespace(a=1), lambda: types.SimpleNamespace(**{"a": 1}))
close("a float in an object", lambda: Box(0.1 + 0.2), lambda: Box(0.3))

differs("an attribute", lambda: Box(1), lambda: Box(2))
differs("an attribute that neither equality nor repr shows", lambda: Silent(1, 2), lambda: Silent(1, 3))
differs("a slot", lambda: Slotted(1), lambda: Slotted(2))
differs("a private slot", lambda: Slotted(1, 1), lambda: Slotted(1, 2))
differs("an object that hides its attributes", lambda: Hiding(1), lambda: Hiding(2))
differs("an object equal to everything", lambda: AlwaysEqual(1), lambda: AlwaysEqual(2),
        why="Its pickle does not tell either; its attributes do.")  # fmt: skip
differs("one attribute more", lambda: Box(1), lambda: _filled(Box(1), extra=1))
differs("a ring's member", lambda: ring("abc"), lambda: ring("abd"))
differs("a ring's length", lambda: ring("aa"), lambda: ring("aaa"), why="One goes round without noticing.")
differs("two objects or one", lambda: [Box(1), Box(1)], lambda: [Box(1)] * 2)
differs("a kept property", lambda: Lazy(1), lambda: _asked(Lazy(1)))
differs("another class", lambda: Box(1), lambda: Frozen(1))
differs("a closure's value", lambda: adder(3), lambda: adder(4))
differs("a function within a closure", lambda: nested(0), lambda: nested(1))
differs("a wrapped closure's value", lambda: wrapped(1), lambda: wrapped(2), why="Their names agree.")
differs("an argument of a partial", lambda: functools.partial(adder, 3), lambda: functools.partial(adder, 4))
differs("what a bound method is bound to", lambda: Box(1).__eq__, lambda: Box(2).__eq__)
differs("how often a cache was asked", lambda: cached(2), lambda: cached(3))
differs("a lock that is held", lambda: with_lock(False), lambda: with_lock(True))
differs("a class made on the spot", lambda: made(1), lambda: made(2))
differs("a dead or a living reference", lambda: weak(True), lambda: weak(False))
differs("a union of types", lambda: int | str, lambda: int | bytes)
differs("what waits in a queue", lambda: queued(1), lambda: queued(2))
differs("a stream's position", lambda: stream(0), lambda: stream(3))
differs("an event that is set", threading.Event, lambda: _set(threading.Event()))

unproven("an open socket", listener, listener)
unproven("a database connection", lambda: sqlite3.connect(":memory:"), lambda: sqlite3.connect(":memory:"))
unproven("rows still in the database", lambda: _rows(1), lambda: _rows(1))
unproven("a map of memory", mapped, mapped)
unproven("a file without a name", tempfile.TemporaryFile, tempfile.TemporaryFile)
unproven(
    "an object that refuses to be looked at", lambda: random.SystemRandom(), lambda: random.SystemRandom()
)
unproven(
    "a vectorized function", lambda: np.frompyfunc(adder(1), 1, 1), lambda: np.frompyfunc(adder(2), 1, 1)
)
unproven("a checksum on its way", lambda: hashlib.sha256(b"a"), lambda: hashlib.sha256(b"b"))
unproven("a thread", lambda: threading.Thread(target=abs), lambda: threading.Thread(target=abs))
unproven("an object that holds a thread", lambda: Box(threading.Thread()), lambda: Box(threading.Thread()))
unproven("what is done at the end of an object", lambda: finalized(1), lambda: finalized(2))
unproven("a proxy", lambda: _proxied(1), lambda: _proxied(1))
unproven("thread-local data", lambda: _local(1), lambda: _local(2))
unproven("a coroutine", lambda: _coroutine(1), lambda: _coroutine(2))
unproven("a structure of C", lambda: struct.Struct("i"), lambda: struct.Struct("I"),
         why="No attribute and no pickle tells all of it.")  # fmt: skip


def _filled(box: Any, **more: Any) -> Any:
    vars(box).update({"value": 1, **more} if more else {"other": 2, "value": 1})
    return box


def _asked(value: Lazy) -> Lazy:
    assert value.double == 2
    return value


def _set(event: threading.Event) -> threading.Event:
    event.set()
    return event


def _rows(value: int) -> Any:
    return sqlite3.connect(":memory:").execute("select ?", (value,))


_KEPT = [Node("a"), Node("b")]


def _proxied(at: int) -> Any:
    return weakref.proxy(_KEPT[at])


def _local(value: int) -> Any:
    made = threading.local()
    made.value = value
    return made


def _coroutine(value: int) -> Any:
    async def run() -> int:
        return value

    return _Closing(run())


class _Closing:
    """Closes a coroutine that nobody awaits, which would warn else."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __del__(self) -> None:
        self.inner.close()
