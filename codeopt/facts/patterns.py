"""Shapes of expressions that several rules look for: calls, axes, masks, and what only computes."""

from __future__ import annotations

import ast
import math
import re
from typing import TYPE_CHECKING

from codeopt.edit import Edit
from codeopt.facts import library
from codeopt.facts.index import COMPREHENSIONS, DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

# Methods that compute from what they are called on and write nothing, whatever the library.
PURE_METHODS = library.FRESH_METHODS | frozenset(
    [
        "T",
        "reshape",
        "transpose",
        "ravel",
        "squeeze",
        "unsqueeze",
        "isin",
        "isna",
        "isnull",
        "notna",
        "notnull",
        "between",
        "eq",
        "ne",
        "gt",
        "ge",
        "lt",
        "le",
        "pow",
        "abs",
        "t",
        "view",
        "size",
        "dim",
        "float",
        "double",
        "long",
        "int",
        "bool",
        "mT",
        "sigmoid",
        "add",
        "sub",
        "mul",
        "div",
        "to",
    ]
)
_PURE_MODULES = ("numpy.", "math.", "torch.")
_STATEFUL = ("numpy.random.", "torch.rand", "torch.manual", "torch.set_", "numpy.set", "numpy.seterr")
_WRITERS = frozenset(
    {"numpy.put", "numpy.copyto", "numpy.place", "numpy.putmask", "numpy.save", "torch.save"}
)
_BLOCK_ENDS = (ast.stmt, ast.Lambda, *COMPREHENSIONS)


def same(a: ast.AST, b: ast.AST) -> bool:
    """Whether two expressions are written alike."""
    return ast.dump(a) == ast.dump(b)


def is_call(facts: Facts, node: ast.AST, *dotted: str) -> bool:
    """Whether a node calls one of these functions, by canonical name."""
    return isinstance(node, ast.Call) and facts.names.dotted(node.func) in dotted


def builtin(facts: Facts, name: str) -> bool:
    """Whether a name means the builtin everywhere in a file: nothing in it binds that name."""
    scopes = facts.names.scopes
    bound = any(name in scope.bindings for scope in scopes.of_node.values())
    return not bound and not scopes.module.star


def method(node: ast.AST | None, *names: str) -> tuple[ast.expr, ast.Call] | None:
    """Receiver and call of `receiver.name(...)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
        return node.func.value, node
    return None


def arguments(call: ast.Call, *names: str) -> dict[str, ast.expr] | None:
    """Arguments by name where `names` are the positional ones in order; None with `*` or `**`."""
    found: dict[str, ast.expr] = {}
    if len(call.args) > len(names):
        return None
    for name, value in zip(names, call.args, strict=False):
        if isinstance(value, ast.Starred):
            return None
        found[name] = value
    for keyword in call.keywords:
        if keyword.arg is None:
            return None
        found[keyword.arg] = keyword.value
    return found


def number(node: ast.AST | None) -> int | float | None:
    """The value of a number written out, signs included; a bool is none."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = number(node.operand)
        return None if value is None else -value
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value  # type: ignore[return-value]
    return None


def reduction(facts: Facts, node: ast.AST | None, *names: str) -> tuple[ast.expr, dict[str, ast.expr]] | None:
    """What `x.sum(axis=1)` or `np.sum(x, axis=1)` reduces, and its further arguments by name."""
    if not isinstance(node, ast.Call):
        return None
    dotted = facts.names.dotted(node.func)
    if dotted in {f"numpy.{n}" for n in names}:
        given = arguments(node, "a", "axis")
        array = given.pop("a", None) if given is not None else None
        return (array, given) if array is not None and given is not None else None
    if dotted is None and (found := method(node, *names)) is not None:
        given = arguments(node, "axis")
        if given is None:
            return None
        if "dim" in given:
            given["axis"] = given.pop("dim")
        return found[0], given
    return None


def plain(node: ast.AST) -> bool:
    """Whether a node is a name or a chain of attributes of one: reading it twice costs nothing."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def pure(facts: Facts, node: ast.AST) -> bool:
    """Whether evaluating an expression only computes: no effects, no state, nothing written."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute():
            return pure(facts, node.value)
        case ast.Call():
            return _pure_call(facts, node)
        case (
            ast.BinOp() | ast.UnaryOp() | ast.Compare() | ast.Subscript() | ast.Slice() | ast.Tuple()
            | ast.List() | ast.keyword() | ast.operator() | ast.unaryop() | ast.cmpop() | ast.expr_context()
        ):  # fmt: skip
            return all(pure(facts, child) for child in ast.iter_child_nodes(node))
    return False


