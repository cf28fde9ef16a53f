"""Attention as people write it out: one expression, or a chain of names that are read once."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codeopt.facts import patterns
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_SOFTMAX = ("torch.softmax", "torch.nn.functional.softmax")
_PRODUCTS = ("torch.matmul", "torch.bmm")
_LAST_TWO = ({-1, -2}, {1, 2}, {2, 3})


@dataclass(slots=True)
class Attention:
    """The parts of an attention; `statements` made names that only it reads."""

    query: ast.expr
    key: ast.expr
    value: ast.expr
    scale: str
    mask: str = ""
    dropout: str = ""
    statements: list[ast.stmt] = field(default_factory=list)


def match(facts: Facts, node: ast.expr) -> Attention | None:
    """The attention whose product with the values `node` is."""
    product = _product(facts, node)
    if product is None:
        return None
    statements: list[ast.stmt] = []
    weights, dropout = _dropped(facts, _followed(facts, product[0], statements))
    scores = _softmaxed(facts, _followed(facts, weights, statements))
    if scores is None:
        return None
    scores, mask = _masked(facts, _followed(facts, scores, statements))
    scores, scale = _scaled(facts, _followed(facts, scores, statements))
    inner = _product(facts, _followed(facts, scores, statements))
    key = _transposed(inner[1]) if inner is not None else None
    if inner is None or key is None or mask is None or scale is None:
        return None
    parts = (inner[0], key, product[1])
    if not all(patterns.pure(facts, p) for p in parts) or not _unchanged(facts, parts, statements, node):
        return None
    mask = mask.replace("{query}", patterns.operand(facts, inner[0]))
    return Attention(*parts, scale, mask, dropout, statements)


def _product(facts: Facts, node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right
    if isinstance(node, ast.Call) and patterns.is_call(facts, node, *_PRODUCTS):
        return (node.args[0], node.args[1]) if len(node.args) == 2 and not node.keywords else None
    return None


def _followed(facts: Facts, node: ast.expr, statements: list[ast.stmt]) -> ast.expr:
    """The value behind a name that this place alone reads; its statement joins the list."""
    function = facts.function(node)
    while isinstance(node, ast.Name) and isinstance(function, DEFS) and facts.names.home(node) is function:
        flow = facts.flow(function)
        made = flow.definitions(node.id, facts.statement(node))
        stmt = next(iter(made), None)
        if len(made) != 1 or not isinstance(stmt, ast.Assign) or len(stmt.targets) != 1:
            break
        if not isinstance(stmt.targets[0], ast.Name) or node.id in flow.captured:
            break
        block = facts.edits.siblings(stmt)
        reads = [u for u in facts.names.uses(node.id, function)
                 if stmt in flow.definitions(node.id, facts.statement(u))]  # fmt: skip
        if reads != [node] or (statements and statements[-1] not in block):
            break
        statements.append(stmt)
        node = stmt.value
    return node


def _dropped(facts: Facts, node: ast.expr) -> tuple[ast.expr, str]:
    """Weights without the dropout module of `self` on them, and its rate as the fused call takes it."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return node, ""
    if isinstance(node.func, ast.Attribute) and "drop" in node.func.attr and patterns.plain(node.func):
        module = facts.text(node.func)
        return node.args[0], f"{module}.p if {module}.training else 0.0"
    return node, ""


def _softmaxed(facts: Facts, node: ast.expr) -> ast.expr | None:
    """What a softmax over the last axis is taken of."""
    if not isinstance(node, ast.Call):
        return None
    source: ast.expr | None = None
    given: dict[str, ast.expr] | None = None
    if patterns.is_call(facts, node, *_SOFTMAX):
        given = patterns.arguments(node, "input", "dim")
        source = given.pop("input", None) if given else None
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "softmax":
        source, given = node.func.value, patterns.arguments(node, "dim")
    elif isinstance(node.func, ast.Call) and patterns.is_call(facts, node.func, "torch.nn.Softmax"):
        given = patterns.arguments(node.func, "dim")
        source = node.args[0] if len(node.args) == 1 else None
    last = given is not None and set(given) == {"dim"} and patterns.number(given["dim"]) == -1
    return source if last else None


