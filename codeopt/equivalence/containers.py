"""Recording lists, tuples, dicts, sets and their kin, with the attributes of subclasses."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from codeopt.equivalence.attributes import own_state
from codeopt.equivalence.node import Node, type_name, without_addresses
from codeopt.equivalence.packing import packed

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder


def record_sequence(recorder: Recorder, value: Any, path: str) -> Node:
    """A list, tuple, deque or view of a dict."""
    whole = packed(recorder, value, path)
    if whole is not None:
        return whole
    kind = type(value)
    # A subclass may iterate otherwise than by its items.
    walk = next((base.__iter__ for base in (list, tuple, collections.deque) if isinstance(value, base)), iter)
    parts = [(f"[{i}]", recorder.record(item, f"{path}[{i}]")) for i, item in enumerate(walk(value))]
    meta = (("maxlen", value.maxlen),) if isinstance(value, collections.deque) else ()
    if kind not in (list, tuple):
        parts += own_state(recorder, value, path)
    return Node("sequence", type_name(kind), meta, None, tuple(parts))


def record_mapping(recorder: Recorder, value: Any, path: str) -> Node:
    """A dict, its subclasses, a read-only view of one."""
    parts: list[tuple[str, Node]] = []
    used: collections.Counter[str] = collections.Counter()
    for key, item in _items(value):
        if type(key) is str or type(key) is int:
            name = f"[{key!r}]"
        else:
            name = f"[{without_addresses(repr(key))}]"
            used[name] += 1
            if used[name] > 1:
                name = f"{name}#{used[name]}"
            parts.append((f".key{name}", recorder.record(key, f"{path}.key{name}")))
        parts.append((name, recorder.record(item, path + name)))
    if isinstance(value, collections.defaultdict):
        parts.append((".default_factory", recorder.record(value.default_factory, f"{path}.default_factory")))
    if type(value) is not dict:
        parts += own_state(recorder, value, path)
    return Node("mapping", type_name(type(value)), (), None, tuple(parts))


def _items(value: Any) -> Any:
    if isinstance(value, collections.OrderedDict):
        return collections.OrderedDict.items(value)
    return dict.items(value) if isinstance(value, dict) else value.items()


def record_set(recorder: Recorder, value: Any, path: str) -> Node:
    """The elements sorted by their record: the order of a set depends on how it was filled."""
    base: Any = set if isinstance(value, set) else frozenset
    nodes = sorted((recorder.record(item, f"{path}{{}}") for item in base.__iter__(value)), key=repr)
    parts = [(f"{{{i}}}", n) for i, n in enumerate(nodes)]
    if type(value) is not base:
        parts += own_state(recorder, value, path)
    return Node("set", type_name(type(value)), (), None, tuple(parts))
