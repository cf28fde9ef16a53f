"""How many axes of a length that the text does not bound an array has at least.

One number a sample, a parameter or a group is small beside what it belongs to; a table of two such axes
or more is what fills a memory. What tells of an axis is how an array is made (`einsum("ij,jk->ik")`,
`vstack`, `softmax(x, dim=2)`) and what the function says of a name (`x[:, :n]`, `b, t, c = x.shape`). The
rest counts none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.index import DEFS
from codeopt.facts.thin import is_thin

if TYPE_CHECKING:
    from codeopt.facts import Facts
    from codeopt.facts.index import DefNode

_DEEP = 8
_PACKAGES = ("numpy", "torch", "scipy", "einops")
_SAME = library.words(
    "abs absolute negative square sqrt rsqrt exp expm1 log log2 log10 log1p sin cos tan tanh sigmoid relu "
    "gelu silu elu leaky_relu softplus softmax log_softmax logsigmoid erf sign floor ceil round clamp clip "
    "nan_to_num where maximum minimum pow power add sub subtract mul multiply div divide true_divide dropout "
    "normalize layer_norm masked_fill zeros_like ones_like empty_like full_like rand_like randn_like astype "
    "to type type_as float double half bfloat16 long int bool cpu cuda numpy detach clone copy contiguous "
    "cumsum cumprod flip roll sort argsort isnan isfinite isinf logical_and logical_or logical_not "
    "transpose permute swapaxes moveaxis t unsqueeze expand_dims fft ifft rfft irfft tril triu pad"
)
_ROWS = {
    "mm": 2, "bmm": 3, "linear": 2, "conv1d": 3, "conv2d": 4, "conv3d": 5, "conv_transpose1d": 3,
    "conv_transpose2d": 4, "avg_pool2d": 4, "max_pool2d": 4, "interpolate": 3, "grid_sample": 4,
    "scaled_dot_product_attention": 3, "vstack": 2, "column_stack": 2, "dstack": 2, "cdist": 2, "outer": 2,
    "atleast_2d": 2, "meshgrid": 2, "diag_embed": 2, "block_diag": 2, "inv": 2, "pinv": 2, "cholesky": 2,
}  # fmt: skip
_JOINED = library.words("cat concat concatenate hstack vstack column_stack dstack")
_SUMMED = library.REDUCTIONS | library.words("norm amax amin argmax argmin logsumexp any all")
_ALONG = library.words(
    "softmax log_softmax cumsum cumprod flip roll sort argsort expand_dims unsqueeze squeeze flatten gather"
)
_TAKEN = (_SUMMED | _ALONG | {"gather", "topk", "index_select"}) - library.words("unsqueeze expand_dims")
_BY_PLACE = _ALONG | _JOINED | _SUMMED | {"stack", "gather"}
_PRODUCTS = library.words("mm bmm matmul dot")
_TURNED = library.words("T mT H")
_TURNS = library.words("transpose permute swapaxes t")


class Axes:
    """Counts axes of the expressions of one file from below."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._told: dict[DefNode, dict[str, int]] = {}

    def is_table(self, expr: ast.expr, at: ast.stmt) -> bool:
        """Whether an array surely has two axes or more whose length the text does not bound."""
        return self.least(expr, at) >= 2

    def least(self, expr: ast.expr, at: ast.stmt, depth: int = 0) -> int:
        """The axes that an expression evaluated in statement `at` surely has, those of fixed length aside."""
        if depth > _DEEP:
            return 0
        match expr:
            case ast.Name():
                return self._name(expr, at, depth)
            case ast.UnaryOp():
                return self.least(expr.operand, at, depth + 1)
            case ast.BinOp(op=ast.MatMult()):
                return self._product(expr.left, expr.right, at, depth)
            case ast.BinOp():
                return self._most((expr.left, expr.right), at, depth)
            case ast.Compare():
                return self._most((expr.left, *expr.comparators), at, depth)
            case ast.IfExp():
                return min(self.least(part, at, depth + 1) for part in (expr.body, expr.orelse))
            case ast.Attribute():
                kept = expr.attr in _TURNED or expr.attr in ("real", "imag", "data")
                return self.least(expr.value, at, depth + 1) if kept else 0
            case ast.Subscript():
                return self._part(expr, at, depth)
            case ast.Call():
                return max(self._known(expr, at), self._call(expr, at, depth))
        return 0

    def _known(self, expr: ast.expr, at: ast.stmt) -> int:
        value = self._facts.arrays.value(expr, at)
        if value.kind == "frame":
            return 2
        named = self._facts.extents.named(expr, at)
        if named is not None or value.kind != "ndarray":
            return named or 0
        return sum(not isinstance(n, int) for n in value.shape) if value.shape else value.rank or 0

    def _most(self, parts: Iterable[ast.expr], at: ast.stmt, depth: int) -> int:
        return max((self.least(part, at, depth + 1) for part in parts), default=0)

    def _name(self, name: ast.Name, at: ast.stmt, depth: int) -> int:
        function = self._facts.names.home(name)
        if not isinstance(function, DEFS) or self._facts.function(at) is not function:
            return 0
        flow = self._facts.flow(function)
        named = self._facts.extents.named(name, at)
        if name.id in flow.captured or named is not None:
            return named or 0
        made = [d for d in flow.definitions(name.id, at) if not isinstance(d, ast.AugAssign)]
        counts = [self._bound(d, depth) for d in made]
        found = max(self._of(function).get(name.id, 0), min(counts, default=0))
        rank = self._facts.arrays.value(name, at).rank
        return found if rank is None else min(found, rank)

    def _bound(self, node: ast.AST, depth: int) -> int:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            return self.least(node.value, node, depth + 1)
        return 0

    def _of(self, function: DefNode) -> dict[str, int]:
        """The axes of each name that a function speaks of."""
        if function not in self._told:
            told: dict[str, int] = {}
            for node in self._facts.under(function):
                for name, count in _told_by(node):
                    told[name] = max(told.get(name, 0), count)
            self._told[function] = told
        return self._told[function]

    def _part(self, expr: ast.Subscript, at: ast.stmt, depth: int) -> int:
        items = expr.slice.elts if isinstance(expr.slice, ast.Tuple) else [expr.slice]
        spoken = sum(isinstance(item, ast.Slice) and not _is_fixed(item) for item in items)
        gone = sum(not _is_open(item) for item in items)
        return max(spoken, self.least(expr.value, at, depth + 1) - gone)

    def _product(self, left: ast.expr, right: ast.expr, at: ast.stmt, depth: int, rows: int = 0) -> int:
        """A product of matrices, of `rows` axes for its name; what stands on its side on the right makes a
        table of all pairs, and a column there a column."""
        counts = [rows, *(self.least(side, at, depth + 1) for side in (left, right))]
        short = is_thin(self._facts, left, at, -2) + is_thin(self._facts, right, at, -1)
        if short:
            return max(0, max(counts) - short)
        if _is_turned(right) and not _is_turned(left):
            return max(2, *counts)
        return max(counts) if min(counts[1:]) >= 2 or rows else max(0, max(counts) - 1)

    def _call(self, call: ast.Call, at: ast.stmt, depth: int) -> int:
        dotted = self._facts.names.dotted(call.func) or ""
        package, _, name = dotted.rpartition(".")
        operands = list(call.args)
        if not package.startswith(_PACKAGES):
            if dotted or not isinstance(call.func, ast.Attribute):
                return 0
            name, operands = call.func.attr, [call.func.value, *call.args]
        if not operands:
            return 0
        first, axis = operands[0], _axis(call, operands)
        if name == "einsum":
            return max(map(len, _einsum(call)[-1:]), default=0)
        if name in _PRODUCTS and len(operands) == 2:
            return self._product(first, operands[1], at, depth, _ROWS.get(name, 0))
        if name in _JOINED or name == "stack":
            parts = first.elts if isinstance(first, (ast.List, ast.Tuple)) else []
            parts = [first.elt] if isinstance(first, (ast.ListComp, ast.GeneratorExp)) else parts
            joined = max(self._most(parts, at, depth), _reaches(axis) - (name == "stack"), _ROWS.get(name, 0))
            # Of so many parts as stand there the new axis is short.
            return joined + (name == "stack" and not isinstance(first, (ast.List, ast.Tuple)))
        if name in _SUMMED:
            whole = axis is None
            return 0 if whole else max(0, self.least(first, at, depth + 1) - _how_many(axis))
        if name in ("view", "reshape"):
            return self._shaped(operands, at, depth)
        if name == "flatten" and isinstance(first, ast.expr):
            start = operands[1] if len(operands) > 1 else axis
            return 1 + (start.value if isinstance(start, ast.Constant) and type(start.value) is int else 0)
        if name == "one_hot":
            return self.least(first, at, depth + 1) + 1
        if name in ("rand", "randn", "zeros", "ones", "empty") and package == "torch":
            return sum(not isinstance(a, ast.Constant) for a in call.args) if _has_star(call) else 0
        same = self._most(operands, at, depth) if name in _SAME else 0
        return max(_ROWS.get(name, 0), same, _reaches(axis) if name in _SAME else 0)

    def _shaped(self, operands: list[ast.expr], at: ast.stmt, depth: int) -> int:
        wanted = operands[1:]
        if len(wanted) == 1 and isinstance(wanted[0], (ast.Tuple, ast.List)):
            wanted = wanted[0].elts
        if len(wanted) == 1 and isinstance(wanted[0], ast.Attribute) and wanted[0].attr == "shape":
            return self.least(wanted[0].value, at, depth + 1)
        return sum(not isinstance(n, (ast.Constant, ast.Starred)) for n in wanted) if len(wanted) > 1 else 0


