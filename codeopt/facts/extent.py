"""How many dimensions of an array are given by name, and not by numbers one can read.

`zeros((3, 6))` has none and `linspace(0, 1, n)` one: what stands in the text bounds the first, and
a vector is seldom what fills a memory. Anything whose making is not in sight is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from codeopt.facts import few, library
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_DEEP = 8
_MANY = 1 << 16
"""A dimension of so many elements counts though it is a number."""
_USUAL = 64
"""A parameter that is no more if nobody says is the size of a table, not of the data."""

_RANGES = library.words("arange range randperm permutation")
_SPACED = library.words("linspace logspace geomspace")
_SQUARES = library.words("eye identity")
_SHAPED = library.words("zeros ones empty full")
_VARARGS = library.words("rand randn")
_SIZED = library.words(
    "random random_sample standard_normal normal uniform exponential integers randint choice"
)
_LIKE = library.words("zeros_like ones_like empty_like full_like rand_like randn_like")
_SAME = library.words(
    "astype copy clone float double half int long bool to cpu numpy contiguous abs exp log sqrt"
)
_NUMBERS = library.REDUCTIONS | library.words("item numel dim amax amin argmax argmin norm")


class Extents:
    """Counts the named dimensions of expressions in one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def is_slight(self, expr: ast.expr, at: ast.stmt) -> bool:
        """Whether an expression surely is a vector at most, or of a size that the text bounds."""
        named = self.named(expr, at)
        return named is not None and named <= 1

    def tells_of_few(self, call: ast.expr) -> bool:
        """Whether what a new array is made from has names such as layers or heads, of which there are few."""
        args = call.args if isinstance(call, ast.Call) else []
        return any(few.tell(ast.walk(arg), few.LENGTHS) for arg in args)

    def named(self, expr: ast.expr, at: ast.stmt, depth: int = 0) -> int | None:
        """The dimensions whose length has a name; None where the shape is not in sight."""
        if depth > _DEEP:
            return None
        match expr:
            case ast.Constant():
                return 0
            case ast.Name():
                return self._name(expr, at, depth)
            case ast.UnaryOp():
                return self.named(expr.operand, at, depth + 1)
            case ast.BinOp(op=ast.MatMult()):
                return None
            case ast.BinOp():
                return self._most((expr.left, expr.right), at, depth)
            case ast.Compare(comparators=[other]):
                return self._most((expr.left, other), at, depth)
            case ast.Attribute(attr="T"):
                return self.named(expr.value, at, depth + 1)
            case ast.Subscript(value=ast.Attribute(attr="shape")):
                return 0
            case ast.Subscript(value=whole, slice=ast.Slice()):
                return self.named(whole, at, depth + 1)
            case ast.Call():
                return self._call(expr, at, depth)
        return 0 if self._facts.arrays.value(expr, at).kind == "scalar" else None

    def _most(self, parts: Iterable[ast.expr], at: ast.stmt, depth: int) -> int | None:
        found = [self.named(part, at, depth + 1) for part in parts]
        # A vector meets another along the same axis or makes a table with it: that is not in sight.
        if None in found or sum(1 for n in found if n) > 1:
            return None
        return max((n for n in found if n is not None), default=None)

    def _name(self, name: ast.Name, at: ast.stmt, depth: int) -> int | None:
        if self._facts.arrays.value(name, at).kind == "scalar":
            return 0
        function = self._facts.names.home(name)
        if not isinstance(function, DEFS) or self._facts.function(at) is not function:
            return None
        flow = self._facts.flow(function)
        # What is added in place has no more axes than what it is added to.
        made = [d for d in flow.definitions(name.id, at) if not isinstance(d, ast.AugAssign)]
        if name.id in flow.captured or not made:
            return None
        found = [self._bound(node, depth) for node in made]
        return None if None in found else max(n for n in found if n is not None)

    def _bound(self, node: ast.AST, depth: int) -> int | None:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            return self.named(node.value, node, depth + 1)
        return None

    def _call(self, call: ast.Call, at: ast.stmt, depth: int) -> int | None:
        dotted = self._facts.names.dotted(call.func) or ""
        package, _, name = dotted.rpartition(".")
        keywords = {k.arg: k.value for k in call.keywords}
        if dotted == "numpy.array" and (shape := self._facts.arrays.value(call, at).shape):
            return sum(not isinstance(n, int) or n >= _MANY for n in shape)
        if package in ("numpy", "torch", "numpy.random"):
            if name in _NUMBERS and len(call.args) == 1 and not keywords:
                return 0
            if dotted in library.NUMPY_OUT or (package == "torch" and name in _SAME):
                return self._most(call.args, at, depth)
            return self._made(name, call, keywords, at, depth, varargs=package == "torch")
        if isinstance(call.func, ast.Attribute):
            method, owner = call.func.attr, call.func.value
            if method in _NUMBERS and not call.args and not keywords:
                return 0
            if method in _SAME:
                return self.named(owner, at, depth + 1)
            if method in _SIZED and "size" in keywords:
                return self._dimensions([keywords["size"]])
        return 0 if self._facts.arrays.value(call, at).kind == "scalar" else None

    def _made(
        self,
        name: str,
        call: ast.Call,
        keywords: dict[str | None, ast.expr],
        at: ast.stmt,
        depth: int,
        *,
        varargs: bool,
    ) -> int | None:
        if name in _RANGES:
            return min(1, sum(map(self._is_named, (*call.args, *keywords.values()))))
        if name in _SPACED:
            length = call.args[2] if len(call.args) > 2 else keywords.get("num", keywords.get("steps"))
            return 0 if length is None else int(self._is_named(length))
        if name in _SQUARES:
            return 2 * any(map(self._is_named, call.args))
        if name in _LIKE and call.args:
            return self.named(call.args[0], at, depth + 1)
        if name in _SIZED:
            return self._dimensions([keywords["size"]]) if "size" in keywords else None
        if name == "tensor" and varargs and call.args:
            return _written(call.args[0])
        if name in _VARARGS or (name in _SHAPED and varargs and name != "full"):
            return 1 if len(call.args) == 1 and _is_plain(call.args[0]) else self._dimensions(call.args)
        return self._dimensions(call.args[:1]) if name in _SHAPED else None

    def _dimensions(self, shape: Sequence[ast.expr]) -> int | None:
        """The named ones among the dimensions of a shape; a single name may stand for any number."""
        if len(shape) == 1 and isinstance(shape[0], (ast.Tuple, ast.List)):
            shape = shape[0].elts
        elif len(shape) == 1 and not self._is_one_length(shape[0]):
            return None
        if any(isinstance(part, ast.Starred) for part in shape):
            return None
        return sum(map(self._is_named, shape))

    def _is_one_length(self, expr: ast.expr) -> bool:
        plain = isinstance(expr, (ast.Constant, ast.BinOp)) or _is_length(expr)
        return plain or self._behind(expr) is not None

    def _is_named(self, expr: ast.expr) -> bool:
        """Whether a length is no number that the text says, or a large one, and tells of no handful."""
        if isinstance(expr, ast.UnaryOp):
            return self._is_named(expr.operand)
        if few.tell(ast.walk(expr), few.AXES):
            return False
        behind = self._behind(expr) or expr
        return not isinstance(behind, ast.Constant) or (
            isinstance(behind.value, int) and behind.value >= _MANY
        )

    def _behind(self, name: ast.expr) -> ast.expr | None:
        """The number behind a name that nothing else binds: assigned, or a parameter's usual, small one."""
        home = self._facts.names.home(name) if isinstance(name, ast.Name) else None
        if not isinstance(name, ast.Name) or not isinstance(home, (*DEFS, ast.Module)):
            return None
        made = self._facts.names.bindings(name.id, home)
        value = self._given(made[0]) if len(made) == 1 else None
        return value if isinstance(value, ast.Constant) and type(value.value) is int else None

    def _given(self, node: ast.AST) -> ast.expr | None:
        """What one binding gives a name, or what a parameter is where a call does not say it."""
        parent = self._facts.parent(node)
        match parent:
            case ast.Assign() | ast.AnnAssign():
                return parent.value
            case ast.Tuple():
                whole = self._facts.parent(parent)
                value = whole.value if isinstance(whole, ast.Assign) else None
                values = value.elts if isinstance(value, ast.Tuple) else []
                return next((v for t, v in zip(parent.elts, values, strict=False) if t is node), None)
            case ast.arguments():
                usual = _default(parent, node)
                number = usual.value if isinstance(usual, ast.Constant) else None
                return usual if isinstance(number, int) and number <= _USUAL else None
        return None


