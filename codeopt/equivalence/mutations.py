"""The single wrong changes that `faults` plants, each as a function of one syntax node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Change(NamedTuple):
    """`make` builds what takes the node's place, from a copy of it that it may alter."""

    kind: str
    description: str
    make: Callable[[ast.AST], ast.AST]
    statements: tuple[ast.stmt, ...] = ()
    """What is changed of a node that is more than one statement; empty for the node itself."""


_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_ONE_SIDED = (ast.Sub, ast.Div, ast.MatMult, ast.Pow, ast.FloorDiv)
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_CALLS = {
    "max": "min", "min": "max", "sum": "mean", "mean": "sum", "argmax": "argmin", "argmin": "argmax",
    "exp": "expm1", "log": "log1p", "sqrt": "abs", "zeros": "ones", "ones": "zeros",
    "zeros_like": "ones_like", "std": "var", "var": "std", "sin": "cos", "cos": "sin", "cumsum": "cumprod",
    "any": "all", "all": "any", "relu": "sigmoid", "sort": "argsort",
}  # fmt: skip
COPIES = ("copy", "clone", "deepcopy", "detach", "contiguous")
_DTYPES = {
    "float32": "float64", "float64": "float32", "float16": "float32", "bfloat16": "float32",
    "int64": "int32", "int32": "int64", "bool_": "int64", "double": "float32",
}  # fmt: skip


def changes_of_expression(node: ast.AST) -> Iterator[Change]:
    """Swapped operators and operands, dropped terms, off by one, another dtype."""
    if isinstance(node, ast.BinOp):
        shown = ast.unparse(node)
        if type(node.op) in _OPERATORS:
            yield Change("operator", f"another operator in {shown}", _swap_operator)
        yield Change("dropped term", f"only the left side of {shown}", lambda n: n.left)  # type: ignore[attr-defined]
        if isinstance(node.op, _ONE_SIDED):
            yield Change("operands", f"operands of {shown} swapped", _swap_operands)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        yield Change("comparison", f"another comparison in {ast.unparse(node)}", _swap_comparison)
    elif isinstance(node, ast.Slice):
        yield from _slice_changes(node)
    elif isinstance(node, ast.Attribute) and node.attr in _DTYPES:
        yield Change("dtype", f"{_DTYPES[node.attr]} for {node.attr}", _swap_attribute_dtype)
    elif isinstance(node, ast.Constant) and node.value in _DTYPES and isinstance(node.value, str):
        yield Change("dtype", f"{_DTYPES[node.value]} for {node.value}", _swap_text_dtype)


def _swap_operator(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.BinOp | ast.AugAssign)
    node.op = _OPERATORS[type(node.op)]()
    return node


def _swap_operands(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.BinOp)
    node.left, node.right = node.right, node.left
    return node


def _swap_comparison(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Compare)
    node.ops[0] = _COMPARISONS[type(node.ops[0])]()
    return node


def _swap_attribute_dtype(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Attribute)
    node.attr = _DTYPES[node.attr]
    return node


def _swap_text_dtype(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Constant)
    return ast.Constant(_DTYPES[str(node.value)])


def _plus_one(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return ast.Constant(node.value + 1)
    return ast.BinOp(node, ast.Add(), ast.Constant(1))


def _slice_changes(node: ast.Slice) -> Iterator[Change]:
    shown = ast.unparse(node)

    def lower(n: ast.AST) -> ast.AST:
        assert isinstance(n, ast.Slice)
        n.lower = _plus_one(n.lower) if n.lower is not None else ast.Constant(1)
        return n

    def upper(n: ast.AST) -> ast.AST:
        assert isinstance(n, ast.Slice)
        n.upper = ast.BinOp(n.upper, ast.Sub(), ast.Constant(1)) if n.upper is not None else ast.Constant(-1)
        return n

    yield Change("off by one", f"slice {shown} begins one later", lower)
    if node.upper is not None:
        yield Change("off by one", f"slice {shown} ends one earlier", upper)


def changes_of_call(node: ast.AST) -> Iterator[Change]:
    """A missing copy, a range that is one off, another axis, another function."""
    if not isinstance(node, ast.Call):
        return
    shown = ast.unparse(node.func)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in COPIES and (node.args or isinstance(node.func, ast.Attribute)):
        yield Change("missing copy", f"no {name} in {ast.unparse(node)}", _without_copy)
    if name in ("array", "tensor") and isinstance(node.func, ast.Attribute) and len(node.args) == 1:
        yield Change("missing copy", f"as{name} for {shown}", _without_copy_of_argument)
    if name == "range" and len(node.args) in (1, 2):
        yield Change("off by one", f"one turn fewer of {ast.unparse(node)}", _shorter_range)
    if name in _CALLS:
        yield Change("function", f"{_CALLS[name]} for {shown}", _swap_function)
    for i, keyword in enumerate(node.keywords):
        value = keyword.value
        if keyword.arg in ("axis", "dim") and isinstance(value, ast.Constant | ast.UnaryOp):
            yield Change("axis", f"another axis in {ast.unparse(node)}", _swap_axis(i))
        elif isinstance(value, ast.Constant) and isinstance(value.value, bool):
            yield Change("flag", f"{keyword.arg}={not value.value} in {shown}", _swap_flag(i))


def _without_copy(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    if node.args:
        return node.args[0]
    assert isinstance(node.func, ast.Attribute)
    return node.func.value


def _without_copy_of_argument(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    node.func.attr = "asarray" if node.func.attr == "array" else "as_tensor"
    node.keywords = [k for k in node.keywords if k.arg in ("dtype", "device")]
    return node


def _shorter_range(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    at = 0 if len(node.args) == 1 else 1
    node.args[at] = ast.BinOp(node.args[at], ast.Sub(), ast.Constant(1))
    return node


def _swap_function(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    if isinstance(node.func, ast.Attribute):
        node.func.attr = _CALLS[node.func.attr]
    elif isinstance(node.func, ast.Name):
        node.func.id = _CALLS[node.func.id]
    return node


def _swap_axis(index: int) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        value = node.keywords[index].value
        is_zero = isinstance(value, ast.Constant) and value.value == 0
        node.keywords[index].value = ast.Constant(1 if is_zero else 0)
        return node

    return change


def _swap_flag(index: int) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        value = node.keywords[index].value
        assert isinstance(value, ast.Constant)
        node.keywords[index].value = ast.Constant(not value.value)
        return node

    return change


def changes_of_statement(node: ast.AST) -> Iterator[Change]:
    """A dropped statement, another operator in place."""
    if isinstance(node, ast.AugAssign):
        shown = ast.unparse(node)
        yield Change("dropped statement", f"without {shown}", lambda n: ast.Pass())
        if type(node.op) in _OPERATORS:
            yield Change("operator", f"another operator in {shown}", _swap_operator)
    elif _only_acts(node):
        yield Change("dropped statement", f"without {ast.unparse(node)}", lambda n: ast.Pass())


def _only_acts(node: ast.AST) -> bool:
    """Whether a statement can go without leaving a name unbound, which anything would notice."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call)
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript | ast.Attribute)
