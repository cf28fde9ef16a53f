"""The plain tree a value is recorded as: comparable with `==`, picklable, free of live objects."""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

import numpy as np

LARGE = 1 << 17
"""Bytes above which a buffer is kept as `Large` instead of whole: perturbed cases keep everything,
only large plain ones are summarised, and a reference stays at a few megabytes."""

BLOCK = 1024
SAMPLE = 1 << 15


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


class Large:
    """A buffer too big to keep: a digest, an even sample, and sums of blocks of 1,024 elements.

    Equal digests mean equal bytes (64 bits of crc32 and xor, chosen for 4 GB/s). The sample and
    the sums carry a comparison within tolerance; a buffer whose digest was expected has neither.
    """

    __slots__ = ("digest", "magnitudes", "sample", "sums")

    def __init__(self, digest: int, sample: bytes, sums: bytes, magnitudes: bytes) -> None:
        self.digest = digest
        self.sample = sample
        self.sums = sums
        self.magnitudes = magnitudes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Large) and other.digest == self.digest

    def __hash__(self) -> int:
        return self.digest

    def __reduce__(self) -> tuple[Any, ...]:
        return Large, (self.digest, self.sample, self.sums, self.magnitudes)


def digest_of(flat: np.ndarray[Any, Any]) -> int:
    """64 bits over the bytes of a contiguous array."""
    view = flat.reshape(-1).view(np.uint8)
    words = view[: len(view) // 8 * 8].view(np.uint64)
    folded = int(np.bitwise_xor.reduce(words)) & 0xFFFFFFFF if len(words) else 0
    return folded << 32 | zlib.crc32(view.data)


def summarise(flat: np.ndarray[Any, Any], known: frozenset[int]) -> Large:
    """The `Large` of a contiguous array; only its digest where that is among `known`."""
    digest = digest_of(flat)
    if digest in known:
        return Large(digest, b"", b"", b"")
    flat = flat.reshape(-1)
    step = max(1, flat.size // SAMPLE)
    sample = np.ascontiguousarray(flat[::step]).tobytes()
    if flat.dtype.kind not in "fc":
        return Large(digest, sample, b"", b"")
    kept = flat[: flat.size // BLOCK * BLOCK].reshape(-1, BLOCK)
    wide = np.complex128 if flat.dtype.kind == "c" else np.float64
    with np.errstate(all="ignore"):
        sums = kept.sum(axis=1, dtype=wide)
        magnitudes = np.abs(kept).sum(axis=1, dtype=np.float64)
        tail = flat[kept.size :]
        sums = np.append(sums, tail.sum(dtype=wide))
        magnitudes = np.append(magnitudes, np.abs(tail).sum(dtype=np.float64))
    return Large(digest, sample, sums.tobytes(), magnitudes.tobytes())


def type_name(kind: type) -> str:
    """Module and qualified name; two worlds import one module twice, so identity says nothing."""
    return f"{kind.__module__}.{kind.__qualname__}"
