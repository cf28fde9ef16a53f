"""The float elements of two recorded values, side by side, and where in them a difference stands."""

from __future__ import annotations

import numpy as np

from codeopt.equivalence.node import Large, Node, block_of
from codeopt.equivalence.tolerance import FEW, Floats, as_floats

Quad = tuple[Floats, Floats, Floats | None, Floats | None]


def quads(r: Node, c: Node, h: Node | None) -> list[Quad] | None:
    """Pairs of arrays to compare: the elements, or a sample and the sums of blocks."""
    a, b = (str(dict(n.meta).get("dtype", n.type)) for n in (r, c))
    top = str(dict(h.meta).get("dtype", h.type)) if h is not None else ""
    if h is not None and (h.kind != r.kind or dict(h.meta).get("shape") != dict(r.meta).get("shape")):
        h = None
    if isinstance(r.data, bytes) and isinstance(c.data, bytes):
        x, y = as_floats(r.data, a), as_floats(c.data, b)
        z = as_floats(h.data, top) if h is not None and isinstance(h.data, bytes) else None
        if x is None or y is None or x.size != y.size:
            return None
        return [(x, y, z if z is not None and z.size == x.size else None, None)]
    if not (isinstance(r.data, Large) and isinstance(c.data, Large)):
        return None
    high = h.data if h is not None and isinstance(h.data, Large) else None
    return _large_parts(r.data, c.data, high, (a, b, top))


def went_narrow(original: Floats, candidate: Floats, dtype: str) -> bool:
    """Whether float64 values passed through float32, whose rounding hides in the tolerance of
    1e-8: all are numbers that float32 can hold, where the original's mostly are not."""
    if dtype not in ("float64", "float") or original.size < FEW:
        return False
    with np.errstate(all="ignore"):
        holds, before = (x.astype(np.float32) == x for x in (candidate, original))
    finite = np.isfinite(candidate) & np.isfinite(original)
    return bool(holds[finite].all() and 2 * np.count_nonzero(before[finite]) < np.count_nonzero(finite))


def first_unequal(quads: list[Quad]) -> tuple[int, int]:
    """The part and the flat index of the first element with other bits."""
    for part, (x, y, _, _) in enumerate(quads):
        unequal = np.nonzero(x.view(np.uint64) != y.view(np.uint64))[0]
        if len(unequal):
            return part, int(unequal[0])
    return 0, 0


def _large_parts(r: Large, c: Large, h: Large | None, dtypes: tuple[str, str, str]) -> list[Quad] | None:
    a, b, top = ("float32" if d == "bfloat16" else d for d in dtypes)
    x, y = as_floats(r.sample, a), as_floats(c.sample, b)
    if x is None or y is None or x.size != y.size or x.size == 0:
        return None
    z = as_floats(h.sample, top) if h is not None else None
    if z is None or z.size != x.size:
        z, h = None, None
    if r.special != c.special and (h is None or h.special):
        return None
    parts: list[Quad] = [(x, y, z, None)]
    magnitudes = np.frombuffer(r.magnitudes, np.float64)
    for name in ("sums", "weighted"):
        theirs, ours = (np.frombuffer(getattr(part, name), np.float64) for part in (r, c))
        high = np.frombuffer(getattr(h, name), np.float64) if h is not None else None
        if len(theirs) == len(ours) == len(magnitudes):
            parts.append((theirs, ours, high, magnitudes))
    return parts


def same_integers(r: Node, c: Node) -> bool:
    """Whether two summaries of integers, of whichever widths, stand for the same values."""
    summaries = isinstance(r.data, Large) and isinstance(c.data, Large)
    if not (summaries and r.data.weighted and c.data.weighted):
        return False
    theirs, ours = (np.frombuffer(n.data.sample, str(dict(n.meta)["dtype"])) for n in (r, c))
    sums = (r.data.sums, r.data.weighted) == (c.data.sums, c.data.weighted)
    return sums and np.array_equal(theirs, ours)


def index(node: Node, flat: int, part: int) -> str:
    """What to write behind a path for an element of a part."""
    meta = dict(node.meta)
    shape = meta.get("shape", ())
    is_complex = str(meta.get("dtype", node.type)).startswith("complex")
    if part:
        block = block_of(int(np.prod(shape)) * (1 + is_complex)) // (1 + is_complex)
        weighted = " by place" if part > 1 else ""
        return f" (sum{weighted} of elements {flat * block} to {(flat + 1) * block - 1})"
    if isinstance(node.data, Large):
        return f" (element {flat} of the sample)"
    if is_complex:
        flat //= 2
    if not shape:
        return ""
    return "[" + ", ".join(str(int(i)) for i in np.unravel_index(flat, shape)) + "]"
