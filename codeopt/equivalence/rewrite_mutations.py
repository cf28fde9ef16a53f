"""Wrong changes particular to rewrites that save memory: a lost guard, a buffer used too early.

Like those of `mutations`, each is a function of one syntax node; these also ask how the function
around it uses its names.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping

from codeopt.equivalence.mutations import COPIES, Change
from codeopt.equivalence.usage import LIBRARIES, Usage, names_bound, names_read, written_in_place

_UFUNCS = frozenset(
    {
        "abs", "absolute", "add", "clip", "cos", "divide", "exp", "expm1", "floor", "log", "log1p", "maximum",
        "minimum", "multiply", "negative", "power", "reciprocal", "sin", "sqrt", "square", "subtract", "tanh",
        "true_divide",
    }
)  # fmt: skip
_TENSOR_METHODS = frozenset(
    {"relu", "sigmoid", "tanh", "exp", "masked_fill", "clamp", "sub", "mul", "div", "sqrt", "neg", "add"}
)
_GRAD_MODES = ("no_grad", "inference_mode")


def changes_of_rewrite(node: ast.AST, usages: Mapping[int, Usage]) -> Iterator[Change]:
    """All that this module knows to do wrong at a node; `usages` are those of its tree."""
    usage = usages.get(id(node))
    if isinstance(node, ast.Call):
        yield from _call_changes(node)
    if isinstance(node, ast.If | ast.IfExp):
        yield from _guard_changes(node)
    if isinstance(node, ast.With):
        yield from _grad_mode_changes(node)
    if isinstance(node, ast.Break | ast.Continue):
        name = type(node).__name__.lower()
        yield Change("loop exit", f"without {name}", lambda n: ast.Pass())
    if isinstance(node, ast.FunctionDef) and any(_is_grad_mode(d) for d in node.decorator_list):
        yield Change("gradient", f"no decorator on {node.name} that turns gradients off", _undecorated)
    if usage is not None and isinstance(node, ast.stmt):
        yield from _binding_changes(node, usage)
        yield from _in_place_changes(node, usage)
    yield from _order_changes(node, usages)


def _call_changes(node: ast.Call) -> Iterator[Change]:
    shown = ast.unparse(node)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "range" and len(node.args) == 3:
        yield Change("block", f"no last block in {shown}", _range_without_last)
        yield Change("block", f"no first block in {shown}", _range_without_first)
        yield Change("block", f"a longer step in {shown}", _range_with_longer_step)
    elif name == "slice" and len(node.args) == 2:
        yield Change("off by one", f"{shown} ends one earlier", _moved(1, ast.Sub()))
        yield Change("off by one", f"{shown} begins one later", _moved(0, ast.Add()))
    if name in ("list", "tuple") and len(node.args) == 1 and not node.keywords:
        yield Change("missing copy", f"no {name} in {shown}", lambda n: n.args[0])  # type: ignore[attr-defined]
    if name == "astype" and isinstance(node.func, ast.Attribute) and not _to_default(node):
        yield Change("dtype", f"no conversion in {shown}", lambda n: n.func.value)  # type: ignore[attr-defined]
    for i, keyword in enumerate(node.keywords):
        if keyword.arg == "where":
            yield Change("guard", f"no where in {shown}", _without_keyword(i))
        elif keyword.arg == "dtype":
            yield Change("dtype", f"no dtype in {shown}", _without_keyword(i))
    if name in ("empty", "zeros", "full") and not any(k.arg == "dtype" for k in node.keywords):
        module = node.func.value if isinstance(node.func, ast.Attribute) else None
        if isinstance(module, ast.Name) and module.id in ("np", "numpy", "torch"):
            narrow = "float16" if module.id == "torch" else "float32"
            yield Change(
                "dtype", f"{narrow} for the default dtype in {shown}", _with_dtype(module.id, narrow)
            )


def _to_default(node: ast.Call) -> bool:
    """Whether it converts to `float`, which most arithmetic that follows would do by itself."""
    return any(isinstance(a, ast.Name) and a.id == "float" for a in node.args)


def _range_without_last(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    start, stop, step = node.args
    node.args = [start, ast.BinOp(stop, ast.Sub(), step), step]
    return node


def _range_without_first(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    start, stop, step = node.args
    node.args = [ast.BinOp(start, ast.Add(), step), stop, step]
    return node


def _range_with_longer_step(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    node.args[2] = ast.BinOp(node.args[2], ast.Add(), ast.Constant(1))
    return node


def _moved(index: int, operator: ast.operator) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        node.args[index] = ast.BinOp(node.args[index], operator, ast.Constant(1))
        return node

    return change


def _without_keyword(index: int) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        del node.keywords[index]
        return node

    return change


def _with_dtype(module: str, name: str) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        node.keywords.append(
            ast.keyword("dtype", ast.Attribute(ast.Name(module, ast.Load()), name, ast.Load()))
        )
        return node

    return change


def _guard_changes(node: ast.If | ast.IfExp) -> Iterator[Change]:
    """Take the branch that changes something in place, or that copies nothing, whatever the condition."""
    shown = ast.unparse(node.test)
    if isinstance(node, ast.IfExp):
        if _copies(node.body) != _copies(node.orelse):
            yield Change("guard", f"no copy in {ast.unparse(node)}", _uncopied)
        return
    for branch, always in ((node.body, True), (node.orelse, False)):
        if any(written_in_place(s) for s in branch):
            yield Change("guard", f"{shown} taken as {always}", _decided(always))


def _copies(node: ast.expr) -> bool:
    """Whether the value is a call that copies."""
    match node:
        case ast.Call(ast.Attribute(_, name)) | ast.Call(ast.Name(name)):
            return name in COPIES or name in ("array", "list", "dict", "tensor", "astype")
    return False


def _uncopied(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.IfExp)
    return node.orelse if _copies(node.body) else node.body


def _decided(always: bool) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.If)
        node.test = ast.Constant(always)
        return node

    return change


def _is_grad_mode(node: ast.expr) -> bool:
    function = node.func if isinstance(node, ast.Call) else node
    return isinstance(function, ast.Attribute) and function.attr in _GRAD_MODES


def _grad_mode_changes(node: ast.With) -> Iterator[Change]:
    if len(node.items) == 1 and _is_grad_mode(node.items[0].context_expr):
        yield Change(
            "gradient",
            f"without {ast.unparse(node.items[0].context_expr)}",
            lambda n: ast.If(ast.Constant(1), n.body, []),  # type: ignore[attr-defined]
        )


def _undecorated(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.FunctionDef)
    node.decorator_list = [d for d in node.decorator_list if not _is_grad_mode(d)]
    return node


def _binding_changes(node: ast.stmt, usage: Usage) -> Iterator[Change]:
    """A value that is not renewed, so that an old one is read; adding up for setting, and back."""
    shown = ast.unparse(node)
    match node:
        case ast.Assign([ast.Name(name)], value):
            if usage.bound_before(name, node.lineno) and not isinstance(value, ast.Name):
                yield Change("stale value", f"without {shown}", lambda n: ast.Pass())
                if not isinstance(value, ast.Call | ast.BinOp | ast.Subscript):
                    return
                yield Change("accumulation", f"added up in {shown}", _accumulated)
        case ast.AugAssign(target, ast.Add()) if isinstance(target, ast.Name | ast.Subscript):
            yield Change("accumulation", f"not added up in {shown}", _assigned)


def _accumulated(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Assign)
    target = node.targets[0]
    assert isinstance(target, ast.Name)
    return ast.AugAssign(target, ast.Add(), node.value)


def _assigned(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.AugAssign)
    return ast.Assign([node.target], node.value)


def _in_place_changes(node: ast.stmt, usage: Usage) -> Iterator[Change]:
    """`y = x - m` changes `x` itself, where an argument may share its memory or it is read later."""
    if not isinstance(node, ast.Assign | ast.Return) or node.value is None:
        return
    first, last = node.lineno, node.end_lineno or node.lineno
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    own = target.id if isinstance(target, ast.Name) else ""

    def disturbs(operand: ast.expr) -> bool:
        if not isinstance(operand, ast.Name) or operand.id in LIBRARIES:
            return False
        return operand.id in usage.shared or (operand.id != own and usage.read_after(operand.id, first, last))

    shown = ast.unparse(node)
    match node.value:
        case ast.BinOp(ast.Name(name) as left) if disturbs(left):
            yield Change("in place", f"in place on {name}: {shown}", _augmented)
        case ast.Call(ast.Attribute(ast.Name("np" | "numpy"), function), [ast.Name(name) as left, *_]) if (
            function in _UFUNCS and disturbs(left) and not any(k.arg == "out" for k in node.value.keywords)
        ):
            yield Change("in place", f"out={name} in {shown}", _with_out)
        case ast.Call(ast.Attribute(ast.Name(name) as left, method)) if (
            method in _TENSOR_METHODS and disturbs(left)
        ):
            yield Change("in place", f"{method}_ on {name}: {shown}", _with_underscore)
        case ast.Call(ast.Attribute(ast.Name("torch"), method), [ast.Name(name) as left]) if (
            method in _TENSOR_METHODS and disturbs(left)
        ):
            yield Change("in place", f"{method}_ on {name}: {shown}", _with_underscore)


def _augmented(node: ast.AST) -> ast.AST:
    """`y = x - m` becomes `x -= m` and `y = x`, as one `if` since one node takes one place."""
    assert isinstance(node, ast.Assign | ast.Return)
    value = node.value
    assert isinstance(value, ast.BinOp)
    assert isinstance(value.left, ast.Name)
    name = value.left.id
    first = ast.AugAssign(ast.Name(name, ast.Store()), value.op, value.right)
    node.value = ast.Name(name, ast.Load())
    return ast.If(ast.Constant(True), [first, node], [])


def _with_out(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Assign | ast.Return)
    assert isinstance(node.value, ast.Call)
    node.value.keywords.append(ast.keyword("out", node.value.args[0]))
    return node


def _with_underscore(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Assign | ast.Return)
    assert isinstance(node.value, ast.Call)
    assert isinstance(node.value.func, ast.Attribute)
    node.value.func.attr += "_"
    return node


def _order_changes(node: ast.AST, usages: Mapping[int, Usage]) -> Iterator[Change]:
    """Two neighbours change places where one needs what the other does, and both still run."""
    body = getattr(node, "body", None)
    if not isinstance(node, ast.stmt) or not isinstance(body, list):
        return
    for i, (one, two) in enumerate(itertools.pairwise(body)):
        if not _is_simple(one) or not _is_simple(two):
            continue
        bound, needed = names_bound(one), names_read(two)
        depends = (bound | written_in_place(one)) & needed
        depends |= (names_bound(two) | written_in_place(two)) & names_read(one)
        usage = usages[id(one)]
        if depends and all(usage.bound_before(name, one.lineno) for name in bound & needed):
            shown = f"{ast.unparse(two)} before {ast.unparse(one)}"
            yield Change("order", shown, _swapped(i), (one, two))


def _is_simple(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr)


def _swapped(index: int) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        body: list[ast.stmt] = node.body  # type: ignore[attr-defined]
        body[index], body[index + 1] = body[index + 1], body[index]
        return node

    return change
