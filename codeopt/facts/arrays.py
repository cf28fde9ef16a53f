"""What kind of value an expression has, as far as one function's straight code tells."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_DEEP = 12
_RANDOM_METHODS = frozenset({"random", "standard_normal", "normal", "uniform", "exponential"})
_ANNOTATED = {
    "numpy.ndarray": "ndarray", "numpy.typing.NDArray": "ndarray", "torch.Tensor": "tensor",
    "torch.FloatTensor": "tensor", "pandas.DataFrame": "frame", "pandas.Series": "series",
    "scipy.sparse.spmatrix": "sparse", "scipy.sparse.csr_matrix": "sparse", "torch.nn.Module": "module",
    "builtins.float": "scalar", "builtins.int": "scalar", "builtins.bool": "scalar",
    "builtins.str": "scalar", "builtins.list": "list",
}  # fmt: skip
_MADE = {
    "pandas.DataFrame": "frame", "pandas.read_csv": "frame", "pandas.concat": "frame",
    "pandas.Series": "series", "scipy.sparse.csr_matrix": "sparse",
}  # fmt: skip
_NUMBERS = frozenset(f"builtins.{name}" for name in library.words("len int float round abs str bool id hash"))
_NUMBER_METHODS = frozenset({"item", "numel", "dim", "__len__"})
_FLOATS = frozenset({"float16", "float32", "float64", "float"})


@dataclass(frozen=True, slots=True)
class Value:
    """A kind of value; `dtype` `float` means some inexact dtype, not known which."""

    kind: str = "unknown"
    dtype: str | None = None
    rank: int | None = None
    fresh: bool = False

    @property
    def is_float(self) -> bool:
        """Whether every element is certainly inexact."""
        return self.dtype in _FLOATS

    @property
    def is_block(self) -> bool:
        """Whether this is certainly an array that can be written in place (0-d results cannot)."""
        return self.kind == "ndarray" and self.rank is not None and self.rank >= 1


UNKNOWN = Value()


class Arrays:
    """Kinds, dtypes and ranks of the expressions of one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[tuple[ast.AST, str], Value] = {}
        self._open: dict[tuple[ast.AST, str], int] = {}
        self._lowest = 0

    def value(self, expr: ast.expr, at: ast.stmt, depth: int = 0) -> Value:
        """What is known of an expression evaluated in statement `at`."""
        if depth > _DEEP:
            self._lowest = -1
            return UNKNOWN
        match expr:
            case ast.Constant():
                return _constant(expr.value)
            case ast.Name():
                return self._name(expr, at, depth)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return replace(self.value(expr.operand, at, depth + 1), fresh=True)
            case ast.BinOp():
                return self._operation(expr, at, depth)
            case ast.Compare():
                left = self.value(expr.left, at, depth + 1)
                return Value(left.kind, "bool", left.rank, fresh=True)
            case ast.Call():
                return self._call(expr, at, depth)
            case ast.List() | ast.ListComp():
                return Value("list", fresh=True)
            case ast.Attribute() if expr.attr == "T":
                return replace(self.value(expr.value, at, depth + 1), fresh=False)
            case ast.Attribute(attr="size" | "ndim" | "nbytes"):
                return Value("scalar", None, 0, fresh=True)
            case ast.Subscript(value=ast.Attribute(attr="shape")):
                return Value("scalar", None, 0, fresh=True)
        return UNKNOWN

    def _name(self, name: ast.Name, at: ast.stmt, depth: int) -> Value:
        function = self._facts.names.home(name)
        if not isinstance(function, DEFS):
            return UNKNOWN
        flow = self._facts.flow(function)
        if name.id in flow.captured or self._facts.function(at) is not function:
            return UNKNOWN
        found = {self._bound(d, name.id, depth) for d in flow.definitions(name.id, at)}
        return found.pop() if len(found) == 1 else UNKNOWN

    def _bound(self, node: ast.AST, name: str, depth: int) -> Value:
        """What one binding gives a name, worked out once; one that a loop feeds from itself is unknown.

        What was found while such a loop was still open is not kept: seen from elsewhere, it may differ.
        """
        key = (node, name)
        if key in self._known:
            return self._known[key]
        if key in self._open:
            self._lowest = min(self._lowest, self._open[key])
            return UNKNOWN
        place, outer = len(self._open), self._lowest
        self._open[key] = self._lowest = place
        value = self._definition(node, name, depth)
        del self._open[key]
        if self._lowest >= place:
            self._known[key] = value
        self._lowest = min(self._lowest, outer)
        return value

    def _definition(self, node: ast.AST, name: str, depth: int) -> Value:
        if isinstance(node, ast.arg):
            return self._annotation(node.annotation)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and len(node.targets) == 1:
            return replace(self.value(node.value, node, depth + 1), fresh=False)
        if isinstance(node, ast.AugAssign):
            target = ast.Name(name, ast.Load())
            result = ast.BinOp(target, node.op, node.value)
            return replace(self.value(result, node, depth + 4), fresh=False)
        return UNKNOWN

    def _annotation(self, annotation: ast.expr | None) -> Value:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return UNKNOWN
        node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        dotted = self._facts.names.dotted(node) if node is not None else None
        if dotted is not None and dotted.startswith("jaxtyping.") and isinstance(annotation, ast.Subscript):
            first = annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
            dtype = "float" if dotted == "jaxtyping.Float" else None
            return replace(self._annotation(first), dtype=dtype)
        return Value(_ANNOTATED.get(dotted or "", "unknown"))

    def _operation(self, expr: ast.BinOp, at: ast.stmt, depth: int) -> Value:
        left, right = self.value(expr.left, at, depth + 1), self.value(expr.right, at, depth + 1)
        if "list" in (left.kind, right.kind) and isinstance(expr.op, (ast.Add, ast.Mult)):
            return Value("list", fresh=True)
        kinds = {left.kind, right.kind} - {"scalar"}
        if isinstance(expr.op, ast.MatMult):
            return Value(kinds.pop() if len(kinds) == 1 else "unknown", _wider(left, right), fresh=True)
        kind = "scalar" if not kinds else kinds.pop() if len(kinds) == 1 else "unknown"
        known = left.rank is not None and right.rank is not None
        rank = max(left.rank or 0, right.rank or 0) if known else None
        dtype = _wider(left, right)
        if isinstance(expr.op, ast.Div) and dtype is not None and dtype not in _FLOATS:
            dtype = "float"
        return Value(kind, dtype, rank, fresh=True)

    def _call(self, call: ast.Call, at: ast.stmt, depth: int) -> Value:
        dotted = self._facts.names.dotted(call.func)
        keywords = {k.arg: k.value for k in call.keywords}
        if dotted is None or dotted in ("builtins.getattr",):
            return self._method(call, at, depth, keywords)
        first = call.args[0] if call.args and not isinstance(call.args[0], ast.Starred) else None
        if dotted in _NUMBERS:
            return Value("scalar", None, 0, fresh=True)
        if dotted in _MADE:
            return Value(_MADE[dotted], fresh=True)
        if dotted in library.NUMPY_OUT and first is not None:
            return self._ufunc(dotted, first, at, depth, keywords)
        if self._is_whole_reduction(dotted, call, keywords):
            return Value("scalar", None, 0, fresh=True)
        if dotted in library.NUMPY_MAKERS:
            dtype = self._dtype(keywords.get("dtype"))
            if dtype is None and "dtype" not in keywords and len(call.args) < 2:
                dtype = "float64" if dotted in library.NUMPY_FLOAT_MAKERS else None
            rank = _shape_rank(first) if dotted in library.NUMPY_FLOAT_MAKERS else None
            if dotted in ("numpy.linspace", "numpy.logspace", "numpy.arange"):
                rank = 1
                dtype = "float64" if "dtype" not in keywords and not dotted.endswith("arange") else dtype
            if dotted in ("numpy.random.rand", "numpy.random.randn"):
                rank, dtype = len(call.args), "float64"
            return Value("ndarray", dtype, rank, fresh="out" not in keywords)
        if dotted in library.TORCH_MAKERS:
            return Value("tensor", fresh="out" not in keywords)
        return self._project_call(call)

    def _project_call(self, call: ast.Call) -> Value:
        kind = self._facts.inferred.kind(call, near=True)
        if kind == "number":
            return Value("scalar", None, 0, fresh=True)
        return Value(
            {"tensor": "tensor", "detached": "tensor", "ndarray": "ndarray"}.get(kind or "", "unknown")
        )

    def _ufunc(
        self, dotted: str, first: ast.expr, at: ast.stmt, depth: int, keywords: dict[str | None, ast.expr]
    ) -> Value:
        given = self.value(first, at, depth + 1)
        kind = "ndarray" if given.kind in ("ndarray", "list") else given.kind
        dtype = self._dtype(keywords.get("dtype"))
        if dtype is None and dotted in library.NUMPY_FLOAT_UFUNCS:
            dtype = given.dtype if given.is_float else "float"
        elif dtype is None and given.is_float and dotted in library.NUMPY_SAME_UFUNCS:
            dtype = given.dtype
        return Value(kind, dtype, given.rank, fresh=not {"out", "where", None} & set(keywords))

    def _method(
        self, call: ast.Call, at: ast.stmt, depth: int, keywords: dict[str | None, ast.expr]
    ) -> Value:
        if not isinstance(call.func, ast.Attribute):
            return self._project_call(call)
        name, owner = call.func.attr, self.value(call.func.value, at, depth + 1)
        fresh = is_fresh_method(call)
        if name in _NUMBER_METHODS:
            return Value("scalar", None, 0, fresh=True)
        if name == "astype":
            dtype = self._dtype(call.args[0] if call.args else keywords.get("dtype"))
            return Value(owner.kind, dtype, owner.rank, fresh)
        if name in ("copy", "clone", "clip", "round"):
            return replace(owner, fresh=fresh)
        if name in library.REDUCTIONS:
            whole = not call.args and "axis" not in keywords and "dim" not in keywords
            keep = owner.is_float and "dtype" not in keywords
            return Value("scalar" if whole and owner.kind == "ndarray" else owner.kind,
                         owner.dtype if keep else None, 0 if whole else None, fresh)  # fmt: skip
        if name in _RANDOM_METHODS and self._is_generator(call.func.value, at):
            size = keywords.get("size") or (call.args[-1] if call.args else None)
            dtype = self._dtype(keywords["dtype"]) if "dtype" in keywords else "float64"
            return Value("ndarray", dtype, _shape_rank(size), fresh=True)
        return Value(fresh=fresh)

    @staticmethod
    def _is_whole_reduction(dotted: str, call: ast.Call, keywords: dict[str | None, ast.expr]) -> bool:
        names = (*library.REDUCTIONS, "amax", "amin", "argmax", "argmin", "count_nonzero", "linalg.norm")
        reduces = dotted.startswith("numpy.") and dotted.removeprefix("numpy.") in names
        return reduces and len(call.args) == 1 and not keywords.keys() & {"axis", "keepdims", "out", None}

    def _is_generator(self, expr: ast.expr, at: ast.stmt) -> bool:
        if isinstance(expr, ast.Name) and isinstance(function := self._facts.names.home(expr), DEFS):
            if self._facts.function(at) is not function:
                return False
            found = self._facts.flow(function).definitions(expr.id, at)
            values = [d.value for d in found if isinstance(d, ast.Assign)]
            return bool(values) and len(values) == len(found) and all(self._makes_rng(v) for v in values)
        return self._makes_rng(expr)

    def _makes_rng(self, expr: ast.expr) -> bool:
        return (
            isinstance(expr, ast.Call) and self._facts.names.dotted(expr.func) == "numpy.random.default_rng"
        )

    def _dtype(self, expr: ast.expr | None) -> str | None:
        if expr is None:
            return None
        if isinstance(expr, ast.Constant) and isinstance(expr.value, str):
            return expr.value
        dotted = self._facts.names.dotted(expr) or ""
        return {"builtins.float": "float64"}.get(dotted) or (
            dotted.rpartition(".")[2] if dotted.startswith(("numpy.", "torch.")) else None
        )


