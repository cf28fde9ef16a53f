"""Recording Python's own kinds of value, and objects of classes nobody here has heard of."""

from __future__ import annotations

import array as stdlib_array
import collections
import datetime
import decimal
import enum
import fractions
import functools
import io
import itertools
import logging
import pathlib
import random
import re
import threading
import types
import uuid
import weakref
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from codeopt.equivalence.node import Node, type_name
from codeopt.equivalence.packing import packed

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

Handler = Callable[["Recorder", Any, str], Node]

TEXT_TYPES: tuple[type, ...] = (
    range, slice, type(...), type(NotImplemented), datetime.datetime, datetime.date, datetime.time,
    datetime.timedelta, datetime.tzinfo, decimal.Decimal, fractions.Fraction, uuid.UUID,
    pathlib.PurePath, re.Pattern, np.dtype, np.ufunc, enum.Enum, types.GenericAlias,
)  # fmt: skip
"""Values that their `repr` tells completely."""

MOST_ITEMS = 10_000
"""Items drawn from an iterator at most; an endless one is compared that far."""

_NO_SLOT = ("__dict__", "__weakref__")
_POINTER = tuple.__itemsize__
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


def without_addresses(text: str) -> str:
    """A text with memory addresses, which change from run to run, blotted out."""
    return _ADDRESS.sub("0x...", text) if "0x" in text else text


def _text(recorder: Recorder, value: Any, path: str) -> Node:
    return Node("text", type_name(type(value)), (), without_addresses(repr(value)))


def _named(recorder: Recorder, value: Any, path: str) -> Node:
    return Node(
        "text", type(value).__name__, (), type_name(value) if isinstance(value, type) else value.__name__
    )


def _sequence(recorder: Recorder, value: Any, path: str) -> Node:
    whole = packed(recorder, value, path)
    if whole is not None:
        return whole
    parts = [(f"[{i}]", recorder.record(item, f"{path}[{i}]")) for i, item in enumerate(value)]
    return Node(
        "sequence", type_name(type(value)), (), None, tuple(parts + _own_state(recorder, value, path))
    )


def _mapping(recorder: Recorder, value: Any, path: str) -> Node:
    parts: list[tuple[str, Node]] = []
    for key, item in value.items():
        if type(key) is str or type(key) is int:
            name = f"[{key!r}]"
        else:
            name = f"[{without_addresses(repr(key))}]"
            parts.append((f".key{name}", recorder.record(key, f"{path}.key{name}")))
        parts.append((name, recorder.record(item, path + name)))
    if isinstance(value, collections.defaultdict):
        parts.append((".default_factory", recorder.record(value.default_factory, f"{path}.default_factory")))
    return Node("mapping", type_name(type(value)), (), None, tuple(parts + _own_state(recorder, value, path)))


def _set(recorder: Recorder, value: Any, path: str) -> Node:
    """The elements sorted by their record: the order of a set depends on how it was filled."""
    nodes = sorted((recorder.record(item, f"{path}{{}}") for item in value), key=repr)
    return Node("set", type_name(type(value)), (), None, tuple((f"{{{i}}}", n) for i, n in enumerate(nodes)))


def _own_state(recorder: Recorder, value: Any, path: str) -> list[tuple[str, Node]]:
    """Attributes in `__dict__` and `__slots__`, by name."""
    found = dict(getattr(value, "__dict__", None) or {})
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            mangled = f"_{base.__name__.lstrip('_')}{name}" if name.startswith("__") else name
            if name not in _NO_SLOT and hasattr(value, mangled):
                found[mangled] = getattr(value, mangled)
    return [(f".{k}", recorder.record(v, f"{path}.{k}")) for k, v in sorted(found.items())]


def _function(recorder: Recorder, value: Any, path: str) -> Node:
    """A function by name; one made inside another also by its code and what it closed over."""
    name = f"{value.__module__}.{value.__qualname__}"
    if "<" not in name:
        return Node("text", "function", (), name)
    code = value.__code__
    bits = repr(
        (code.co_code, code.co_names, [c for c in code.co_consts if not isinstance(c, types.CodeType)])
    )
    cells = [c.cell_contents if _filled(c) else None for c in value.__closure__ or ()]
    state = recorder.keep([cells, value.__defaults__, value.__kwdefaults__])
    parts = [(".closure", recorder.record(state, f"{path}.closure"))]
    return Node("function", "function", (("code", zlib.crc32(bits.encode())),), name, tuple(parts))


