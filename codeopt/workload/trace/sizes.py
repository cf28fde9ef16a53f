"""The lengths in a recorded call that may be made smaller or larger together, read from its nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

LEAST = 5
"""Lengths up to this are left as they are: channels, classes, coordinates."""

_SHAPED = ("array", "tensor", "sparse", "view", "tensorview")
_VIEWS = ("view", "tensorview")
_OPEN = ("list", "tuple", "dict", "frame", "series", "index", "categorical", "times", "nullable", "masked")
"""Kinds whose parts become smaller with them."""


def shrinkable(call: Mapping[str, Any], least: int = LEAST, *, inside: bool = False) -> list[int]:
    """Lengths above `least` of arguments that nothing else in the call pins, the greatest first.

    With `inside`, those of arrays inside objects count as well.
    """
    nodes = [*call["args"], *call["kwargs"].values()]
    found = _Lengths(frozenset(_owners(nodes)), least, inside)
    for node in nodes:
        found.collect(node, inside=False)
    return sorted(found.free - found.pinned, reverse=True)


def _owners(node: Any) -> Iterator[int]:
    """Numbers of the arrays that others are views of: a view fits only all of it."""
    if isinstance(node, dict):
        if node.get("k") in ("view", "tensorview"):
            yield node["of"]["id"]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _owners(item)


class _Lengths:
    """The lengths in some nodes: `free` ones, and those `pinned` by an object's state or by a view."""

    def __init__(self, owners: frozenset[int], least: int, deep: bool) -> None:
        self.owners = owners
        self.least = least
        self.deep = deep
        self.free: set[int] = set()
        self.pinned: set[int] = set()

    def collect(self, node: Any, inside: bool) -> None:
        """Add those of a node, which may be `inside` an object."""
        if isinstance(node, list):
            for item in node:
                self.collect(item, inside)
        if not isinstance(node, dict):
            return
        kind = node.get("k")
        if kind in _SHAPED:
            held = inside or kind in _VIEWS or node.get("id") in self.owners
            (self.pinned if held else self.free).update(n for n in node["shape"] if n > self.least)
        elif kind in ("list", "tuple") and not inside and len(node["v"]) > LEAST:
            self.free.add(len(node["v"]))
        elif kind == "frame" and not inside:
            self.free.update(_rows(node["index"]))
        if kind != "sparse":
            for value in node.values():
                self.collect(value, inside or not (self.deep or kind in _OPEN))


def _rows(index: Mapping[str, Any]) -> Iterator[int]:
    if index.get("k") == "rangeindex":
        length = len(range(*index["v"]))
        if length > LEAST:
            yield length


def smaller(
    lengths: Iterable[int], scale: float, fixed: Iterable[int], grown: Mapping[int, int] | None = None
) -> dict[int, int]:
    """The length that each becomes at a scale from 0 to 1; those that stay are left out.

    `grown` are lengths with what they become at 1.0; none becomes smaller than it may.
    """
    lengths, kept = set(lengths), set(fixed)
    found = {} if scale >= 1.0 else {n: max(LEAST, round(n * scale)) for n in lengths if n not in kept}
    for n, most in (grown or {}).items():
        stays = n in kept or n not in lengths
        found[n] = max(n if stays else LEAST, round(most * min(scale, 1.0)))
    return found
