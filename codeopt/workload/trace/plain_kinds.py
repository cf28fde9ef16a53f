"""Plain values of the standard library: how each is taken apart, and what cannot be."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import functools
import io
import logging
import pathlib
import random
import re
import socket
import threading
import types
import uuid
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from typing import Any

PLAIN: dict[type, tuple[str, Callable[[Any], tuple[Any, ...]]]] = {
    complex: ("complex", lambda v: (v.real, v.imag)),
    slice: ("slice", lambda v: (v.start, v.stop, v.step)),
    range: ("range", lambda v: (v.start, v.stop, v.step)),
    type(Ellipsis): ("ellipsis", lambda v: ()),
    type(NotImplemented): ("notimplemented", lambda v: ()),
    datetime.datetime: (
        "datetime",
        lambda v: (v.year, v.month, v.day, v.hour, v.minute, v.second, v.microsecond, v.tzinfo),
    ),
    datetime.date: ("date", lambda v: (v.year, v.month, v.day)),
    datetime.time: ("time", lambda v: (v.hour, v.minute, v.second, v.microsecond, v.tzinfo)),
    datetime.timedelta: ("timedelta", lambda v: (v.days, v.seconds, v.microseconds)),
    datetime.timezone: ("timezone", lambda v: (v.utcoffset(None),)),
    decimal.Decimal: ("decimal", lambda v: (str(v),)),
    fractions.Fraction: ("fraction", lambda v: (v.numerator, v.denominator)),
    uuid.UUID: ("uuid", lambda v: (v.hex,)),
    pathlib.PosixPath: ("path", lambda v: (str(v),)),
    pathlib.PurePosixPath: ("purepath", lambda v: (str(v),)),
    re.Pattern: ("pattern", lambda v: (v.pattern, v.flags)),
    random.Random: ("random", lambda v: v.getstate()),
    collections.deque: ("deque", lambda v: (list(v), v.maxlen)),
    collections.Counter: ("counter", lambda v: (dict(v),)),
    collections.OrderedDict: ("ordereddict", lambda v: (list(v.items()),)),
    collections.defaultdict: ("defaultdict", lambda v: (v.default_factory, dict(v))),
    types.MappingProxyType: ("proxy", lambda v: (dict(v),)),
    types.SimpleNamespace: ("namespace", lambda v: (dict(vars(v)),)),
    logging.Logger: ("logger", lambda v: (v.name,)),
    functools.partial: ("partial", lambda v: (v.func, v.args, v.keywords)),
}
"""Type -> the name of its maker in `replay_plain.MAKERS`, and the arguments that the maker gets."""

_UNREADABLE: tuple[tuple[tuple[type, ...], str], ...] = (
    ((io.IOBase,), "an open file"),
    ((socket.socket,), "a socket"),
    ((type(threading.Lock()), type(threading.RLock()), threading.Condition, threading.Event), "a lock"),
    ((threading.Thread,), "a thread"),
    ((Generator, AsyncGenerator), "a generator, which can be drawn from only once"),
    ((Coroutine,), "a coroutine"),
    ((weakref.ref, weakref.ProxyType), "a weak reference"),
    ((types.FrameType, types.TracebackType), "a frame"),
    ((types.CodeType,), "a code object"),
    ((memoryview,), "a memory view"),
)


def unreadable(value: object) -> str:
    """Why a value cannot be captured, empty for one that may be."""
    for kinds, name in _UNREADABLE:
        if isinstance(value, kinds):
            return f"{name} cannot be captured"
    # Ours to ask by type alone: an object of the user's may be an iterator and yet plain state.
    if isinstance(value, Iterator) and type(value).__module__ in ("builtins", "itertools"):
        return "an iterator, which can be drawn from only once, cannot be captured"
    return ""
