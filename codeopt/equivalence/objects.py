"""Recording Python's own kinds of value, and objects of classes nobody here has heard of."""

from __future__ import annotations

import array as stdlib_array
import collections
import copyreg
import datetime
import decimal
import enum
import fractions
import functools
import io
import logging
import pathlib
import random
import re
import threading
import types
import uuid
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from codeopt.equivalence.attributes import is_plain, is_stateless, own_state
from codeopt.equivalence.callables import (
    record_bound,
    record_cached,
    record_class,
    record_function,
    record_partial,
)
from codeopt.equivalence.containers import record_mapping, record_sequence, record_set
from codeopt.equivalence.errors import record_error
from codeopt.equivalence.iterators import record_iterator
from codeopt.equivalence.node import Node, type_name, without_addresses

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

Handler = Callable[["Recorder", Any, str], Node]

TEXT_TYPES: tuple[type, ...] = (
    range, type(...), type(NotImplemented), datetime.datetime, datetime.date, datetime.time,
    datetime.timedelta, datetime.tzinfo, decimal.Decimal, fractions.Fraction, uuid.UUID,
    pathlib.PurePath, re.Pattern, np.dtype, np.ufunc, enum.Enum, types.GenericAlias, types.UnionType,
)  # fmt: skip
"""Values that the `repr` of their base tells completely; identity says nothing of them."""

_HANDLES = ("_asyncio", "asyncio", "_thread", "threading", "_socket", "socket", "_sqlite3", "sqlite3",
            "mmap", "subprocess", "_weakref", "weakref", "select", "ctypes", "_ctypes", "concurrent",
            "multiprocessing", "_contextvars", "_hashlib")  # fmt: skip
"""Modules whose objects stand for something outside of them, or keep their state out of reach."""

_OF_HANDLES_KNOWN = (
    threading.Event, threading.Condition, threading.Semaphore, threading.Barrier, weakref.WeakValueDictionary,
    weakref.WeakKeyDictionary, weakref.WeakSet, weakref.WeakMethod,
)  # fmt: skip
"""Classes of those modules whose attributes say all."""


def _text(recorder: Recorder, value: Any, path: str) -> Node:
    base = next(b for b in TEXT_TYPES if isinstance(value, b))
    known: Any = next(b for b in type(value).__mro__ if b.__module__ == base.__module__)
    text = without_addresses(repr(value) if base is datetime.tzinfo else known.__repr__(value))
    parts = () if known is type(value) else tuple(own_state(recorder, value, path))
    return Node("text", type_name(type(value)), (), text, parts)


def _pattern(recorder: Recorder, value: Any, path: str) -> Node:
    # Its repr is cut after 200 characters.
    return Node("text", "re.Pattern", (("flags", value.flags),), value.pattern)


def _ufunc(recorder: Recorder, value: Any, path: str) -> Node:
    if value.__name__.endswith("(vectorized)"):
        # Made of a function of Python's, which it does not show.
        return recorder.opaque(value, path)
    return Node("text", "numpy.ufunc", (), value.__name__)


def _enum(recorder: Recorder, value: Any, path: str) -> Node:
    # Classes may show their members as they please.
    parts = (("._value_", recorder.record(value.value, f"{path}._value_")),)
    return Node("text", type_name(type(value)), (), value.name, parts)


def _bytes(recorder: Recorder, value: Any, path: str) -> Node:
    meta = (("typecode", value.typecode),) if isinstance(value, stdlib_array.array) else ()
    parts = own_state(recorder, value, path) if type(value) is not bytearray else []
    return Node("bytes", type_name(type(value)), meta, bytes(value), tuple(parts))


def _memoryview(recorder: Recorder, value: Any, path: str) -> Node:
    try:
        meta = (("format", value.format), ("shape", value.shape), ("strides", value.strides))
    except ValueError:
        return Node("text", "memoryview", (), "released")
    recorder.claim_array(path, np.asarray(value))
    owner = (".obj", recorder.record(value.obj, f"{path}.obj"))
    return Node("bytes", "memoryview", (*meta, ("readonly", value.readonly)), value.tobytes(), (owner,))


def _named(recorder: Recorder, value: Any, path: str) -> Node:
    return Node("text", "module", (), value.__name__)


def _lock(recorder: Recorder, value: Any, path: str) -> Node:
    held = re.sub(r" owner=\d+| at 0x\w+", "", repr(value))
    return Node("text", type_name(type(value)), (), held)


def _match(recorder: Recorder, value: Any, path: str) -> Node:
    state = [value.re, value.string, value.regs, value.pos, value.endpos]
    return _object_of(recorder, value, path, state)


def _generator(recorder: Recorder, value: Any, path: str) -> Node:
    bits = value if isinstance(value, np.random.BitGenerator) else value.bit_generator
    spawned = getattr(bits.seed_seq, "n_children_spawned", 0)
    return _object_of(recorder, value, path, [bits.state, spawned])