def _pure_call(facts: Facts, call: ast.Call) -> bool:
    if any(k.arg in (None, "out") for k in call.keywords):
        return False
    parts = [*call.args, *(k.value for k in call.keywords)]
    dotted = facts.names.dotted(call.func)
    if dotted is not None:
        known = dotted.startswith(_PURE_MODULES) and not dotted.startswith(_STATEFUL)
        known = known and dotted not in _WRITERS and not dotted.endswith("_")
        known = known or dotted in ("builtins.len", "builtins.float", "builtins.int", "builtins.abs")
        return known and "dropout" not in dotted and all(pure(facts, p) for p in parts)
    if isinstance(call.func, ast.Attribute) and call.func.attr in PURE_METHODS:
        return all(pure(facts, p) for p in (call.func.value, *parts))
    return False


def kind(facts: Facts, node: ast.expr) -> str:
    """The kind of value an expression has where it stands, `unknown` where facts do not say."""
    return facts.arrays.value(node, facts.statement(node)).kind


def mask_of(node: ast.AST, subject: ast.AST) -> bool:
    """Whether an expression is a boolean mask built from `subject` and from nothing else array-like."""
    match node:
        case ast.Compare(left=left, comparators=[right], ops=[op]):
            if isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)):
                return False
            for one, other in ((left, right), (right, left)):
                if same(one, subject) and (number(other) is not None or isinstance(other, ast.Constant)):
                    return True
            return False
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor(), left=left, right=right):
            return mask_of(left, subject) and mask_of(right, subject)
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return mask_of(operand, subject)
    return False


def spell(facts: Facts, dotted: str, at: ast.AST) -> str | None:
    """How the file spells a library function where `at` stands; None if it cannot."""
    return facts.names.spell(dotted, at)


def with_parts(facts: Facts, node: ast.expr, parts: dict[ast.expr, str]) -> str:
    """The text of an expression with some of its parts replaced."""
    start, end = facts.range(node)
    data = facts.source.data
    pieces: list[bytes] = []
    position = start
    for part, text in sorted(parts.items(), key=lambda item: facts.range(item[0])):
        begin, stop = facts.range(part)
        pieces += [data[position:begin], text.encode()]
        position = stop
    pieces.append(data[position:end])
    return b"".join(pieces).decode()


def operand(facts: Facts, node: ast.expr) -> str:
    """The text of an expression, in parentheses unless it is an atom, ready to be an operand."""
    atom = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Constant, ast.List, ast.ListComp)
    text = facts.text(node)
    return text if isinstance(node, atom) else f"({text})"


def in_class_body(facts: Facts, node: ast.AST) -> bool:
    """Whether a comprehension at this place could not see the names around it."""
    for parent in facts.index.ancestors(node):
        if isinstance(parent, ast.ClassDef):
            return True
        if isinstance(parent, (*DEFS, ast.Lambda)):
            return False
    return False


def can_hoist(facts: Facts, node: ast.AST) -> bool:
    """Whether a node is evaluated exactly once whenever its statement begins to run."""
    below = node
    for parent in facts.index.ancestors(node):
        if isinstance(parent, (ast.IfExp, ast.BoolOp, *_BLOCK_ENDS[1:])):
            return False
        if isinstance(parent, ast.Compare) and len(parent.ops) > 1:
            return False
        if isinstance(parent, ast.stmt):
            simple = (ast.Return, ast.Assign, ast.AugAssign, ast.Expr, ast.AnnAssign)
            return isinstance(parent, simple) and getattr(parent, "value", None) is below
        below = parent
    return False