def _filled(cell: types.CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _bound(recorder: Recorder, value: Any, path: str) -> Node:
    owner = getattr(value, "__self__", None)
    parts: tuple[tuple[str, Node], ...] = ()
    if owner is not None and not isinstance(owner, types.ModuleType):
        parts = ((".__self__", recorder.record(owner, f"{path}.__self__")),)
    return Node("text", type(value).__name__, (), getattr(value, "__qualname__", repr(value)), parts)


def drain(value: Any) -> tuple[list[Any], BaseException | None]:
    """Up to 10,000 items of an iterator, and what it raised, if it did."""
    items: list[Any] = []
    try:
        items.extend(itertools.islice(value, MOST_ITEMS))
    except Exception as error:  # noqa: BLE001 - the user's generator may raise anything
        return items, error
    return items, None


def _iterator(recorder: Recorder, value: Any, path: str) -> Node:
    items, error = drain(value)
    parts = [(".items", recorder.record(recorder.keep(items), f"{path}.items"))]
    if error is not None:
        parts.append((".raised", record_error(recorder, error, f"{path}.raised")))
    return Node("iterator", type_name(type(value)), (), None, tuple(parts))


def record_error(recorder: Recorder, error: BaseException, path: str) -> Node:
    """Type, message and the chain of causes of an exception."""
    parts: list[tuple[str, Node]] = []
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and cause is not error:
        parts.append((".cause", record_error(recorder, cause, f"{path}.cause")))
    notes = tuple(getattr(error, "__notes__", ()))
    text = without_addresses(str(error))
    return Node("error", type_name(type(error)), (("notes", notes),) if notes else (), text, tuple(parts))


def _stream(recorder: Recorder, value: Any, path: str) -> Node:
    if isinstance(value, io.StringIO | io.BytesIO):
        if value.closed:
            return Node("text", type_name(type(value)), (), "closed")
        return Node("bytes", type_name(type(value)), (("at", value.tell()),), value.getvalue())
    name, mode = getattr(value, "name", ""), getattr(value, "mode", "")
    at = value.tell() if not value.closed and value.seekable() else -1
    return Node("text", type_name(type(value)), (("closed", value.closed), ("at", at)), f"{name} {mode}")


def _object(recorder: Recorder, value: Any, path: str) -> Node:
    """Attribute by attribute where the class is Python's, else by what pickling would save."""
    if recorder.lenient:
        return Node("text", type_name(type(value)))
    kind: type[object] = type(value)
    if _is_plain(kind):  # type: ignore[arg-type]
        return Node("object", type_name(kind), (), None, tuple(_own_state(recorder, value, path)))
    try:
        reduced = value.__reduce_ex__(2)
    except Exception:  # noqa: BLE001 - a foreign class may refuse in any way
        return recorder.opaque(value, path)
    if isinstance(reduced, str):
        return Node("text", type_name(kind), (), reduced)
    parts = [("()", recorder.record(recorder.keep(list(reduced[:3])), f"{path}()"))]
    for name, items in zip((".items", ".pairs"), reduced[3:5], strict=False):
        if items is not None:
            parts.append((name, recorder.record(recorder.keep(list(items)), path + name)))
    return Node("object", type_name(kind), (), None, tuple(parts))


@functools.cache
def _is_plain(kind: type[object]) -> bool:
    """Whether `__dict__` and `__slots__` hold all state: instances have no room for more."""
    slots = 0
    for base in kind.__mro__:
        names = base.__dict__.get("__slots__", ())
        slots += len([n for n in ((names,) if isinstance(names, str) else names) if n not in _NO_SLOT])
    slots += (kind.__dictoffset__ != 0) + (kind.__weakrefoffset__ != 0)
    return kind.__itemsize__ == 0 and kind.__basicsize__ <= object.__basicsize__ + _POINTER * slots


def _by_value(read: Callable[[Any], Any]) -> Handler:
    def handle(recorder: Recorder, value: Any, path: str) -> Node:
        inner = recorder.record(recorder.keep(read(value)), f"{path}.state")
        return Node("object", type_name(type(value)), (), None, ((".state", inner),))

    return handle


_KINDS: tuple[tuple[tuple[type, ...], Handler], ...] = (
    ((type, types.ModuleType), _named),
    (TEXT_TYPES, _text),
    ((types.FunctionType,), _function),
    ((types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType), _bound),
    ((tuple, list, collections.deque), _sequence),
    ((dict, types.MappingProxyType), _mapping),
    ((set, frozenset), _set),
    ((type({}.keys()), type({}.values()), type({}.items())), _sequence),
    ((bytearray, memoryview, stdlib_array.array), _by_value(bytes)),
    ((random.Random,), _by_value(lambda v: v.getstate())),
    ((np.random.Generator,), _by_value(lambda v: v.bit_generator.state)),
    ((np.random.RandomState,), _by_value(lambda v: v.get_state(legacy=False))),
    ((np.random.BitGenerator,), _by_value(lambda v: v.state)),
    ((np.errstate, type(threading.Lock()), type(threading.RLock())), lambda r, v, p: Node("text", "handle")),
    ((io.IOBase,), _stream),
    ((weakref.ref,), _by_value(lambda v: v())),
    ((functools.partial,), _by_value(lambda v: [v.func, v.args, v.keywords])),
    ((BaseException,), lambda recorder, value, path: record_error(recorder, value, path)),
)
_LEAF_BASES = (int, float, complex, str, bytes)


def _leaf_subclass(recorder: Recorder, value: Any, path: str) -> Node:
    base = next(b for b in _LEAF_BASES if isinstance(value, b))
    inner = recorder.record(base(value), path)
    return Node("object", type_name(type(value)), (), None, (("", inner), *_own_state(recorder, value, path)))


def handler_for(kind: type) -> Handler:
    """How values of this exact type are recorded."""
    if issubclass(kind, enum.Enum):
        return _text
    if issubclass(kind, logging.Logger):
        return lambda recorder, value, path: Node("text", "logger", (), value.name)
    for kinds, handler in _KINDS:
        if issubclass(kind, kinds):
            return handler
    if issubclass(kind, _LEAF_BASES):
        return _leaf_subclass
    if hasattr(kind, "__next__") and hasattr(kind, "__iter__"):
        return _iterator
    if kind.__module__ in ("_asyncio", "asyncio", "_thread", "_socket", "_sqlite3", "sqlite3", "mmap"):
        return lambda recorder, value, path: recorder.opaque(value, path)
    return _object
