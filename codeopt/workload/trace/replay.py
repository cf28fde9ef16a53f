"""Building a recorded call again, in a sandbox child, from a file that may hold anything.

Nothing in the file is run. A class or function is named by its import path, and only those of the
project and of well-known libraries are imported; an object is made by the `__new__` of the built-in
type below its class, and its state put into it, so that no method of it is called.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from codeopt.workload.call import Call
from codeopt.workload.trace.file_format import BrokenTrace, unpack
from codeopt.workload.trace.names import Names
from codeopt.workload.trace.sizes import LEAST, shrinkable, smaller

_OTHERS = 4
"""One seed in so many takes another of the recorded calls."""


class Replay:
    """Values from the nodes of one call. `sizes` says which lengths of arguments become smaller."""

    def __init__(self, name: str, data: memoryview, call: Mapping[str, Any], names: Names, seed: int) -> None:
        self.name = name
        self.names = names
        self.seed = seed
        self.sizes: dict[int, int] = {}
        self.held_sizes: dict[int, int] = {}
        self.inside = 0
        self._data = data
        self._blobs: Sequence[Sequence[int]] = call["blobs"]
        self._known: dict[int, Any] = {}

    def broken(self, reason: str) -> BrokenTrace:
        """The error that names the file."""
        return BrokenTrace(f"{self.name}: {reason}")

    def blob(self, number: int) -> memoryview:
        """The bytes with that number."""
        at, size = self._blobs[number]
        if at < 0 or size < 0 or at + size > len(self._data):
            raise self.broken("names bytes that it does not hold")
        return self._data[at : at + size]

    def know(self, node: Mapping[str, Any], value: Any) -> Any:
        """Note a value under the number of its node; returns the value."""
        self._known[node["id"]] = value
        return value

    @contextlib.contextmanager
    def state(self) -> Iterator[None]:
        """Be inside an object, whose sizes stay."""
        self.inside += 1
        yield
        self.inside -= 1

    def length(self, length: int) -> int:
        """What a recorded length becomes."""
        return (self.held_sizes if self.inside else self.sizes).get(length, length)

    def items(self, values: Sequence[Any]) -> Iterator[Any]:
        """The first of a sequence that becomes smaller; one that becomes larger begins anew at its end."""
        for place in range(self.length(len(values))):
            yield values[place % len(values)]

    def value(self, node: Any) -> Any:
        """The value of a node. Raises BrokenTrace for one that is none."""
        if node is None or isinstance(node, bool | float | str):
            return node
        if isinstance(node, int):
            # A small number is an axis, a mode or an order as often as a length.
            return self.length(node) if node > LEAST else node
        if not isinstance(node, dict):
            raise self.broken(f"holds a {type(node).__name__} where a value should be")
        kind = node.get("k")
        if kind == "same":
            if node["id"] not in self._known:
                raise self.broken("refers to an object that it does not hold yet")
            return self._known[node["id"]]
        return _maker(str(kind), self)(self, node)


def _maker(kind: str, replay: Replay) -> Callable[[Replay, Mapping[str, Any]], Any]:
    from codeopt.workload.trace.replay_objects import OBJECTS

    if kind in OBJECTS:
        return OBJECTS[kind]
    from codeopt.workload.trace.replay_arrays import ARRAYS

    if kind in ARRAYS:
        return ARRAYS[kind]
    if kind in ("tensor", "tensorview", "size", "torchname", "device", "torchgenerator"):
        from codeopt.workload.trace.replay_tensors import TENSORS

        return TENSORS[kind]
    from codeopt.workload.trace.replay_frames import FRAMES

    if kind in FRAMES:
        return FRAMES[kind]
    raise replay.broken(f"holds a value of the unknown kind {kind[:40]!r}")


@lru_cache(maxsize=4)
def read_trace(file: str) -> tuple[dict[str, Any], memoryview]:
    """The data and the bytes of a trace file. Raises BrokenTrace."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise BrokenTrace(f"{file}: cannot be read: {error.strerror}") from error
    return unpack(content, file)


def choose(calls: Sequence[int], scale: float, seed: int) -> int:
    """Which recorded call is built: the first, and among smaller ones sometimes another."""
    others = calls[1:]
    if scale >= 1.0 or not others or seed % _OTHERS != _OTHERS - 1:
        return calls[0]
    return others[seed // _OTHERS % len(others)]


def replay(
    file: str,
    home: tuple[str, str],
    calls: Sequence[int],
    scale: float,
    seed: int,
    fixed: Sequence[int] = (),
    grown: Mapping[int, int] | None = None,
    inside: bool = False,
) -> Call:
    """A fresh call as one of those recorded in the file, of a function whose import root and module
    `home` names.

    At `scale` 1.0 it is the first of `calls` with the recorded shapes; below, lengths that arguments
    share become smaller together, but for those in `fixed`, and other recorded calls take part.
    `grown` maps lengths of the first call to larger ones that they have at 1.0, with `inside` also those
    of arrays inside objects.
    Raises BrokenTrace for a file that is no trace, or names what it may not.
    """
    data, rest = read_trace(file)
    try:
        number = choose(calls, scale, seed)
        call = data["calls"][number]
        made = Replay(file, rest, call, Names(file, *home), seed)
        larger = grown if number == calls[0] and grown else {}
        made.sizes = smaller(shrinkable(call), scale, fixed, larger)
        made.held_sizes = {n: made.sizes[n] for n in larger} if inside else {}
        _surround(call["ambient"])
        args = tuple(made.value(node) for node in call["args"])
        return Call(args=args, kwargs={name: made.value(node) for name, node in call["kwargs"].items()})
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise BrokenTrace(f"{file}: cannot be replayed: {type(error).__name__}: {error}") from error


def _surround(ambient: Mapping[str, Any]) -> None:
    """Make the state around the call what it was."""
    if "grad" in ambient:
        from codeopt.workload.trace.replay_tensors import surround

        surround(ambient)
