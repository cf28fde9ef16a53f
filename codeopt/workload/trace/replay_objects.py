"""Containers, plain values and objects from their nodes. See `replay` for what is never done."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import functools
import logging
import pathlib
import random
import re
import types
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codeopt.workload.trace.replay import Replay

Node = Mapping[str, Any]


def _random(*state: Any) -> random.Random:
    made = random.Random()
    made.setstate(state)
    return made


def _partial(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    if not callable(function):
        raise TypeError("a partial of what cannot be called")
    return functools.partial(function, *args, **keywords)


MAKERS: dict[str, Callable[..., Any]] = {
    "complex": complex,
    "slice": slice,
    "range": range,
    "ellipsis": lambda: ...,
    "notimplemented": lambda: NotImplemented,
    "datetime": datetime.datetime,
    "date": datetime.date,
    "time": datetime.time,
    "timedelta": datetime.timedelta,
    "timezone": datetime.timezone,
    "decimal": decimal.Decimal,
    "fraction": fractions.Fraction,
    "uuid": uuid.UUID,
    "path": pathlib.PosixPath,
    "purepath": pathlib.PurePosixPath,
    "pattern": re.compile,
    "random": _random,
    "deque": collections.deque,
    "counter": collections.Counter,
    "ordereddict": collections.OrderedDict,
    "defaultdict": collections.defaultdict,
    "proxy": types.MappingProxyType,
    "namespace": lambda held: types.SimpleNamespace(**held),
    "partial": _partial,
    "logger": logging.getLogger,
}


def _made(replay: Replay, node: Node) -> Any:
    with replay.state():
        arguments = [replay.value(argument) for argument in node["a"]]
    maker = MAKERS.get(node["c"])
    if maker is None:
        raise replay.broken(f"holds a value of the unknown kind {str(node['c'])[:40]!r}")
    return replay.know(node, maker(*arguments))


def _list(replay: Replay, node: Node) -> Any:
    made: list[Any] = replay.know(node, [])
    made += [replay.value(item) for item in replay.items(node["v"])]
    return made


def _tuple(replay: Replay, node: Node) -> Any:
    return tuple(replay.value(item) for item in replay.items(node["v"]))


def _set(replay: Replay, node: Node) -> Any:
    made: set[Any] = replay.know(node, set())
    made.update(replay.value(item) for item in node["v"])
    return made


def _frozenset(replay: Replay, node: Node) -> Any:
    return replay.know(node, frozenset(replay.value(item) for item in node["v"]))


def _dict(replay: Replay, node: Node) -> Any:
    made: dict[Any, Any] = replay.know(node, {})
    for key, value in node["v"]:
        made[_exact(replay, key)] = replay.value(value)
    return made


def _exact(replay: Replay, node: Any) -> Any:
    with replay.state():
        return replay.value(node)


def _object(replay: Replay, node: Node) -> Any:
    kind = replay.names.find(node["of"])
    if not isinstance(kind, type):
        raise replay.broken(f"makes an object of {node['of'][1]}, which is no class")
    with replay.state():
        made = _new(replay, kind, node)
        if "state" in node:
            held = object.__getattribute__(made, "__dict__")
            for name, value in node["state"]:
                held[name] = replay.value(value)
        for name, value in node.get("slots", ()):
            member = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
            if not isinstance(member, types.MemberDescriptorType):
                raise replay.broken(f"fills a slot {name!r} that {kind.__qualname__} does not have")
            member.__set__(made, replay.value(value))
    return made


_BUILTIN = (dict, list, set, frozenset, tuple, str, bytes)
_NATIVE: dict[str, Any] = {
    kind.__name__: kind for kind in (frozenset, tuple, str, bytes, int, float, complex)
}


def _new(replay: Replay, kind: type, node: Node) -> Any:
    """An object of a class with nothing of its class run, and what its built-in base holds in it."""
    native = node.get("native", "object")
    if native == "object":
        return replay.know(node, object.__new__(kind))
    if native == "dict":
        made: Any = replay.know(node, dict.__new__(kind))
        for key, value in node["v"]:
            dict.__setitem__(made, replay.value(key), replay.value(value))
    elif native == "list":
        made = replay.know(node, list.__new__(kind))
        list.extend(made, [replay.value(item) for item in node["v"]])
    elif native == "set":
        made = replay.know(node, set.__new__(kind))
        set.update(made, [replay.value(item) for item in node["v"]])
    elif native == "BaseException":
        made = replay.know(node, BaseException.__new__(kind, *[replay.value(item) for item in node["v"]]))
    elif native in ("tuple", "frozenset"):
        made = replay.know(node, _NATIVE[native].__new__(kind, [replay.value(i) for i in node["v"]]))
    else:
        made = replay.know(node, _NATIVE[native].__new__(kind, replay.value(node["v"])))
    return made


def _enum(replay: Replay, node: Node) -> Any:
    kind = replay.names.find(node["of"])
    return kind.__members__[node["v"]]


def _found(replay: Replay, node: Node) -> Any:
    return replay.names.find(node["of"])


def _module(replay: Replay, node: Node) -> Any:
    return replay.names.find_module(node["of"])


def _method(replay: Replay, node: Node) -> Any:
    owner = _exact(replay, node["self"])
    kind = owner if isinstance(owner, type) else type(owner)
    found = next((vars(base)[node["name"]] for base in kind.__mro__ if node["name"] in vars(base)), None)
    if kind in _BUILTIN and isinstance(found, types.MethodDescriptorType):
        return found.__get__(owner)
    function = found.__func__ if isinstance(found, classmethod) else found
    if not isinstance(function, types.FunctionType):
        raise replay.broken(f"names the method {node['name']!r}, which {kind.__qualname__} does not have")
    return types.MethodType(function, owner)


OBJECTS: dict[str, Callable[[Replay, Node], Any]] = {
    "float": lambda replay, node: float.fromhex(node["v"]),
    "list": _list,
    "tuple": _tuple,
    "set": _set,
    "frozenset": _frozenset,
    "dict": _dict,
    "bytes": lambda replay, node: bytes(replay.blob(node["blob"])),
    "bytearray": lambda replay, node: bytearray(replay.blob(node["blob"])),
    "made": _made,
    "object": _object,
    "enum": _enum,
    "class": _found,
    "function": _found,
    "module": _module,
    "method": _method,
}
