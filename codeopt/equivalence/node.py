"""The plain tree a value is recorded as: comparable with `==`, picklable, free of live objects."""

from __future__ import annotations

import functools
import re
import zlib
from typing import Any, NamedTuple

import numpy as np

LARGE = 1 << 17
"""Bytes above which a buffer is kept as `Large` instead of whole: perturbed cases keep everything,
only large plain ones are summarised, and a reference stays at a few megabytes."""

BLOCK = 64
"""Elements in a block of which the sums are kept, in arrays of up to `MOST_BLOCKS` blocks."""

MOST_BLOCKS = 1 << 17
SAMPLE = 1 << 15
_CHUNK = 1 << 16
"""Elements that are widened at a time."""


class Node(NamedTuple):
    """One value. `type` is module and qualified name; `data` is bytes, text, an int or `Large`.

    A tuple compares in C, which is what makes the usual case (nothing changed) cost nothing.
    Floats stand as bytes, so that NaN equals itself and -0.0 does not equal 0.0.
    """

    kind: str
    type: str
    meta: tuple[tuple[str, Any], ...] = ()
    data: Any = None
    children: tuple[tuple[str, Node], ...] = ()


class Large(NamedTuple):
    """A buffer too big to keep. Equal digests mean equal bytes; nothing else decides equality.

    Beside the digest (64 bits of crc32 and xor, chosen for 4 GB/s) stand an even sample and, for
    every block, the sum of its elements, the same weighted by their places, and the sum of
    magnitudes; `special` tells where NaN and infinities are, which count as 0 in the sums. They
    carry a comparison within tolerance. Sums of integers wrap. A buffer whose digest was expected,
    or that holds neither floats nor integers, has a digest only.
    """

    digest: int
    sample: bytes = b""
    sums: bytes = b""
    weighted: bytes = b""
    magnitudes: bytes = b""
    special: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Large) and other.digest == self.digest

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return self.digest


def digest_of(flat: np.ndarray[Any, Any]) -> int:
    """64 bits over the bytes of a contiguous array."""
    view = flat.reshape(-1).view(np.uint8)
    words = view[: len(view) // 8 * 8].view(np.uint64)
    folded = int(np.bitwise_xor.reduce(words)) & 0xFFFFFFFF if len(words) else 0
    return folded << 32 | zlib.crc32(view.data)


def block_of(size: int) -> int:
    """Elements in a block of an array of this many."""
    block = BLOCK
    while size > block * MOST_BLOCKS:
        block *= 2
    return block


@functools.cache
def _weights(block: int) -> np.ndarray[Any, Any]:
    """Per place in a block: 1, and a number of its own between -1 and 1, far from its neighbours'."""
    bits = block.bit_length() - 1
    shuffled = [int(f"{i:0{bits}b}"[::-1], 2) for i in range(block)]
    ramp = (np.array(shuffled, np.float64) * 2 + 1) / block - 1
    return np.ascontiguousarray(np.stack([np.ones(block), ramp], axis=1))


def summarise(flat: np.ndarray[Any, Any], known: frozenset[int]) -> Large:
    """The `Large` of a contiguous array; only its digest where that is among `known`."""
    digest = digest_of(flat)
    if digest in known or flat.dtype.kind not in "fciu":
        return Large(digest)
    flat = flat.reshape(-1)
    sample = np.ascontiguousarray(flat[:: max(1, flat.size // SAMPLE)]).tobytes()
    if flat.dtype.kind in "iu":
        return _summarise_integers(flat, digest, sample)
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    block = block_of(flat.size)
    weights = _weights(block)
    step = max(block, _CHUNK)
    count = -(-flat.size // block)
    sums, magnitudes = np.empty((count, 2)), np.empty(count)
    special = 0
    for begin in range(0, flat.size, step):
        wide = flat[begin : begin + step].astype(np.float64)
        finite = np.isfinite(wide)
        if not finite.all():
            kinds = np.isnan(wide) * 1 + np.isposinf(wide) * 2 + np.isneginf(wide) * 3
            special = zlib.crc32(kinds.astype(np.uint8).data, special) | 1 << 32
            wide[~finite] = 0.0
        if wide.size % block:
            wide = np.append(wide, np.zeros(block - wide.size % block))
        rows = wide.reshape(-1, block)
        at = slice(begin // block, begin // block + len(rows))
        with np.errstate(all="ignore"):
            np.matmul(rows, weights, out=sums[at])
            np.abs(rows, out=rows).sum(axis=1, out=magnitudes[at])
    return Large(digest, sample, sums[:, 0].tobytes(), sums[:, 1].tobytes(), magnitudes.tobytes(), special)


def _summarise_integers(flat: np.ndarray[Any, Any], digest: int, sample: bytes) -> Large:
    """Sums modulo 2^64, so that the same values in a narrower dtype have the same."""
    block = block_of(flat.size)
    ramp = np.arange(1, block + 1, dtype=np.uint64)
    kept = flat.size // block * block
    rows = flat[:kept].reshape(-1, block)
    sums = np.append(rows.sum(axis=1, dtype=np.uint64), flat[kept:].sum(dtype=np.uint64))
    step = max(1, _CHUNK // block)
    weighted = [rows[i : i + step].astype(np.uint64) @ ramp for i in range(0, len(rows), step)]
    weighted.append(np.atleast_1d(flat[kept:].astype(np.uint64) @ ramp[: flat.size - kept]))
    return Large(digest, sample, sums.tobytes(), np.concatenate(weighted).tobytes())


_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


def without_addresses(text: str) -> str:
    """A text with memory addresses, which change from run to run, blotted out."""
    return _ADDRESS.sub("0x...", text) if "0x" in text else text


def type_name(kind: type) -> str:
    """Module and qualified name; two worlds import one module twice, so identity says nothing."""
    return f"{kind.__module__}.{kind.__qualname__}"
