"""Expressions that treat every row of their arrays by itself, and how much of a row they keep."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns
from codeopt.facts.index import DefNode
from codeopt.facts.row_spread import Spread
from codeopt.facts.rows import Region, Size, bound

if TYPE_CHECKING:
    from codeopt.facts import Facts
    from codeopt.facts.summaries import Callee


def _numpy(names: str) -> frozenset[str]:
    return frozenset(f"numpy.{name}" for name in names.split())


_ALIKE = (
    library.NUMPY_OUT
    | _numpy("where isnan isfinite isinf logical_and logical_or logical_not greater less equal not_equal")
    | _numpy("greater_equal less_equal around round nan_to_num logaddexp")
    | {f"scipy.special.{n}" for n in ("expit", "logit", "log_expit", "xlogy", "erf", "gammaln")}
)
_SETTINGS = ("a_min", "a_max", "nan", "posinf", "neginf", "decimals", "dtype", "min", "max")
_ALONG = _numpy("sort cumsum cumprod argsort partition argpartition diff") | {"scipy.special.softmax"}
_TRANSFORMS = _numpy("fft.rfft fft.fft fft.ifft fft.irfft")
_PAIRS = frozenset(
    f"sklearn.metrics.pairwise.{n}" for n in ("euclidean_distances", "cosine_similarity", "rbf_kernel")
) | {"scipy.spatial.distance.cdist", "sklearn.metrics.pairwise_distances", "numpy.dot"}
_JOINS = _numpy("hstack column_stack concatenate")
_LIBRARIES = ("numpy.", "scipy.", "sklearn.", "torch.", "pandas.", "builtins.", "math.")
_MAKERS = _numpy("zeros ones empty full")
REDUCERS = library.words(
    "sum mean std var min max prod argmax argmin any all median amax amin nansum nanmean nanmax nanmin "
    "ptp count_nonzero nanstd nanvar"
)
_SPREADS = library.words("std var median nanstd nanvar")
_OTHERREDUCERS = {
    "numpy.linalg.norm": ("x", "ord", "axis"),
    "scipy.special.logsumexp": ("x", "axis"),
    "numpy.percentile": ("x", "q", "axis"),
    "numpy.quantile": ("x", "q", "axis"),
}
_TOTALS = ("sum", "mean", "max", "min")
_METHODS = library.words("astype clip copy round conj")
_NO_NUMBERS = (ast.Tuple, ast.Slice, ast.Compare, ast.UnaryOp)  # the last two are masks
_SIZES = library.words("shape dtype size ndim")
_AXES = (-1, 1, 2, 3)


class Rowwise:
    """Sizes of the expressions of one function.

    `spread` takes bare names that meet rows to have such rows too; they become inputs.
    """

    def __init__(self, facts: Facts, function: DefNode, *, spread: bool = False, depth: int = 0) -> None:
        self._facts = facts
        self.spread = Spread(facts, function, _ALIKE) if spread else None
        self._depth = depth

    def step(self, stmt: ast.stmt, region: Region) -> bool:
        """Note in a region what a statement binds; False, and nothing noted, if it is not row-wise."""
        match stmt:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                return self._bind(target, value, region)
            case ast.AugAssign(target=ast.Name(id=target), value=value) if target in region.sizes:
                size = self._alike([stmt.target, value], region)
                return size is not None and size <= region.sizes[target]
            case ast.Expr(value=ast.Call(args=args, keywords=[ast.keyword("out", ast.Name(id=out))]) as call):
                known = out in region.sizes and self._facts.names.dotted(call.func) in _ALIKE
                return known and self._alike(args, region) is not None
            case ast.Delete(targets=targets):
                return all(isinstance(t, ast.Name) and t.id in region.sizes for t in targets)
        return False

    def _bind(self, target: str, value: ast.expr, region: Region) -> bool:
        if target in region.totals or (isinstance(value, ast.Name) and value.id not in region.sizes):
            return False
        size = self.size(value, region)
        if size is None or (size is Size.SHARED and (target in region.sizes or target in region.inputs)):
            return False
        if size is Size.SHARED:
            region.shared.add(target)
        elif target in region.shared:
            return False
        else:
            region.sizes[target] = size
        return True

    def total(self, node: ast.AST, region: Region) -> str | None:
        """How the rows of a big value made here are put together by `node`, such as "sum"."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            left = node.left
            if not isinstance(left, ast.Attribute) or left.attr != "T":
                return None
            sizes = (self.size(left.value, region), self.size(node.right, region))
            plain = all(self._is_input(n, region) for n in (left.value, node.right))
            return None if plain or not all(sizes) else "sum"
        found = patterns.reduction(self._facts, node, *_TOTALS)
        if found is None or not set(found[1]) <= {"axis", "keepdims"} or self._is_input(found[0], region):
            return None
        # All axes at once may be the only one: blocks of single numbers would bring nothing.
        size = self.size(found[0], region) if patterns.number(found[1].get("axis")) == 0 else None
        if size is None or size < Size.PRODUCT:
            return None
        return node.func.attr  # type: ignore[attr-defined, no-any-return]

    def _is_input(self, node: ast.AST, region: Region) -> bool:
        return isinstance(node, ast.Name) and node.id in region.inputs and node.id not in region.sizes

    def size(self, node: ast.AST, region: Region) -> Size | None:
        """What an expression is where `region.inputs` and names made so far have rows; None if unknown."""
        match node:
            case ast.Constant():
                return Size.SHARED
            case ast.Name(id=name):
                if name in region.totals:
                    return None
                return region.sizes.get(name, region.inputs.get(name, Size.SHARED))
            case ast.Attribute():
                return self._attribute(node, region)
            case ast.Subscript():
                return self._subscript(node, region)
            case ast.BinOp(op=ast.MatMult()):
                return self._product(node, node.left, node.right, region)
            case ast.BinOp():
                return self._made(node, self._alike([node.left, node.right], region), region)
            case ast.UnaryOp():
                return self._made(node, self._alike([node.operand], region), region)
            case ast.Compare():
                if any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):
                    return None
                return self._made(node, self._alike([node.left, *node.comparators], region), region)
            case ast.Call():
                return self._call(node, region)
        return Size.SHARED if isinstance(node, ast.expr) and not self.reads(node, region) else None

    @staticmethod
    def _made(node: ast.AST, size: Size | None, region: Region) -> Size | None:
        if size is not None and size >= Size.PRODUCT:
            region.made[node] = size
        return size

    def reads(self, node: ast.AST, region: Region) -> bool:
        """Whether an expression reads rows."""
        names = (n for n in self._facts.under(node) if isinstance(n, ast.Name))
        return any(
            n.id in region.sizes
            or n.id in region.totals
            or (n.id in region.inputs and (not self.measured(n) or self.counts_block(n)))
            for n in names
        )

    def measured(self, name: ast.Name) -> bool:
        """Whether only the size of an array is asked for."""
        parent = self._facts.parent(name)
        return (isinstance(parent, ast.Attribute) and parent.attr in _SIZES) or (
            isinstance(parent, ast.Call) and patterns.is_call(self._facts, parent, "builtins.len")
        )

    def counts_block(self, name: ast.Name) -> bool:
        """Whether the length of an array is that of another with the same rows: blocks have their own."""
        count = self._facts.parent(name)
        if isinstance(count, ast.Attribute) and count.attr == "shape":
            count = self._facts.parent(count)
            if not isinstance(count, ast.Subscript) or patterns.number(count.slice) != 0:
                return False
        elif not (isinstance(count, ast.Call) and self._facts.names.dotted(count.func) == "builtins.len"):
            return False
        around = self._facts.parent(count)
        if isinstance(around, ast.Tuple) and around.elts[0] is count:
            count, around = around, self._facts.parent(around)
        dotted = self._facts.names.dotted(around.func) if isinstance(around, ast.Call) else None
        if dotted == "numpy.arange":
            index = self._facts.parent(around)  # type: ignore[arg-type]
            return around.args == [count] and isinstance(index, ast.Tuple)  # type: ignore[union-attr]
        return dotted in _MAKERS and around.args[0] is count  # type: ignore[union-attr]

    def _attribute(self, node: ast.Attribute, region: Region) -> Size | None:
        if self._is_input(node.value, region) and node.attr in _SIZES:
            return Size.SHARED
        if node.attr in ("real", "imag"):
            return self.size(node.value, region)
        return None if self.reads(node, region) else Size.SHARED

    def _subscript(self, node: ast.Subscript, region: Region) -> Size | None:
        if not self.reads(node, region):
            return Size.SHARED
        base, index = self.size(node.value, region), node.slice
        if base is None:
            return None
        first = index.elts[0] if isinstance(index, ast.Tuple) and index.elts else index
        if base is not Size.SHARED:
            if isinstance(index, ast.Tuple) and self._numbers_rows(first, region):
                known = [self.size(e, region) for e in index.elts[1:]]
                return None if None in known else Size.REDUCED
            full = isinstance(first, ast.Slice) and not (first.lower or first.upper or first.step)
            dots = isinstance(first, ast.Constant) and first.value is Ellipsis
            return base if (full or dots) and not self.reads(index, region) else None
        taken = None if isinstance(index, _NO_NUMBERS) else self.size(index, region)
        if taken in (None, Size.SHARED):
            return taken
        return self._made(node, Size.FULL, region)  # rows gathered by index

    def _numbers_rows(self, node: ast.expr, region: Region) -> bool:
        if not patterns.is_call(self._facts, node, "numpy.arange"):
            return False
        names = [n for n in self._facts.under(node) if isinstance(n, ast.Name) and self._has(n, region)]
        return len(names) == 1 and self.counts_block(names[0])

    @staticmethod
    def _has(name: ast.Name, region: Region) -> bool:
        return name.id in region.sizes or name.id in region.inputs

    def _product(self, node: ast.expr, left: ast.expr, right: ast.expr, region: Region) -> Size | None:
        first, second = self.size(left, region), self.size(right, region)
        if first is None or second is not Size.SHARED:
            return None
        if first is Size.SHARED:
            return Size.SHARED
        region.products = True
        vector = self._facts.arrays.value(right, self._facts.statement(right)).rank == 1
        return Size.REDUCED if vector else self._made(node, Size.PRODUCT, region)

    def _alike(self, operands: list[ast.expr], region: Region) -> Size | None:
        sizes = [self.size(operand, region) for operand in operands]
        known = [s for s in sizes if s is not None]
        if len(known) < len(sizes):
            return None
        most = max(known, default=Size.SHARED)
        if most is Size.SHARED:
            return most
        for operand, size in zip(operands, known, strict=True):
            if self.spread is not None and size is Size.SHARED:
                self.spread.take(operand, most, region)
        # One number a row beside an axis of its own: a table of pairs.
        if most is Size.REDUCED and len(operands) > 1 and any(_widened(operand) for operand in operands):
            return Size.PRODUCT
        return most

    def _call(self, call: ast.Call, region: Region) -> Size | None:
        if not self.reads(call, region):
            return Size.SHARED
        dotted = self._facts.names.dotted(call.func)
        reduced = self._reduced(call, dotted)
        if reduced is not None:
            return self._reduction(call, *reduced, region)
        if dotted is None:
            found = patterns.method(call, "dot", *_METHODS)
            return self._method(*found, region) if found is not None else self._helper(call, region)
        if dotted == "builtins.len":
            return Size.SHARED if all(self._is_input(a, region) for a in call.args) else None
        if dotted in _ALIKE:
            return self._ufunc(call, region)
        if dotted in _ALONG | _TRANSFORMS:
            return self._along(call, dotted, region)
        if dotted in _PAIRS:
            return self._pairs(call, region)
        if dotted in _JOINS:
            return self._join(call, dotted, region)
        if dotted in _MAKERS:
            return self._maker(call, region)
        return None if dotted.startswith(_LIBRARIES) else self._helper(call, region)

    def _reduced(self, call: ast.Call, dotted: str | None) -> tuple[ast.expr, dict[str, ast.expr]] | None:
        if dotted in _OTHERREDUCERS:
            given = patterns.arguments(call, *_OTHERREDUCERS[dotted]) or {}
            array = given.pop("x", None)
            return None if array is None else (array, given)
        odd = dotted is None and any(patterns.number(argument) is None for argument in call.args)
        return None if odd else patterns.reduction(self._facts, call, *REDUCERS)

    def _reduction(
        self, call: ast.Call, array: ast.expr, given: dict[str, ast.expr], region: Region
    ) -> Size | None:
        axis, size = given.get("axis"), self.size(array, region)
        if self._is_input(array, region) and (axis is None or patterns.number(axis) == 0):
            if _ends(call) in _SPREADS:
                region.made[call] = Size.FULL  # of its own, inside
            return Size.SHARED  # of the whole array, before any block
        if size in (None, Size.SHARED) or axis is None or patterns.number(axis) not in _AXES:
            return None
        if _ends(call) in _SPREADS or self._facts.names.dotted(call.func) in _OTHERREDUCERS:
            region.made[call] = Size.FULL
        return Size.REDUCED if patterns.number(axis) in (-1, 1) else Size.PRODUCT

    def _method(self, array: ast.expr, call: ast.Call, region: Region) -> Size | None:
        if call.func.attr == "dot":  # type: ignore[attr-defined]
            return self._product(call, array, call.args[0], region) if len(call.args) == 1 else None
        if any(self.reads(a, region) for a in (*call.args, *call.keywords)):
            return None
        return self._made(call, self._alike([array], region), region)

    def _ufunc(self, call: ast.Call, region: Region) -> Size | None:
        if any(k.arg not in _SETTINGS or self.reads(k.value, region) for k in call.keywords):
            return None
        if _ends(call) == "where" and len(call.args) != 3:
            return None
        return self._made(call, self._alike(call.args, region), region)

    def _pairs(self, call: ast.Call, region: Region) -> Size | None:
        if len(call.args) != 2 or any(self.reads(k, region) for k in call.keywords):
            return None
        return self._product(call, call.args[0], call.args[1], region)

    def _join(self, call: ast.Call, dotted: str, region: Region) -> Size | None:
        axis = next((k.value for k in call.keywords if k.arg == "axis"), None)
        sideways = patterns.number(axis) in (-1, 1) if dotted.endswith(".concatenate") else not call.keywords
        if not sideways or len(call.args) != 1 or not isinstance(call.args[0], (ast.List, ast.Tuple)):
            return None
        sizes = [self.size(e, region) for e in call.args[0].elts]
        if None in sizes or Size.SHARED in sizes or Size.FULL not in sizes:
            return None
        return self._made(call, Size.FULL, region)

    def _maker(self, call: ast.Call, region: Region) -> Size | None:
        names = [n for n in self._facts.under(call) if isinstance(n, ast.Name) and self._has(n, region)]
        if not names or not all(self.counts_block(n) for n in names):
            return None
        wide = isinstance(call.args[0], ast.Tuple) and len(call.args[0].elts) > 1
        return Size.PRODUCT if wide else Size.REDUCED

    def _along(self, call: ast.Call, dotted: str, region: Region) -> Size | None:
        size = self.size(call.args[0], region) if call.args else None
        given = {k.arg: k.value for k in call.keywords}
        axis = given.get("axis", ast.Constant(-1 if dotted in _TRANSFORMS else None))
        others = [*call.args[1:], *given.values()]
        if size in (None, Size.SHARED) or patterns.number(axis) not in _AXES:
            return None
        if any(self.reads(other, region) for other in others):
            return None
        region.products = region.products or dotted in _TRANSFORMS
        return self._made(call, Size.FULL, region)

    def _helper(self, call: ast.Call, region: Region) -> Size | None:
        """What a function of the project returns that does nothing but row-wise steps."""
        callee = self._facts.summaries.named(call.func)
        if callee is None or callee.bound or self._depth > 2:
            return None
        arguments = callee.function.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        given = None if arguments.vararg or arguments.kwarg else patterns.arguments(call, *names)
        if given is None:
            return None
        inner = Region({})
        for name, value in given.items():
            size = self.size(value, region)
            if size is None:
                return None
            if size is not Size.SHARED:
                inner.sizes[name] = size
        return self._returned(call, callee, inner, region)

    def _returned(self, call: ast.Call, callee: Callee, inner: Region, outer: Region) -> Size | None:
        function = callee.function
        body = function.body[1:] if ast.get_docstring(function, clean=False) else function.body
        own, parameters = (
            Rowwise(callee.facts, function, spread=False, depth=self._depth + 1),
            set(inner.sizes),
        )
        for stmt in body[:-1]:
            written = stmt.target if isinstance(stmt, ast.AugAssign) else None
            if isinstance(written, ast.Name) and written.id in parameters:
                return None  # its argument
            if not own.step(stmt, inner):
                return None
            parameters.discard(bound(stmt) or "")
        last = body[-1] if body else None
        size = own.size(last.value, inner) if isinstance(last, ast.Return) and last.value else None
        outer.products = outer.products or inner.products
        if size and inner.made:
            outer.made[call] = max(inner.made.values())
        return None if size is Size.SHARED else size


def _widened(node: ast.expr) -> bool:
    """Whether an operand is given an axis of its own behind its rows, as in `x[:, None]`."""
    elements = (
        node.slice.elts if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) else []
    )
    return any(
        (isinstance(e, ast.Constant) and e.value is None)
        or (isinstance(e, ast.Attribute) and e.attr == "newaxis")
        for e in elements[1:]
    )


def _ends(call: ast.Call) -> str:
    """The last part of a called name."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
