"""How a function uses its names, read from its syntax: what a wrong change to it could disturb.

Coarse on purpose: it chooses faults worth planting and decides nothing about safety.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_VIEWS = frozenset(
    {
        "asarray", "asanyarray", "ascontiguousarray", "as_tensor", "atleast_1d", "atleast_2d", "reshape",
        "ravel", "view", "transpose", "squeeze", "unsqueeze", "expand", "swapaxes", "detach", "chunk",
        "split", "flatten", "values", "to_numpy", "numpy", "from_numpy", "float", "contiguous", "to", "T",
        "mT", "real", "imag", "permute", "narrow", "diagonal",
    }
)  # fmt: skip

LIBRARIES = frozenset({"np", "numpy", "torch", "nn", "F"})
_FACTS = frozenset({"shape", "dtype", "ndim", "size", "device"})

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Module


@dataclass(frozen=True)
class Usage:
    """Names of one function (or a module's own level): its parameters, those that may share memory with
    one, and the lines, from 1, on which each is bound or read. `loops` are first and last lines."""

    parameters: frozenset[str]
    shared: frozenset[str]
    bound: dict[str, list[int]]
    read: dict[str, list[int]]
    loops: tuple[tuple[int, int], ...]

    def bound_before(self, name: str, line: int) -> bool:
        """Whether a name has a value when the statement on this line begins."""
        return name in self.parameters or any(at < line for at in self.bound.get(name, ()))

    def read_after(self, name: str, first: int, last: int) -> bool:
        """Whether a name is read after a statement on the lines `first..last`, or in the next turn."""
        lines = self.read.get(name, ())
        if any(at > last for at in lines):
            return True
        turns = [(begin, end) for begin, end in self.loops if begin < first <= end]
        return any(begin <= at < first for begin, end in turns for at in lines)


def usages(tree: ast.Module) -> dict[int, Usage]:
    """The usage of the innermost function around every node, by the node's id."""
    found: dict[int, Usage] = {}

    def descend(function: Function) -> None:
        own = list(_own(function))
        usage = _usage(function, own)
        for node in own:
            found[id(node)] = usage
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                descend(node)

    descend(tree)
    return found


def _own(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function without those inside functions in it."""
    queue: list[ast.AST] = list(ast.iter_child_nodes(function))
    while queue:
        node = queue.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            queue.extend(ast.iter_child_nodes(node))


def _usage(function: Function, own: list[ast.AST]) -> Usage:
    bound: dict[str, list[int]] = {}
    read: dict[str, list[int]] = {}
    loops = []
    for node in own:
        if isinstance(node, ast.Name):
            lines = read if isinstance(node.ctx, ast.Load) else bound
            lines.setdefault(node.id, []).append(node.lineno)
        elif isinstance(node, ast.For | ast.While):
            loops.append((node.lineno, node.end_lineno or node.lineno))
    parameters: frozenset[str] = frozenset()
    if not isinstance(function, ast.Module):
        parameters = frozenset(a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg))
    shared = _shared(parameters, own)
    return Usage(parameters, shared, bound, read, tuple(loops))


def _shared(parameters: frozenset[str], own: list[ast.AST]) -> frozenset[str]:
    """Names that may share memory with an argument: bound to one, or to a view of one."""
    found = set(parameters - {"self", "cls"})
    bindings = [
        (target.id, node.value)
        for node in own
        if isinstance(node, ast.Assign)
        for target in ast.walk(ast.Tuple(node.targets))
        if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)
    ]
    bindings += [
        (target.id, node.iter)
        for node in own
        if isinstance(node, ast.For)
        for target in ast.walk(node.target)
        if isinstance(target, ast.Name)
    ]
    while True:
        more = {name for name, value in bindings if name not in found and _views(value, found)}
        if not more:
            return frozenset(found)
        found |= more


def _views(value: ast.expr, shared: set[str]) -> bool:
    match value:
        case ast.Name(name):
            return name in shared
        case ast.Subscript(inner) | ast.Starred(inner):
            return _views(inner, shared)
        case ast.Attribute(inner, attribute):
            return attribute in _VIEWS and _views(inner, shared)
        case ast.Call(ast.Attribute(ast.Name(module), function), arguments) if module in LIBRARIES:
            return function in _VIEWS and any(_views(a, shared) for a in arguments[:1])
        case ast.Call(ast.Attribute(inner, method)):
            return method in _VIEWS and _views(inner, shared)
        case ast.Tuple(items):
            return any(_views(item, shared) for item in items)
        case ast.IfExp(_, one, other):
            return _views(one, shared) or _views(other, shared)
    return False


def written_in_place(statement: ast.stmt) -> set[str]:
    """Names whose value a statement itself changes: `x += 1`, `x[i] = 1`, `f(out=x)`, `x.add_(1)`."""
    found: set[str] = set()
    targets: list[ast.expr] = []
    if isinstance(statement, ast.AugAssign):
        targets = [statement.target]
        if isinstance(statement.target, ast.Name):
            found.add(statement.target.id)
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    elif not isinstance(statement, ast.Expr | ast.Return):
        return found
    found |= {base_name(t) for t in targets if isinstance(t, ast.Subscript | ast.Attribute)}
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            found |= {base_name(k.value) for k in node.keywords if k.arg == "out"}
            match node.func:
                case ast.Attribute(owner, name) if name.endswith("_") and not name.startswith("_"):
                    of_library = base_name(owner) in LIBRARIES
                    changed = node.args[:1] if of_library else [owner]
                    found |= {v.id for v in changed if isinstance(v, ast.Name)}
    return found - {""}


def base_name(node: ast.expr) -> str:
    """The name that `x[i].y` begins with, or an empty string."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def names_read(statement: ast.stmt) -> set[str]:
    """Names whose value a statement uses: not those that it only writes to or asks for their shape."""
    found: set[str] = set()
    if isinstance(statement, ast.AugAssign):
        found.add(base_name(statement.target))
    queue: list[ast.AST] = [statement]
    while queue:
        node = queue.pop()
        match node:
            case ast.Attribute(ast.Name(), attribute) if attribute in _FACTS:
                continue
            case ast.Call(ast.Name("len")):
                continue
            case ast.keyword("out", value) if isinstance(value, ast.Name | ast.Subscript):
                queue += [value.slice] if isinstance(value, ast.Subscript) else []
                continue
            case ast.Subscript(ast.Name(), index, ast.Store()):
                queue.append(index)
                continue
            case ast.Name(name, ast.Load()):
                found.add(name)
        queue += ast.iter_child_nodes(node)
    return found - {""}


def names_bound(statement: ast.stmt) -> set[str]:
    """Names that a statement gives another value."""
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