def _written(given: ast.expr) -> int | None:
    """A tensor of what is written out, or of numbers gathered one by one."""
    if isinstance(given, ast.ListComp) and not isinstance(given.elt, (ast.List, ast.ListComp, ast.Tuple)):
        return 1
    inside = [n for n in ast.walk(given) if isinstance(n, (ast.Call, ast.Starred, ast.comprehension))]
    return 0 if isinstance(given, (ast.List, ast.Tuple, ast.Constant)) and not inside else None


def _default(arguments: ast.arguments, arg: ast.AST) -> ast.expr | None:
    """What a parameter is where a call does not say it."""
    plain = [*arguments.posonlyargs, *arguments.args][::-1]
    pairs = [*zip(plain, arguments.defaults[::-1], strict=False)]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return next((value for known, value in (*pairs, *named) if known is arg), None)


def _is_length(expr: ast.expr) -> bool:
    """`len(x)`, `x.shape[0]`, `x.size(0)`, `n_items`, `x["length"]`: a number and no shape."""
    if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Constant):
        key = expr.slice.value
        if isinstance(key, str):
            return few.is_count(key)
    name = str(getattr(expr, "attr", getattr(expr, "id", "")))
    if name.startswith(("n_", "num_")):
        return True
    if isinstance(expr, ast.Call):
        func = expr.func
        return (isinstance(func, ast.Name) and func.id in ("len", "int")) or (
            isinstance(func, ast.Attribute) and func.attr in ("size", "numel", "sum") and bool(expr.args)
        )
    return (
        isinstance(expr, ast.Subscript)
        and isinstance(expr.value, ast.Attribute)
        and expr.value.attr == "shape"
    )


def _is_plain(expr: ast.expr) -> bool:
    """A name that stands where lengths do, and does not call itself a shape."""
    name = expr.attr if isinstance(expr, ast.Attribute) else getattr(expr, "id", "")
    return (
        bool(name) and not name.lower().endswith(("shape", "dims")) and name.lower() not in ("size", "sizes")
    )
