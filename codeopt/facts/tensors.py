"""What is surely a torch tensor, a floating one, a mask, or new memory, and what code is about tensors."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns, torch_use
from codeopt.facts.annotations import documented
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_DEEP = 6
_FLOAT_MADE = library.words("rand randn rand_like randn_like linspace logspace normal")
_FLOAT_CALLS = _FLOAT_MADE | library.words(
    "exp log sqrt rsqrt sigmoid tanh sin cos log1p expm1 softmax log_softmax logsumexp cdist erf reciprocal"
)
_MASKS = library.words(
    "isnan isinf isfinite eq ne lt le gt ge logical_and logical_or logical_not logical_xor isclose isin"
)
_TENSORS = (
    _FLOAT_CALLS
    | _MASKS
    | library.words(
        "tensor as_tensor from_numpy zeros ones empty full arange eye zeros_like ones_like empty_like "
        "full_like cat stack concat hstack vstack where matmul mm bmm einsum add sub mul div pow abs "
        "square clamp relu cumsum cumprod argmax argmin argsort gather index_select masked_select tril "
        "triu transpose permute reshape flatten squeeze unsqueeze mean sum prod norm var std round floor "
        "ceil sign maximum minimum randint randperm bernoulli multinomial nonzero outer dot diag flip "
        "roll nan_to_num bincount"
    )
)
_SAME_TYPE = library.words(
    "clone detach contiguous view reshape flatten transpose permute squeeze unsqueeze expand t cpu cuda neg "
    "repeat chunk narrow clamp abs masked_fill index_select gather"
)
_KEEPS_TENSOR = _SAME_TYPE | library.words(
    "sum mean max min argmax argmin float double half long int bool to eq ne lt le gt ge exp log sqrt "
    "sigmoid softmax log_softmax tanh relu pow add sub mul div matmul mm bmm norm std var cumsum type amax "
    "amin type_as"
)
_ONLY_TENSORS = library.words(
    "unsqueeze detach masked_fill masked_fill_ log_softmax unsqueeze_ requires_grad_ index_select permute "
    "expand_as view_as bmm type_as new_zeros new_ones scatter_ backward cuda logsumexp"
)


def _call(facts: Facts, node: ast.expr) -> str | None:
    """The last part of the name of a torch function that is called."""
    dotted = facts.names.dotted(node.func) if isinstance(node, ast.Call) else None
    known = dotted is not None and dotted.startswith(("torch.", "torch.nn.functional."))
    return dotted.rpartition(".")[2] if known and dotted is not None else None


def _behind(facts: Facts, node: ast.expr) -> ast.expr | None:
    """The one value that a local name has where it is read."""
    function = facts.function(node)
    if not isinstance(node, ast.Name) or not isinstance(function, DEFS):
        return None
    if facts.names.home(node) is not function or node.id in facts.flow(function).captured:
        return None
    made = facts.flow(function).definitions(node.id, facts.statement(node))
    stmt = next(iter(made), None)
    plain = isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name)
    return stmt.value if len(made) == 1 and plain and isinstance(stmt, ast.Assign) else None


def surely(facts: Facts, node: ast.expr, depth: int = 0) -> bool:
    """Whether an expression is a tensor whatever the function is given."""
    if depth > _DEEP:
        return False
    if patterns.kind(facts, node) == "tensor":
        return True
    if _call(facts, node) in _TENSORS:
        return True
    found = patterns.method(node, *_KEEPS_TENSOR)
    if found is not None:
        return surely(facts, found[0], depth + 1)
    match node:
        case ast.UnaryOp():
            return surely(facts, node.operand, depth + 1)
        case ast.BinOp():
            return surely(facts, node.left, depth + 1) or surely(facts, node.right, depth + 1)
        case ast.Compare(left=left, comparators=[right]):
            return surely(facts, left, depth + 1) or surely(facts, right, depth + 1)
        case ast.Subscript():
            return surely(facts, node.value, depth + 1)
        case ast.Name():
            behind = _behind(facts, node)
            return behind is not None and surely(facts, behind, depth + 1)
    return False


def floating(facts: Facts, node: ast.expr, depth: int = 0) -> bool:
    """Whether an expression, if it is a tensor, surely is one of floating numbers."""
    if depth > _DEEP:
        return False
    value = patterns.number(node)
    if value is not None:
        return isinstance(value, float)
    if _call(facts, node) in _FLOAT_CALLS:
        return True
    match node:
        case ast.BinOp(op=ast.Div()):
            return True
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()):
            return floating(facts, node.left, depth + 1) or floating(facts, node.right, depth + 1)
        case ast.UnaryOp(op=ast.USub()):
            return floating(facts, node.operand, depth + 1)
        case ast.Name():
            behind = _behind(facts, node)
            return behind is not None and surely(facts, behind) and floating(facts, behind, depth + 1)
    found = patterns.method(node, *_SAME_TYPE, "float", "double", "half", "softmax", "sigmoid", "exp")
    if found is not None:
        made = found[1].func.attr not in _SAME_TYPE  # type: ignore[attr-defined]
        return made or floating(facts, found[0], depth + 1)
    return False


def is_mask(facts: Facts, node: ast.expr) -> bool | None:
    """True for what is surely a tensor of booleans, None for a comparison that may be one of tensors."""
    if _call(facts, node) in _MASKS:
        return True
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            if isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)):
                return False
            return True if surely(facts, left) or surely(facts, right) else None
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor(), left=left, right=right):
            sides = {is_mask(facts, left), is_mask(facts, right)}
            return False if False in sides else None if sides == {None} else True
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return is_mask(facts, operand)
    found = patterns.method(node, "eq", "ne", "lt", "le", "gt", "ge")
    if found is not None and len(found[1].args) == 1:
        return True if surely(facts, found[0]) else None
    return False


def about(facts: Facts, node: ast.expr) -> bool:
    """Whether the code around an expression is about tensors, and nothing says that this is none.

    Evidence for a search, which proves by running; never enough to decide by itself.
    """
    if surely(facts, node):
        return True
    if patterns.kind(facts, node) != "unknown" or documented(facts, node) not in ("unknown", "tensor"):
        return False
    function = facts.function(node)
    if facts.names.spell("torch") is None and facts.names.spell("torch.nn.functional") is None:
        return False
    if torch_use.module_class(facts, node) is not None:
        return True
    arrays = False
    for part in facts.under(function):
        if isinstance(part, ast.Attribute):
            dotted = facts.names.dotted(part)
            if dotted is not None and dotted.startswith("torch."):
                return True
            arrays = arrays or (dotted or "").startswith(("numpy.", "pandas."))
            if part.attr in _ONLY_TENSORS:
                return True
    return not arrays and facts.names.spell("numpy") is None
