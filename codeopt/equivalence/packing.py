"""Recording long plain lists as one run of bytes: a node for each of 80,000 records costs seconds."""

from __future__ import annotations

import array
import itertools
import marshal
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from codeopt.equivalence.node import Node, type_name

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

PACK = 256
"""Items from which on a list or tuple is packed."""

_PLAIN = {int, float, bool, str, bytes, type(None)}
_FLAT = 0
"""The marshal version that writes equal values equally: later ones note interning and identity."""


def packed(recorder: Recorder, value: Any, path: str) -> Node | None:
    """The node of a long list or tuple of plain values, or of lists or tuples of them; else None.

    Inner lists must be distinct and new to the recorder, which then knows where they stand.
    """
    kind = type(value)
    if len(value) < PACK or kind not in (list, tuple) or not recorder.packs:
        return None
    kinds = set(map(type, value))
    if kinds == {float}:
        return Node("packed", type_name(kind), (("of", "float"),), array.array("d", value).tobytes())
    if kinds <= _PLAIN:
        return _marshalled(value)
    if kinds not in ({tuple}, {list}) or not set(map(type, itertools.chain.from_iterable(value))) <= _PLAIN:
        return None
    if kinds == {list} and not recorder.meet_all(value, path):
        return None
    return _marshalled(value)


def _marshalled(value: Any) -> Node:
    return Node("packed", type_name(type(value)), (("of", "marshal"),), marshal.dumps(value, _FLAT))


def unpacked(node: Node) -> Any:
    """The value that a packed node stands for."""
    items: Iterable[Any]
    if dict(node.meta)["of"] == "float":
        items = array.array("d", node.data)
    else:
        items = marshal.loads(node.data)
    return tuple(items) if node.type == "builtins.tuple" else list(items)