def string_key(node: ast.AST) -> str | None:
    """The column name of `frame["name"]`, else None."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value if isinstance(node.slice.value, str) else None
    return None


def column_mask(node: ast.AST, frame: ast.expr) -> bool:
    """Whether an expression is a row mask built from columns of `frame`, such as `df["a"] > 0`."""
    match node:
        case ast.Compare(ops=[op]):
            if isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)):
                return False
            return any(_column(side, frame) for side in (node.left, *node.comparators))
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor(), left=left, right=right):
            return column_mask(left, frame) and column_mask(right, frame)
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return column_mask(operand, frame)
        case ast.Call(
            func=ast.Attribute(value=value, attr="isin" | "isna" | "notna" | "isnull" | "notnull" | "between")
        ):
            return _column(value, frame)
    return False


def _column(node: ast.AST, frame: ast.expr) -> bool:
    return string_key(node) is not None and same(node.value, frame)  # type: ignore[attr-defined]


def add_argument(facts: Facts, call: ast.Call, text: str) -> tuple[Edit, ...]:
    """Edits that add a keyword argument behind the last one; none for a call of a bare generator."""
    _, end = facts.range(call)
    parts = [*call.args, *(k.value for k in call.keywords)]
    start = max((facts.range(p)[1] for p in parts), default=facts.range(call.func)[1])
    rest = facts.source.data[start : end - 1].decode()
    code = re.sub(r"#[^\r\n]*", lambda found: " " * len(found.group().encode()), rest).rstrip()
    if not parts:
        return (Edit(end - 1, end - 1, text),)
    if start >= end:
        return ()
    place = start + len(code.encode())
    return (Edit(place, place, f" {text}," if code.endswith(",") else f", {text}"),)


def opens_twice(facts: Facts, call: ast.Call) -> bool:
    """Whether the first argument of a call stands in parentheses of its own."""
    begin, end = facts.range(call.func)[1], facts.range(call.args[0])[0]
    return facts.source.data.count(b"(", begin, end) > 1


def factors(node: ast.expr) -> list[ast.expr]:
    """The factors of a product, however it is nested."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*factors(node.left), *factors(node.right)]
    return [node]


def constant_value(facts: Facts, node: ast.expr) -> float | None:
    """The value of an expression of numbers, `pi` and square roots, such as `math.sqrt(2 / math.pi)`."""
    value = number(node)
    if value is not None:
        return float(value)
    if facts.names.dotted(node) in ("math.pi", "numpy.pi", "torch.pi"):
        return math.pi
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        inner = constant_value(facts, node.args[0])
        root = is_call(facts, node, "math.sqrt", "numpy.sqrt")
        return math.sqrt(inner) if root and inner is not None and inner >= 0 else None
    if isinstance(node, ast.BinOp):
        left, right = constant_value(facts, node.left), constant_value(facts, node.right)
        if left is not None and right is not None:
            return _arithmetic(node.op, left, right)
    return None


def _arithmetic(op: ast.operator, left: float, right: float) -> float | None:
    if isinstance(op, ast.Div):
        return left / right if right else None
    if isinstance(op, ast.Mult):
        return left * right
    if isinstance(op, ast.Pow) and left > 0 and abs(right) < 10:
        return float(left**right)
    return None


def bound(facts: Facts, node: ast.AST) -> frozenset[ast.AST]:
    """What may have bound the name that an expression is, one of its own function; else empty."""
    home = facts.names.home(node) if isinstance(node, ast.Name) else None
    if not isinstance(node, ast.Name) or not isinstance(home, DEFS) or facts.function(node) is not home:
        return frozenset()
    flow = facts.flow(home)
    return frozenset() if node.id in flow.captured else flow.definitions(node.id, facts.statement(node))


def value_of(
    facts: Facts, node: ast.expr, readers: tuple[ast.expr, ...]
) -> tuple[ast.expr, ast.Assign | None]:
    """The value behind a name that only `readers` read, with its statement; else the node itself."""
    function = facts.function(node)
    if (
        not isinstance(node, ast.Name)
        or not isinstance(function, DEFS)
        or facts.names.home(node) is not function
    ):
        return node, None
    flow = facts.flow(function)
    if node.id in flow.captured:
        return node, None
    made = flow.definitions(node.id, facts.statement(node))
    stmt = next(iter(made), None)
    if len(made) != 1 or not isinstance(stmt, ast.Assign) or not isinstance(stmt.targets[0], ast.Name):
        return node, None
    uses = [
        u for u in facts.names.uses(node.id, function) if stmt in flow.definitions(u.id, facts.statement(u))
    ]
    here = facts.statement(node)
    if len(stmt.targets) != 1 or set(uses) != set(readers):
        return node, None
    inputs = {
        n.id for n in ast.walk(stmt.value) if isinstance(n, ast.Name) and facts.names.home(n) is function
    }
    same_inputs = all(flow.definitions(n, stmt) == flow.definitions(n, here) for n in inputs)
    return (stmt.value, stmt) if same_inputs and here in facts.edits.siblings(stmt) else (node, None)
