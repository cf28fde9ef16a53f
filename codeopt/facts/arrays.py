"""What kind of value an expression has, as far as one function's straight code tells."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.annotations import annotated
from codeopt.facts.index import DEFS
from codeopt.facts.made_arrays import Made, along, element_type, elementwise, product
from codeopt.facts.values import INTEGER, NUMBER, UNKNOWN, Dim, Value, array, broadcast, promoted

if TYPE_CHECKING:
    from codeopt.facts import Facts

__all__ = ["UNKNOWN", "Arrays", "Value", "is_fresh_method"]

_DEEP = 12
RANDOM_METHODS = library.words("random standard_normal normal uniform exponential")
_MADE = {
    "pandas.DataFrame": "frame", "pandas.read_csv": "frame", "pandas.concat": "frame",
    "pandas.Series": "series", "scipy.sparse.csr_matrix": "sparse",
}  # fmt: skip
_WHOLE_NUMBERS = frozenset({"builtins.len", "builtins.int", "builtins.hash", "builtins.id"})
_NUMBERS = _WHOLE_NUMBERS | {f"builtins.{name}" for name in library.words("float round abs str bool")}
_NUMBER_METHODS = frozenset({"item", "numel", "dim", "__len__"})
# Of integers these make integers; others that keep floats may turn integers into floats.
_OF_INTEGERS = library.words("negative absolute abs square sign conjugate positive maximum minimum clip "
                             "add subtract multiply")  # fmt: skip
_RUNNING = library.words("cumsum cumprod argsort argmax argmin")


class Arrays:
    """Kinds, dtypes and shapes of the expressions of one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[tuple[ast.AST, str], Value] = {}
        self._open: dict[tuple[ast.AST, str], int] = {}
        self._passing: dict[tuple[ast.AST, str], Value] = {}
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
                sides = [self.value(e, at, depth + 1) for e in (expr.left, *expr.comparators)]
                shape, rank = broadcast(sides)
                return Value(sides[0].kind, "bool", rank, True, shape)
            case ast.Call():
                return self._call(expr, at, depth)
            case ast.List() | ast.ListComp():
                return Value("list", fresh=True)
            case ast.Attribute() if expr.attr == "T":
                value = self.value(expr.value, at, depth + 1)
                return replace(value, fresh=False, shape=value.shape[::-1] if value.shape else None)
            case ast.Attribute(attr="ndim") | ast.Subscript(value=ast.Attribute(attr="shape")):
                return NUMBER if _is_slice(expr) else INTEGER
            case ast.Attribute(attr="size" | "nbytes"):
                return NUMBER
            case ast.Subscript():
                return self._part(expr, at, depth)
        return UNKNOWN

    def length(self, expr: ast.expr, at: ast.stmt) -> Dim:
        """What stands for a number that is the same however often a run of the function comes here.

        Sums and products of numbers and of local names with one binding that runs once.
        """
        if isinstance(expr, ast.Constant):
            return expr.value if type(expr.value) is int else None
        function = self._facts.function(at)
        named: list[tuple[str, ast.AST]] = []
        for node in ast.walk(expr):
            if isinstance(node, ast.Name):
                only = self._only_binding(node, at, function)
                if only is None:
                    return None
                named.append((node.id, only))
            elif not isinstance(node, (ast.Constant, ast.BinOp, ast.operator, ast.expr_context)):
                return None
        return (ast.dump(expr), tuple(named))

    def _only_binding(self, name: ast.Name, at: ast.stmt, function: ast.AST) -> ast.AST | None:
        if not isinstance(function, DEFS) or self._facts.names.home(name) is not function:
            return None
        flow = self._facts.flow(function)
        found = flow.definitions(name.id, at)
        only = next(iter(found), None)
        if len(found) != 1 or name.id in flow.captured or flow.opaque:
            return None
        once = isinstance(only, ast.arg) or (
            isinstance(only, ast.Assign) and not self._facts.loops.around(only)
        )
        return only if once else None

    def _name(self, name: ast.Name, at: ast.stmt, depth: int) -> Value:
        function = self._facts.names.home(name)
        if not isinstance(function, DEFS):
            return UNKNOWN
        flow = self._facts.flow(function)
        if name.id in flow.captured or self._facts.function(at) is not function:
            return UNKNOWN
        found = {self._bound(d, name.id, depth) for d in flow.definitions(name.id, at)}
        return found.pop() if len(found) == 1 else _common(found)

    def _bound(self, node: ast.AST, name: str, depth: int) -> Value:
        """What one binding gives a name, worked out once; one that a loop feeds from itself is unknown.

        What was found while such a loop was still open is not kept for other questions: seen from
        elsewhere, it may differ. For this one it is, or names that a loop hands on would take forever.
        """
        key = (node, name)
        if key in self._known:
            return self._known[key]
        if key in self._passing:
            self._lowest = min(self._lowest, 0)
            return self._passing[key]
        if key in self._open:
            self._lowest = min(self._lowest, self._open[key])
            return UNKNOWN
        place, outer = len(self._open), self._lowest
        self._open[key] = self._lowest = place
        value = self._definition(node, name, depth)
        del self._open[key]
        if self._lowest >= place:
            self._known[key] = value
        elif self._open:
            self._passing[key] = value
        if not self._open:
            self._passing.clear()
        self._lowest = min(self._lowest, outer)
        return value

    def _definition(self, node: ast.AST, name: str, depth: int) -> Value:
        match node:
            case ast.arg():
                return annotated(self._facts, node.annotation) if self._is_plain(node) else UNKNOWN
            case ast.Assign(targets=[ast.Name()]):
                return replace(self.value(node.value, node, depth + 1), fresh=False)
            case ast.Assign(targets=[ast.Tuple()], value=ast.Attribute(attr="shape")):
                return replace(INTEGER, fresh=False)
            case ast.For(target=ast.Name(), iter=ast.Call() as made):
                counts = self._facts.names.dotted(made.func) == "builtins.range"
                return replace(INTEGER, fresh=False) if counts else UNKNOWN
            case ast.AugAssign():
                before = self.value(node.target, node, depth + 1)
                if before.is_block:
                    return replace(before, fresh=False)  # it is written in place and keeps its type
                result = ast.BinOp(node.target, node.op, node.value)
                return replace(self.value(result, node, depth + 4), fresh=False)
        return UNKNOWN

    def _is_plain(self, arg: ast.arg) -> bool:
        """Not `*args` or `**kwargs`, whose annotation is that of their items."""
        around = self._facts.parent(arg)
        return isinstance(around, ast.arguments) and arg not in (around.vararg, around.kwarg)

    def _operation(self, expr: ast.BinOp, at: ast.stmt, depth: int) -> Value:
        left, right = self.value(expr.left, at, depth + 1), self.value(expr.right, at, depth + 1)
        if "list" in (left.kind, right.kind) and isinstance(expr.op, (ast.Add, ast.Mult)):
            return Value("list", fresh=True)
        if isinstance(expr.op, ast.MatMult):
            return product(left, right)
        kinds = {left.kind, right.kind} - {"scalar"}
        kind = "scalar" if not kinds else kinds.pop() if len(kinds) == 1 else "unknown"
        dtype = promoted(left.dtype, right.dtype)
        if isinstance(expr.op, ast.Div) and dtype is not None and not dtype.startswith("float"):
            numbers = dtype in ("python-int", "python-float")
            dtype = "python-float" if numbers else "float64" if dtype in ("int64", "int32") else "float"
        elif isinstance(expr.op, ast.Pow) and dtype == "python-int":
            dtype = None
        shape, rank = broadcast((left, right))
        return Value(kind, dtype, rank, True, shape, solid=left.is_block or right.is_block)

    def _part(self, expr: ast.Subscript, at: ast.stmt, depth: int) -> Value:
        """A part of an array: a number of axes less, and the same element type."""
        owner = self.value(expr.value, at, depth + 1)
        if owner.kind != "ndarray":
            return UNKNOWN
        items = expr.slice.elts if isinstance(expr.slice, ast.Tuple) else [expr.slice]
        taken = added = 0
        for item in items:
            if isinstance(item, ast.Constant) and item.value is None:
                added += 1
            elif isinstance(item, ast.Slice) or (isinstance(item, ast.Constant) and item.value is ...):
                continue
            elif isinstance(item, ast.Constant) and type(item.value) is not int:
                return Value("unknown", owner.dtype)
            elif self.value(item, at, depth + 1).kind == "scalar":
                taken += 1
            else:
                return Value("unknown", owner.dtype)
        if owner.rank is None or owner.rank < taken:
            return Value("unknown", owner.dtype)
        rank = owner.rank - taken + added
        return Value("ndarray" if rank else "scalar", owner.dtype, rank)

    def _call(self, call: ast.Call, at: ast.stmt, depth: int) -> Value:
        dotted = self._facts.names.dotted(call.func)
        keywords = {k.arg: k.value for k in call.keywords}
        if dotted is None or dotted in ("builtins.getattr",):
            return self._method(call, at, depth, keywords)
        if dotted in _NUMBERS:
            # `int` and `float` of anything, but `abs` and `round` of an array are arrays.
            return self._number(dotted, call, at, depth)
        if dotted in _MADE:
            return Value(_MADE[dotted], fresh=True)
        if dotted in library.NUMPY_OUT and call.args:
            return self._ufunc(dotted, call, at, depth, keywords)
        if self._is_whole_reduction(dotted, call, keywords):
            return NUMBER
        if dotted in library.NUMPY_MAKERS:
            made = Made(
                self._facts, dotted.removeprefix("numpy."), call,
                lambda e: self.value(e, at, depth + 1), lambda e: self.length(e, at),
            )  # fmt: skip
            return made.value()
        if dotted in library.TORCH_MAKERS:
            return Value("tensor", fresh="out" not in keywords)
        return self._facts.summaries.value(call)

    def _number(self, dotted: str, call: ast.Call, at: ast.stmt, depth: int) -> Value:
        if dotted in _WHOLE_NUMBERS:
            return INTEGER
        if dotted in ("builtins.abs", "builtins.round") and call.args:
            given = self.value(call.args[0], at, depth + 1)
            return NUMBER if given.kind == "scalar" else replace(given, fresh=True)
        return replace(NUMBER, dtype="python-float") if dotted == "builtins.float" else NUMBER

    def _ufunc(
        self, dotted: str, call: ast.Call, at: ast.stmt, depth: int, keywords: dict[str | None, ast.expr]
    ) -> Value:
        given = [self.value(a, at, depth + 1) for a in call.args]
        found = elementwise(given, inexact=dotted in library.NUMPY_FLOAT_UFUNCS)
        if not found.is_float and dotted.rpartition(".")[2] not in _OF_INTEGERS:
            found = replace(found, dtype="float" if found.dtype and dotted.endswith("e_divide") else None)
        if "dtype" in keywords:
            found = replace(found, dtype=element_type(self._facts, keywords["dtype"]))
        return replace(found, fresh=not {"out", "where", None} & set(keywords))

    def _method(
        self, call: ast.Call, at: ast.stmt, depth: int, keywords: dict[str | None, ast.expr]
    ) -> Value:
        if not isinstance(call.func, ast.Attribute):
            return self._facts.summaries.value(call)
        name, owner = call.func.attr, self.value(call.func.value, at, depth + 1)
        fresh = is_fresh_method(call)
        if name in _NUMBER_METHODS:
            return NUMBER
        if name == "astype":
            dtype = element_type(self._facts, call.args[0] if call.args else keywords.get("dtype"))
            return replace(owner, dtype=dtype, fresh=fresh)
        if name in ("copy", "clone", "round"):
            return replace(owner, fresh=fresh)
        if name == "clip":
            return Value(owner.kind, owner.dtype if owner.is_float else None, owner.rank, fresh)
        if name in library.REDUCTIONS | _RUNNING:
            return self._reduced(name, call, owner, fresh, keywords)
        if name == "dot" and len(call.args) == 1:
            return product(owner, self.value(call.args[0], at, depth + 1))
        if name in ("ravel", "flatten") and owner.kind == "ndarray":
            return array(owner.dtype, rank=1) if fresh else replace(array(owner.dtype, rank=1), fresh=False)
        if name in RANDOM_METHODS and self._is_generator(call.func.value, at):
            size = keywords.get("size") or (call.args[-1] if call.args else None)
            dtype = element_type(self._facts, keywords["dtype"]) if "dtype" in keywords else "float64"
            return self._random(dtype, size, at, depth)
        return Value(fresh=fresh)

    def _random(self, dtype: str | None, size: ast.expr | None, at: ast.stmt, depth: int) -> Value:
        if isinstance(size, ast.Tuple) and not any(isinstance(e, ast.Starred) for e in size.elts):
            return array(dtype, tuple(self.length(e, at) for e in size.elts))
        one = size is not None and self.value(size, at, depth + 1).dtype == "python-int"
        return array(dtype, (self.length(size, at),)) if one and size is not None else Value("ndarray", dtype)

    @staticmethod
    def _reduced(
        name: str, call: ast.Call, owner: Value, fresh: bool, keywords: dict[str | None, ast.expr]
    ) -> Value:
        axis = keywords.get("axis") or keywords.get("dim") or (call.args[0] if call.args else None)
        if len(call.args) > 1 or set(keywords) - {"axis", "keepdims"} or owner.kind != "ndarray":
            whole = axis is None and name in library.REDUCTIONS
            keep = owner.is_float and "dtype" not in keywords
            number = whole and owner.kind == "ndarray"
            return Value("scalar" if number else owner.kind,
                         owner.dtype if keep else None, 0 if whole else None, fresh)  # fmt: skip
        return replace(along(owner, name, axis, keywords.get("keepdims")), fresh=fresh)

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


def is_fresh_method(call: ast.Call) -> bool:
    """Whether a method call by its name alone returns new memory, or nothing shared."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in library.FRESH_METHODS:
        return False
    if isinstance(call.func.value, ast.Name) and call.func.value.id in ("self", "cls"):
        return False  # a layer called `self.norm` or `self.relu` may return what it was given
    keywords = {k.arg for k in call.keywords}
    return not keywords & {"out", "copy", None}


def _common(values: set[Value]) -> Value:
    """What several possible values have in common: an element type, and that all are arrays."""
    kinds, dtypes, ranks = {v.kind for v in values}, {v.dtype for v in values}, {v.rank for v in values}
    if kinds != {"ndarray"}:
        return UNKNOWN
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    return Value("ndarray", dtype, ranks.pop() if len(ranks) == 1 else None,
                 solid=all(v.is_block for v in values))  # fmt: skip


def _is_slice(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Slice)


def _constant(value: object) -> Value:
    if type(value) is int:
        return INTEGER
    if type(value) is float:
        return Value("scalar", "python-float", 0, fresh=True)
    return NUMBER