def is_fresh_method(call: ast.Call) -> bool:
    """Whether a method call by its name alone returns new memory, or nothing shared."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in library.FRESH_METHODS:
        return False
    if isinstance(call.func.value, ast.Name) and call.func.value.id in ("self", "cls"):
        return False  # a layer called `self.norm` or `self.relu` may return what it was given
    keywords = {k.arg for k in call.keywords}
    return not keywords & {"out", "copy", None}


def _constant(value: object) -> Value:
    if isinstance(value, bool) or value is None or isinstance(value, str | bytes):
        return Value("scalar", None, 0, fresh=True)
    if isinstance(value, int):
        return Value("scalar", "python-int", 0, fresh=True)
    if isinstance(value, float):
        return Value("scalar", "python-float", 0, fresh=True)
    return Value("scalar", None, 0, fresh=True)


def _wider(left: Value, right: Value) -> str | None:
    """The dtype of an operation; Python numbers take the dtype of the array they meet."""
    weak = ("python-int", "python-float")
    if left.dtype in weak and right.dtype in weak:
        return "python-float" if "python-float" in (left.dtype, right.dtype) else "python-int"
    for one, other in ((left, right), (right, left)):
        if one.dtype in weak:
            return other.dtype if other.is_float else None
    if left.dtype is not None and left.dtype == right.dtype:
        return left.dtype
    return "float" if left.is_float and right.is_float else None


def _shape_rank(shape: ast.expr | None) -> int | None:
    if isinstance(shape, (ast.Tuple, ast.List)) and not any(isinstance(e, ast.Starred) for e in shape.elts):
        return len(shape.elts)
    return 1 if isinstance(shape, ast.Constant) and isinstance(shape.value, int) else None