def _stream(recorder: Recorder, value: Any, path: str) -> Node:
    if isinstance(value, io.StringIO | io.BytesIO):
        if value.closed:
            return Node("text", type_name(type(value)), (), "closed")
        return Node("bytes", type_name(type(value)), (("at", value.tell()),), value.getvalue())
    name, mode = getattr(value, "name", ""), getattr(value, "mode", "")
    if isinstance(name, int):
        # A file without a name, whose content is seen nowhere else.
        return recorder.opaque(value, path)
    at = value.tell() if not value.closed and value.seekable() else -1
    meta = (("closed", value.closed), ("at", at), ("encoding", getattr(value, "encoding", None)))
    return Node("text", type_name(type(value)), meta, f"{name} {mode}")


def _object(recorder: Recorder, value: Any, path: str) -> Node:
    """Attribute by attribute where the class is Python's, else by what pickling would save."""
    kind: type[object] = type(value)
    if is_plain(kind):  # type: ignore[arg-type]
        return Node("object", type_name(kind), (), None, tuple(own_state(recorder, value, path)))
    if recorder.lenient:
        return Node("text", type_name(kind))
    try:
        reduced = value.__reduce_ex__(2)
    except Exception:  # noqa: BLE001 - a foreign class may refuse in any way
        return recorder.opaque(value, path)
    if isinstance(reduced, str):
        return Node("text", type_name(kind), (), reduced)
    if _says_nothing(reduced) and not is_stateless(kind):  # type: ignore[arg-type]
        return recorder.opaque(value, path)
    parts = [("()", recorder.record(recorder.keep(list(reduced[:3])), f"{path}()"))]
    for name, items in zip((".items", ".pairs"), reduced[3:5], strict=False):
        if items is not None:
            parts.append((name, recorder.record(recorder.keep(list(items)), path + name)))
    return Node("object", type_name(kind), (), None, tuple(parts))


def _says_nothing(reduced: tuple[Any, ...]) -> bool:
    """Whether a pickle would make a new object of the class and put nothing into it."""
    make, arguments = reduced[:2]
    if make in (copyreg.__newobj__, copyreg._reconstructor):  # type: ignore[attr-defined]
        arguments = [a for a in arguments[1:] if a is not None and a is not object]
    return not arguments and not any(part is not None for part in reduced[2:])


def _object_of(recorder: Recorder, value: Any, path: str, state: Any) -> Node:
    inner = recorder.record(recorder.keep(state), f"{path}.state")
    return Node("object", type_name(type(value)), (), None, ((".state", inner),))


def _by_value(read: Callable[[Any], Any]) -> Handler:
    return lambda recorder, value, path: _object_of(recorder, value, path, read(value))


_KINDS: tuple[tuple[tuple[type, ...], Handler], ...] = (
    ((type,), record_class),
    ((types.ModuleType,), _named),
    ((enum.Enum,), _enum),
    ((re.Pattern,), _pattern),
    ((np.ufunc,), _ufunc),
    (TEXT_TYPES, _text),
    ((slice,), _by_value(lambda v: [v.start, v.stop, v.step])),
    ((types.FunctionType,), record_function),
    ((functools._lru_cache_wrapper,), record_cached),
    ((types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType), record_bound),
    ((tuple, list, collections.deque), record_sequence),
    ((dict, types.MappingProxyType), record_mapping),
    ((set, frozenset), record_set),
    ((type({}.keys()), type({}.values()), type({}.items())), record_sequence),
    ((bytearray, stdlib_array.array), _bytes),
    ((memoryview,), _memoryview),
    ((random.Random,), _by_value(lambda v: v.getstate())),
    ((np.random.Generator, np.random.BitGenerator), _generator),
    ((np.random.RandomState,), _by_value(lambda v: v.get_state(legacy=False))),
    ((type(threading.Lock()), type(threading.RLock())), _lock),
    ((re.Match,), _match),
    ((io.IOBase,), _stream),
    ((weakref.ref,), _by_value(lambda v: v())),
    ((functools.partial,), record_partial),
    ((BaseException,), record_error),
    ((logging.Logger,), lambda recorder, value, path: Node("text", "logger", (), value.name)),
)
_LEAF_BASES = (int, float, complex, str, bytes)


def _leaf_subclass(recorder: Recorder, value: Any, path: str) -> Node:
    base: Any = next(b for b in _LEAF_BASES if isinstance(value, b))
    # A subclass may convert itself to another value than it holds.
    plain = base.__add__(value, base()) if base in (str, bytes) else base.__pos__(value)
    inner = recorder.record(plain, path)
    return Node("object", type_name(type(value)), (), None, (("", inner), *own_state(recorder, value, path)))


def _opaque(recorder: Recorder, value: Any, path: str) -> Node:
    return recorder.opaque(value, path)


def is_handle(kind: type) -> bool:
    """Whether such objects stand for something outside of Python, or keep their state to themselves."""
    homes = {base.__module__.partition(".")[0] for base in kind.__mro__}
    return bool(homes & set(_HANDLES)) and not issubclass(kind, _OF_HANDLES_KNOWN)


def handler_for(kind: type) -> Handler:
    """How values of this exact type are recorded."""
    for kinds, handler in _KINDS:
        if issubclass(kind, kinds):
            return handler
    if issubclass(kind, _LEAF_BASES):
        return _leaf_subclass
    if is_handle(kind):
        return _opaque
    if hasattr(kind, "__next__") and hasattr(kind, "__iter__"):
        return record_iterator
    return _object
