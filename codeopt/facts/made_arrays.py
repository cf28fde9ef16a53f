"""What calls of NumPy functions give: element type, shape and whether it is an array at all.

Where a function hands its work to a method of what it is given (`np.sum` of a frame is a series),
the result is an array only if the argument is one.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.values import NUMBER, UNKNOWN, Dim, Shape, Value, array, broadcast, promoted, spelled

if TYPE_CHECKING:
    from codeopt.facts import Facts

_CONSTANTS = frozenset(f"numpy.{n}" for n in ("inf", "nan", "pi", "e")) | {"math.inf", "math.nan", "math.pi"}
_FREE_OF_DTYPE = library.words("zeros ones empty")
_LIKE = library.words("zeros_like ones_like empty_like full_like")
_REDUCING = library.words("sum mean std var max min amax amin prod median")
_AVERAGING = library.words("mean std var median")
_COUNTING = library.words("argmax argmin argsort")
_RUNNING = library.words("cumsum cumprod")
_KEEPING = library.words("copy sort round around")
_HANDING_ON = library.words(
    "repeat diff isnan isfinite isinf greater less equal logical_and logical_or logical_not"
)
_JOINING = library.words("concatenate stack vstack hstack column_stack dstack")
# The place of `size` among the arguments, and how many numbers stand before it.
_DRAWS = {
    "uniform": 2, "normal": 2, "standard_normal": 0, "random": 0, "random_sample": 0, "exponential": 1,
}  # fmt: skip


def element_type(facts: Facts, expr: ast.expr | None) -> str | None:
    """The element type that a `dtype` argument names."""
    if isinstance(expr, ast.Constant) and isinstance(expr.value, str):
        return spelled(expr.value)
    library_name, _, name = (
        (facts.names.dotted(expr) or "").rpartition(".") if expr is not None else ("",) * 3
    )
    return spelled(name) if library_name in ("numpy", "torch", "builtins") and name else None


@dataclass(frozen=True, slots=True)
class Made:
    """One call of a NumPy function, with a way to ask for the values of its arguments."""

    facts: Facts
    name: str
    call: ast.Call
    ask: Callable[[ast.expr], Value]
    length: Callable[[ast.expr], Dim]

    @property
    def words(self) -> dict[str | None, ast.expr]:
        """The keyword arguments."""
        return {k.arg: k.value for k in self.call.keywords}

    def value(self) -> Value:
        """What the call gives; unknown where an argument may be spread over several."""
        call, words = self.call, self.words
        if None in words or any(isinstance(a, ast.Starred) for a in call.args):
            return Value("ndarray", fresh="out" not in words)
        found = replace(self._value(call.args, words), fresh="out" not in words)
        if "dtype" in words:
            found = replace(found, dtype=element_type(self.facts, words["dtype"]))
        return found

    def _value(self, args: Sequence[ast.expr], words: dict[str | None, ast.expr]) -> Value:
        name = self.name
        if name in _FREE_OF_DTYPE or name == "full":
            return self._filled(args, words)
        if name in ("eye", "identity", "arange", "linspace", "logspace"):
            return self._ranged(args, words)
        if name.startswith("random."):
            return self._drawn(name.removeprefix("random."), args, words)
        if not args:
            return Value("ndarray")
        if name in _JOINING:
            return self._joined(args[0], words)
        if name in ("dot", "matmul") and len(args) == 2:
            return product(self.ask(args[0]), self.ask(args[1]))
        if name == "outer" and len(args) == 2:
            sides = self.ask(args[0]), self.ask(args[1])
            arrays = all(v.kind == "ndarray" for v in sides)
            return array(promoted(sides[0].dtype, sides[1].dtype) if arrays else None, rank=2)
        if name == "array":
            return self._literal(args[0], words)
        return self._of_one(self.ask(args[0]), args, words)

    def _of_one(self, given: Value, args: Sequence[ast.expr], words: dict[str | None, ast.expr]) -> Value:
        name, known = self.name, given.kind == "ndarray"
        if name in _LIKE:
            # A subclass or another library's array keeps its kind; only of an array more is known.
            return replace(given, fresh=True) if known and "shape" not in words else Value("ndarray")
        if name in _REDUCING | _COUNTING | _RUNNING:
            axis = words.get("axis") or (args[1] if len(args) > 1 else None)
            plain = len(args) <= 2 and not set(words) - {"axis", "keepdims", "dtype"}
            return along(given, name, axis, words.get("keepdims")) if plain else Value(given.kind)
        if name in _KEEPING:
            return replace(given, fresh=True) if known else Value(given.kind)
        if name in ("linalg.inv", "linalg.pinv", "linalg.solve"):
            known = known and given.dtype in ("float32", "float64") and name == "linalg.inv"
            return replace(given, fresh=True) if known else Value("ndarray")
        if name in _HANDING_ON:
            kinds = {given.kind, *(self.ask(a).kind for a in args[1:])}
            return Value("ndarray" if kinds <= {"ndarray", "list", "scalar"} else "unknown")
        return Value("ndarray")

    def _filled(self, args: Sequence[ast.expr], words: dict[str | None, ast.expr]) -> Value:
        place = 2 if self.name == "full" else 1
        dtype = element_type(self.facts, args[place]) if len(args) > place else "float64"
        if self.name == "full" and len(args) <= place:
            fill = args[1] if len(args) > 1 else words.get("fill_value")
            dtype = self._filling(fill) if fill is not None else None
        size = args[0] if args else words.get("shape")
        return self._sized(dtype, size)

    def _filling(self, fill: ast.expr) -> str | None:
        inner = fill.operand if isinstance(fill, ast.UnaryOp) else fill
        if self.facts.names.dotted(inner) in _CONSTANTS:
            return "float64"
        return {"python-float": "float64", "python-int": "int64"}.get(self.ask(fill).dtype or "")

    def _sized(self, dtype: str | None, size: ast.expr | None) -> Value:
        """A new array of a shape that is written out, or given by one number."""
        if isinstance(size, (ast.Tuple, ast.List)):
            if any(isinstance(e, ast.Starred) for e in size.elts):
                return Value("ndarray", dtype)
            return array(dtype, tuple(self.length(e) for e in size.elts))
        if size is not None and self.ask(size).kind == "scalar":
            return array(dtype, (self.length(size),))
        return Value("ndarray", dtype)

    def _ranged(self, args: Sequence[ast.expr], words: dict[str | None, ast.expr]) -> Value:
        if self.name in ("eye", "identity"):
            dims = [self.length(a) for a in args[:2]]
            plain = len(args) in (1, 2) and not words
            return array("float64", (dims[0], dims[-1]) if plain else None, 2)
        given = [self.ask(a) for a in args]
        if self.name == "arange":
            kinds = {v.dtype for v in given}
            weak = kinds <= {"python-int", "python-float"}
            dtype = "int64" if kinds == {"python-int"} else "float64" if weak else None
            return array(dtype, rank=1)
        numbers = len(given) >= 2 and all(v.kind == "scalar" for v in given[:2])
        plain = all(v.dtype in ("python-int", "python-float") for v in given[:2])
        dtype = "float64" if numbers and plain else "float"
        if numbers and (len(args) > 2 or "num" in words):
            count = args[2] if len(args) > 2 else words["num"]
            return array(dtype, (self.length(count),))
        if not numbers and self.facts.names.spell("torch") is not None:
            return UNKNOWN  # between tensors it is a tensor
        return array(dtype, rank=1 if numbers else None, solid=True)

    def _drawn(self, name: str, args: Sequence[ast.expr], words: dict[str | None, ast.expr]) -> Value:
        if name in ("rand", "randn"):
            shape = tuple(self.length(a) for a in args)
            return array("float64", shape) if args else replace(NUMBER, dtype="python-float")
        if name not in _DRAWS:
            return Value("ndarray")
        size = words.get("size") or (args[_DRAWS[name]] if len(args) > _DRAWS[name] else None)
        if size is not None:
            return self._sized("float64", size)
        given = [self.ask(a) for a in (*args, *words.values())]
        return replace(NUMBER, dtype="python-float") if all(v.rank == 0 for v in given) else UNKNOWN

    def _joined(self, parts: ast.expr, words: dict[str | None, ast.expr]) -> Value:
        """Arrays in one list; what they are joined to has an axis more, or as many."""
        if not isinstance(parts, (ast.List, ast.Tuple)) or not parts.elts:
            return Value("ndarray", solid=True)
        given = [self.ask(e) for e in parts.elts if not isinstance(e, ast.Starred)]
        if len(given) < len(parts.elts) or any(v.kind != "ndarray" for v in given):
            return Value("ndarray", solid=True)
        dtype = given[0].dtype
        for value in given[1:]:
            dtype = promoted(dtype, value.dtype)
        ranks = {v.rank for v in given}
        rank = ranks.pop() if len(ranks) == 1 else None
        rank = {"concatenate": rank, "stack": None if rank is None else rank + 1}.get(self.name)
        return array(dtype, rank=rank, solid=True)

    def _literal(self, given: ast.expr, words: dict[str | None, ast.expr]) -> Value:
        """`np.array` of an array, or of numbers that are written out."""
        if set(words) - {"dtype", "copy"}:
            return Value("ndarray")
        shape, dtypes = _written(given, self.ask)
        if shape:
            dtype = "float64" if "python-float" in dtypes else "int64" if dtypes == {"python-int"} else None
            return array(dtype if dtypes <= {"python-int", "python-float"} else None, shape)
        value = self.ask(given)
        return replace(value, fresh="copy" not in words) if value.kind == "ndarray" else Value("ndarray")


def _written(node: ast.expr, ask: Callable[[ast.expr], Value]) -> tuple[Shape | None, set[str | None]]:
    """The shape of nested lists of numbers; None if they are not all of one shape."""
    if not isinstance(node, (ast.List, ast.Tuple)):
        value = ask(node)
        return ((), {value.dtype}) if value.rank == 0 else (None, set())
    inner = [_written(e, ask) for e in node.elts]
    shapes = {shape for shape, _ in inner}
    if len(shapes) != 1 or None in shapes:
        return None, set()
    shape = shapes.pop()
    return None if shape is None else (len(inner), *shape), set().union(*(kinds for _, kinds in inner))


def product(left: Value, right: Value) -> Value:
    """A matrix product."""
    if left.kind != "ndarray" or right.kind != "ndarray":
        kinds = {left.kind, right.kind} - {"scalar"}
        return Value(kinds.pop() if len(kinds) == 1 else "unknown", fresh=True)
    dtype, ranks = promoted(left.dtype, right.dtype), (left.rank, right.rank)
    if ranks == (2, 2):
        shape = (left.shape[0], right.shape[1]) if left.shape and right.shape else None
        return array(dtype, shape, 2)
    if ranks in ((1, 2), (2, 1)):
        return array(dtype, rank=1)
    if ranks == (1, 1):
        return Value("scalar", dtype, 0, fresh=True)
    return Value("ndarray", dtype, fresh=True)


def along(given: Value, name: str, axis: ast.expr | None, keep: ast.expr | None) -> Value:
    """A reduction, a running total or positions along an axis of what is given."""
    dtype = given.dtype if given.is_float else None
    if name in _AVERAGING and given.dtype in ("int64", "int32", "bool"):
        dtype = "float64"
    dtype = "int64" if name in _COUNTING else dtype
    none = axis is None or (isinstance(axis, ast.Constant) and axis.value is None)
    kept = isinstance(keep, ast.Constant) and keep.value is True
    kind = "ndarray" if given.kind in ("ndarray", "list") else given.kind
    if name in _RUNNING or name == "argsort":
        whole = none and name in _RUNNING
        if kind != "ndarray":
            return Value(kind, dtype, fresh=True)
        return array(dtype, rank=1) if whole else array(dtype, given.shape, given.rank)
    if none and keep is None:
        number = kind in ("ndarray", "unknown", "scalar")
        return Value("scalar" if number else kind, dtype, 0, fresh=True)
    place = axis.value if isinstance(axis, ast.Constant) and type(axis.value) is int else None
    if isinstance(axis, ast.UnaryOp) and isinstance(axis.operand, ast.Constant) and given.rank is not None:
        back = axis.operand.value
        place = given.rank - back if isinstance(axis.op, ast.USub) and type(back) is int else None
    if kind != "ndarray" or place is None or (keep is not None and not kept):
        return Value(kind, dtype, fresh=True)
    if given.rank is None or not 0 <= place < given.rank:
        return Value(kind, dtype, fresh=True)
    left = 0 if not kept and given.rank == 1 else given.rank - (not kept)
    if left == 0:
        return Value("scalar", dtype, 0, fresh=True)
    shape = given.shape
    if shape is not None:
        shape = (*shape[:place], *((1,) if kept else ()), *shape[place + 1 :])
    return array(dtype, shape, left)


def elementwise(values: Sequence[Value], *, inexact: bool) -> Value:
    """What a function of every element gives; `inexact`: a float whatever it is given."""
    kinds = {v.kind for v in values} - {"scalar"}
    kind = "scalar" if not kinds else kinds.pop() if len(kinds) == 1 else "unknown"
    dtype = values[0].dtype
    for value in values[1:]:
        dtype = promoted(dtype, value.dtype)
    if inexact and not (dtype or "").startswith("float"):
        dtype = {"python-float": "float64", "python-int": "float64", "int64": "float64"}.get(
            dtype or "", "float"
        )
    elif dtype in ("python-int", "python-float"):
        dtype = None
    shape, rank = broadcast(values)
    return Value("ndarray" if kind == "list" else kind, dtype, None if kind == "list" else rank, True,
                 None if kind == "list" else shape)  # fmt: skip