def _told_by(node: ast.AST) -> list[tuple[str, int]]:
    """Names, and the axes that a node says their values have."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple(elts=items)):
            # What numbers choose from is short: `x[:, 0]` speaks of columns that are counted.
            return [
                (
                    name,
                    sum(
                        not (isinstance(item, ast.Constant) or _is_fixed(item) or _is_new(item))
                        for item in items
                    ),
                )
            ]
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape"), slice=axis):
            return [(name, _reaches(axis))]
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=value):
            return [(_shape_of(value), sum(not isinstance(n, ast.Starred) for n in names))]
        case ast.Call(func=ast.Attribute(attr="einsum") | ast.Name(id="einsum"), args=[_, *args]):
            told = zip(args, _einsum(node), strict=False)
            return [(part.id, len(term)) for part, term in told if isinstance(part, ast.Name)]
        case ast.Call(func=ast.Attribute(value=owner, attr=method), args=args):
            operands = [owner, *args]
            if isinstance(owner, ast.Name) and owner.id in ("torch", "np", "F", "numpy"):
                operands = args
            name = operands[0].id if operands and isinstance(operands[0], ast.Name) else ""
            if method in ("permute", "transpose", "swapaxes", "size"):
                reached = max((_reaches(a) for a in args), default=0)
                return [(name, max(reached, len(args) if method == "permute" else 0))]
            return [(name, _reaches(_axis(node, operands)))] if method in _TAKEN else []
    return []


def _shape_of(value: ast.expr) -> str:
    """The name whose `shape` or `size()` an expression is."""
    if isinstance(value, ast.Call) and not value.args and not value.keywords:
        value = value.func
    if isinstance(value, ast.Attribute) and value.attr in ("shape", "size"):
        return value.value.id if isinstance(value.value, ast.Name) else ""
    return ""


def _einsum(call: ast.Call) -> list[list[str]]:
    """The axes of each operand of an `einsum` and of its result, in letters or in words; empty where it does
    not say. Dots stand for one axis at least, or nobody would write them."""
    written = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    operands, arrow, result = written[0].partition("->") if written else ("", "", "")
    return [_letters(term) for term in (*operands.split(","), result)] if arrow else []


def _letters(term: str) -> list[str]:
    words, dots = term.replace("...", " ").split(), ["..."] * ("..." in term)
    named = len(words) > 1 and max(map(len, words)) > 1
    return dots + (words if named else list("".join(words)))


def _axis(call: ast.Call, operands: list[ast.expr]) -> ast.expr | None:
    """What stands for the axis of a call."""
    for keyword in call.keywords:
        if keyword.arg in ("dim", "axis", "start_dim"):
            return keyword.value
    return operands[1] if len(operands) > 1 and _called(call) in _BY_PLACE else None


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _reaches(axis: ast.expr | None) -> int:
    """How many axes there are at least where one of this number is: three for 2 and for -3."""
    if isinstance(axis, ast.UnaryOp) and isinstance(axis.op, ast.USub):
        number = getattr(axis.operand, "value", 0)
        return number if type(number) is int else 0
    number = axis.value if isinstance(axis, ast.Constant) else None
    return number + 1 if type(number) is int else 0


def _how_many(axis: ast.expr | None) -> int:
    return len(axis.elts) if isinstance(axis, (ast.Tuple, ast.List)) else 1


def _is_new(item: ast.expr) -> bool:
    """An axis that a subscript puts in, or the dots for any number of them."""
    if isinstance(item, ast.Attribute):
        return item.attr == "newaxis"
    return isinstance(item, ast.Constant) and (item.value is None or item.value is ...)


def _is_open(item: ast.expr) -> bool:
    return _is_new(item) or (isinstance(item, ast.Slice) and not _is_fixed(item))


def _is_fixed(item: ast.expr) -> bool:
    """Whether numbers bound a slice: `:2`, `1:4`."""
    known = isinstance(item, ast.Slice) and isinstance(item.lower, (ast.Constant, type(None)))
    return known and isinstance(item, ast.Slice) and isinstance(item.upper, ast.Constant)


def _is_turned(expr: ast.expr) -> bool:
    if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Attribute):
        return expr.func.attr in _TURNS
    return isinstance(expr, ast.Attribute) and expr.attr in _TURNED


def _has_star(call: ast.Call) -> bool:
    return any(isinstance(a, ast.Starred) for a in call.args)
