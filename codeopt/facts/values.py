"""What is known of a value: its kind, element type and shape, and how two of them combine.

Element types are NumPy's names. `float` is some inexact type, not known which; `python-int` and
`python-float` are plain numbers, which take the type of the array they meet.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

_EXACT = {"float16": 2, "float32": 4, "float64": 8}
_FLOATS = frozenset({*_EXACT, "float"})
_WEAK = ("python-int", "python-float")
# What an integer or bool of so many bytes needs of a float to be held.
_WHOLE = {"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8}
_SPELLED = {
    "float": "float64", "double": "float64", "float_": "float64", "d": "float64", "f8": "float64",
    "single": "float32", "f": "float32", "f4": "float32", "half": "float16", "f2": "float16",
    "int": "int64", "int_": "int64", "i8": "int64", "i4": "int32", "u1": "uint8", "bool_": "bool",
    "FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16",
}  # fmt: skip

Dim = Hashable
"""The length of an axis: a number, what stands for one that no run of the function changes, or None."""

Shape = tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A kind of value; `rank` counts the axes, `shape` says how long they are where that has a name.

    `solid`: it surely has an axis, however many.
    """

    kind: str = "unknown"
    dtype: str | None = None
    rank: int | None = None
    fresh: bool = False
    shape: Shape | None = None
    solid: bool = False

    @property
    def is_float(self) -> bool:
        """Whether every element is certainly inexact."""
        return self.dtype in _FLOATS

    @property
    def is_block(self) -> bool:
        """Whether this is certainly an array that can be written in place (0-d results cannot)."""
        return self.kind == "ndarray" and (self.solid or (self.rank is not None and self.rank >= 1))

    def holds(self, other: Value) -> bool:
        """Whether memory of this value surely has the type and shape of an operation with `other`."""
        if self.dtype not in _EXACT or other.kind not in ("ndarray", "scalar"):
            return False
        if other.dtype not in _WEAK and promoted(self.dtype, other.dtype) != self.dtype:
            return False
        return other.rank == 0 or _covers(self.shape, other.shape)


UNKNOWN = Value()
NUMBER = Value("scalar", None, 0, fresh=True)
INTEGER = Value("scalar", "python-int", 0, fresh=True)


def array(dtype: str | None, shape: Shape | None = None, rank: int | None = None, **more: bool) -> Value:
    """A new NumPy array; the rank follows from a shape."""
    return Value("ndarray", dtype, len(shape) if shape is not None else rank, True, shape, **more)


def spelled(name: str) -> str:
    """The usual name of an element type, `float64` for `double`, `d` or Python's `float`."""
    return _SPELLED.get(name.lstrip("<="), name.lstrip("<="))


def promoted(one: str | None, other: str | None) -> str | None:
    """The element type of an operation between two values of these types; None if not known."""
    for a, b in ((one, other), (other, one)):
        if a in _WEAK:
            if b in _WEAK:
                return "python-float" if "python-float" in (a, b) else "python-int"
            whole = a == "python-int" and b in _WHOLE and b != "bool"
            return b if b in _FLOATS or whole else "float64" if b in _WHOLE and a == "python-float" else None
    if one is None or other is None or one == other:
        return one if one == other else None
    for a, b in ((one, other), (other, one)):
        if a in _EXACT and b in _EXACT:
            return max(a, b, key=_EXACT.__getitem__)
        if a in _EXACT and b in _WHOLE:
            needed = 8 if _WHOLE[b] >= 4 else 4 if _WHOLE[b] == 2 else 2
            return a if _EXACT[a] >= needed else {4: "float32", 8: "float64"}[needed]
        if a == "float" and (b in _FLOATS or b in _WHOLE):
            return "float"
        if a == "bool" and b in _WHOLE:
            return b
    signed = all(t in _WHOLE and t.startswith("int") for t in (one, other))
    return max(one, other, key=_WHOLE.__getitem__) if signed else None


def broadcast(values: Iterable[Value]) -> tuple[Shape | None, int | None]:
    """Shape and rank of an operation on several values, as far as they are known."""
    given = [v for v in values if v.rank != 0]
    ranks = [v.rank for v in given]
    if not given:
        return (), 0
    rank = None if None in ranks else max(r for r in ranks if r is not None)
    shapes = {v.shape for v in given}
    if len(shapes) == 1:
        return shapes.pop(), rank
    for value in given:
        if all(_covers(value.shape, v.shape) for v in given):
            return value.shape, rank
    return None, rank


def _covers(whole: Shape | None, part: Shape | None) -> bool:
    """Whether broadcasting with `part` surely leaves a shape as it is."""
    if whole is None or part is None or len(part) > len(whole):
        return False
    pairs = zip(reversed(whole), reversed(part), strict=False)
    return all(b == 1 or (b is not None and a == b) for a, b in pairs)
