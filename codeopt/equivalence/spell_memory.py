"""Memory that arrays share, to be written as one buffer; and what cannot be written at all."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

MOST_ELEMENTS = 400
"""Elements of one array or items of one container up to which a value is written out."""


class Unwritable(Exception):
    """A value that no short source text rebuilds."""


class Block:
    """Memory `[low, high)` that several arrays, or one with a layout of its own, are views of."""

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high
        self.members: list[Any] = []
        self.variable = ""

    def read(self, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
        """A copy of the memory as a flat array."""
        raw = (ctypes.c_char * (self.high - self.low)).from_address(self.low)
        return np.frombuffer(bytearray(raw), dtype)


def merged(claims: list[tuple[int, int, Any]]) -> list[Block]:
    """The blocks of memory that arrays with these extents `(low, high, array)` lie in."""
    blocks: list[Block] = []
    for low, high, owner in sorted(claims, key=lambda c: c[:2]):
        if not blocks or low >= blocks[-1].high:
            blocks.append(Block(low, high))
        blocks[-1].high = max(blocks[-1].high, high)
        blocks[-1].members.append(owner)
    return blocks
