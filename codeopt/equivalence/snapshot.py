"""Recording any value as a `Node` tree: exact types, values bit for bit, identity, memory.

Objects that were met before stand as references to the path where they were met first, so
cycles end and identity is compared. What no handler knows becomes `opaque` and is listed, for
a comparison that cannot see a value must not call it equal.
"""

from __future__ import annotations

import contextlib
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from codeopt.equivalence import objects
from codeopt.equivalence.aliases import Claim, array_claim, tensor_claim
from codeopt.equivalence.arrays import record_array, record_scalar
from codeopt.equivalence.drawn import record_drawn
from codeopt.equivalence.held import NOTHING, Held
from codeopt.equivalence.node import Node, type_name

T = TypeVar("T")
Handler = Callable[["Recorder", Any, str], Node]
DEPTH = 120
"""Nesting at which a value is given up as opaque; a handler takes up to 4 Python frames a level."""

_FLOAT = struct.Struct("<d").pack
_COMPLEX = struct.Struct("<dd").pack

_LEAVES: dict[type, Callable[[Any], Node]] = {
    type(None): lambda v: Node("none", "None"),
    bool: lambda v: Node("int", "bool", (), v),
    int: lambda v: Node("int", "int", (), v),
    float: lambda v: Node("float", "float", (), _FLOAT(v)),
    complex: lambda v: Node("float", "complex", (), _COMPLEX(v.real, v.imag)),
    str: lambda v: Node("text", "str", (), v),
    bytes: lambda v: Node("bytes", "bytes", (), v),
}
_VALUES = (np.generic, tuple, frozenset, range, slice, type, *objects.TEXT_TYPES)
"""Immutable kinds, whose identity a caller should not rely on."""

_handlers: dict[type, Handler] = {}


class Recorder:
    """Records values one after another, with identity and memory shared between them.

    `known` holds digests of large buffers that need no summary. A `lenient` recorder names
    objects it does not know by type only; one that `packs` keeps long plain lists whole; one that
    `peeks` draws nothing from iterators. `watch` tells what a call did so far, to be noted while
    iterators are drawn. `held` is what was known of the arguments before the call. Holds live
    objects: use it, then drop it.
    """

    def __init__(
        self,
        known: frozenset[int] = frozenset(),
        lenient: bool = False,
        packs: bool = True,
        peeks: bool = False,
        held: Held = NOTHING,
    ) -> None:
        self.known = known
        self.held = held
        self.packs = packs
        self.peeks = peeks
        self.watch: Callable[[], Any] | None = None
        self.lenient = lenient
        self.opaque_paths: list[str] = []
        self.claims: list[Claim] = []
        self.leaves: list[tuple[str, Any]] = []
        self.outputs: list[Any] = []
        self._seen: dict[int, str] = {}
        self._kept: list[Any] = []
        self._depth = 0
        self._behind = False

    def beside(self) -> Recorder:
        """A lenient recorder that peeks, and shares identity and memory with this one."""
        other = Recorder(self.known, lenient=True, peeks=True)
        other._seen, other._kept, other.claims = self._seen, self._kept, self.claims
        return other

    def record(self, value: Any, path: str) -> Node:
        """The node of `value`, which the caller of this reaches at `path`."""
        kind = type(value)
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf(value)
        if not isinstance(value, _VALUES):
            first = self._seen.setdefault(id(value), path)
            if first is not path:
                return Node("ref", "", (), first)
        handler = _handlers.get(kind)
        if handler is None:
            handler = _handlers[kind] = _handler_for(kind)
        if self._depth > DEPTH:
            return self.opaque(value, path)
        self._depth += 1
        try:
            return handler(self, value, path)
        except Exception:  # noqa: BLE001 - the user's objects may refuse to be looked at in any way
            return self.opaque(value, path)
        finally:
            self._depth -= 1

    def keep(self, value: T) -> T:
        """Hold a temporary, lest another object is made at its address and taken for it."""
        self._kept.append(value)
        return value

    def meet_all(self, items: list[Any], path: str) -> bool:
        """Note where each of the items stands; False, with nothing noted, if one was met before."""
        ids = [id(item) for item in items]
        if len(set(ids)) < len(ids) or not self._seen.keys().isdisjoint(ids):
            return False
        self._seen.update((ident, f"{path}[{i}]") for i, ident in enumerate(ids))
        return True

    def opaque(self, value: Any, path: str) -> Node:
        """The node of something that cannot be looked into."""
        if not self.lenient:
            self.opaque_paths.append(path)
        return Node("opaque", type_name(type(value)))

    def claim_array(self, path: str, array: np.ndarray[Any, Any]) -> None:
        """Note the memory of an array for the alias graph."""
        if array.size:
            self.claims.append(array_claim(path, array, self._behind))

    def claim_tensor(self, path: str, tensor: Any) -> None:
        """Note the memory of a strided tensor for the alias graph."""
        if tensor.numel():
            self.claims.append(tensor_claim(path, tensor))

    def note_grad(self, path: str, tensor: Any) -> None:
        """Note a tensor that requires grad: a backward pass begins at it or leads to it."""
        if tensor.is_leaf:
            self.leaves.append((path, tensor))
        else:
            self.outputs.append(tensor)

    @contextlib.contextmanager
    def sharing_behind(self, owner: Any) -> Iterator[None]:
        """Memory noted inside belongs to a copy-on-write `owner`: a write through it stays unseen."""
        before = self._behind
        self._behind = before or _copies_on_write()
        try:
            yield
        finally:
            self._behind = before


def capture(value: Any) -> Node:
    """The node of one value on its own. See `Recorder` for several that may share memory."""
    return Recorder().record(value, "value")


def _copies_on_write() -> bool:
    pandas = sys.modules["pandas"]
    if int(pandas.__version__.split(".")[0]) >= 3:
        return True
    return pandas.options.mode.copy_on_write is True


def _handler_for(kind: type) -> Handler:
    if issubclass(kind, np.ndarray):
        return record_array
    if issubclass(kind, np.generic):
        return record_scalar
    homes = {base.__module__.partition(".")[0] for base in kind.__mro__}
    if "torch" in homes and "torch" in sys.modules:
        from codeopt.equivalence.modules import record_torch

        return _first_of(record_torch, kind)
    if "pandas" in homes and "pandas" in sys.modules:
        from codeopt.equivalence.frames import record_pandas

        return _first_of(record_pandas, kind)
    if "scipy" in homes:
        from codeopt.equivalence.frames import record_sparse

        return _first_of(record_sparse, kind)
    if "matplotlib" in homes:
        return _first_of(record_drawn, kind)
    return objects.handler_for(kind)


def _first_of(special: Callable[[Recorder, Any, str], Node | None], kind: type) -> Handler:
    general = objects.handler_for(kind)

    def handle(recorder: Recorder, value: Any, path: str) -> Node:
        node = special(recorder, value, path)
        return general(recorder, value, path) if node is None else node

    return handle