def _masked(facts: Facts, node: ast.expr) -> tuple[ast.expr, str | None]:
    """Scores without their mask, and the mask as `attn_mask` wants it; None if it cannot be said."""
    found = patterns.method(node, "masked_fill", "masked_fill_")
    if found is not None and len(found[1].args) == 2 and not found[1].keywords:
        where, fill = found[1].args
        if _is_minus_infinity(facts, fill):
            return found[0], _attended(facts, where)
        # A finite fill is added instead of put: a row that masks out everything stays uniform.
        finite = (patterns.number(fill) or 0) <= -1e4 and patterns.pure(facts, where)
        added = f"{{query}}.new_zeros(()).masked_fill({facts.text(where)}, {facts.text(fill)})"
        return found[0], added if finite else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (node.left, facts.text(node.right)) if "mask" in facts.text(node.right) else (node, None)
    return node, ""


def _attended(facts: Facts, where: ast.expr) -> str | None:
    """The mask of what takes part, from the mask of what is filled."""
    if not patterns.pure(facts, where):
        return None
    match where:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[zero]) if patterns.number(zero) == 0:
            return f"{facts.text(left)} != {facts.text(zero)}"
    if isinstance(where, ast.UnaryOp) and isinstance(where.op, ast.Invert):
        return facts.text(where.operand)
    return f"~{patterns.operand(facts, where)}"


def _is_minus_infinity(facts: Facts, node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return facts.names.dotted(node.operand) in ("math.inf", "torch.inf", "numpy.inf") or _infinity(
            node.operand
        )
    if patterns.is_call(facts, node, "builtins.float") and isinstance(node, ast.Call) and len(node.args) == 1:
        value = node.args[0]
        return isinstance(value, ast.Constant) and str(value.value).lower() in ("-inf", "-infinity")
    return False


def _infinity(node: ast.expr) -> bool:
    inner = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 else None
    return isinstance(inner, ast.Constant) and str(inner.value).lower() in ("inf", "infinity")


def _scaled(facts: Facts, node: ast.expr) -> tuple[ast.expr, str | None]:
    """Scores without their factor, and the factor."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Mult, ast.Div)):
        return node, "1.0"
    if not patterns.pure(facts, node.right):
        return node, None
    if isinstance(node.op, ast.Mult):
        return node.left, facts.text(node.right)
    return node.left, f"1 / {patterns.operand(facts, node.right)}"


def _transposed(node: ast.expr) -> ast.expr | None:
    """What the keys are before their last two axes change places."""
    if isinstance(node, ast.Attribute) and node.attr == "mT":
        return node.value
    found = patterns.method(node, "transpose", "swapaxes")
    if found is not None and len(found[1].args) == 2:
        axes = {patterns.number(a) for a in found[1].args}
        return found[0] if axes in _LAST_TWO else None
    found = patterns.method(node, "permute")
    if found is not None and [patterns.number(a) for a in found[1].args] == [0, 1, 3, 2]:
        return found[0]
    return None


def _unchanged(facts: Facts, parts: tuple[ast.expr, ...], statements: list[ast.stmt], node: ast.expr) -> bool:
    """Whether the inputs still mean the same where the fused call will stand."""
    function = facts.function(node)
    here = facts.statement(node)
    if not isinstance(function, DEFS):
        return not statements
    flow = facts.flow(function)
    for part in parts:
        for name in ast.walk(part):
            if isinstance(name, ast.Name) and facts.names.home(name) is function:
                there = facts.statement(name)
                if flow.definitions(name.id, there) != flow.definitions(name.id, here):
                    return False
    return True
