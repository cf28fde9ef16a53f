"""The backward slice of a body: the statements that a call in it rests on (Weiser, Program Slicing, 1981).

A statement is kept if it binds a name that is needed further down, puts something into what such a name
holds, or calls something on it or with it for that alone. Checks and prints are left out.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Sequence

HERE = "CALLED_HERE"
"""The name that a slice returns in place of the call."""

_CLAIM = re.compile(
    r"(.*\.)?(_?assert\w*|fail\w*|check_\w+|print|pprint|show|savefig|warn|skip\w*|xfail|info|debug)"
)
_FAILS = re.compile(r"(.*\.)?(raises|assertRaises\w*|assert_raises\w*)")
_WATCHES = re.compile(r"(.*\.)?(warns|assertWarns\w*|assertLogs|subTest|assert_\w+|timer|deprecated_call)")
_Block = ast.With | ast.AsyncWith | ast.For | ast.AsyncFor | ast.If | ast.While | ast.Try


class NoSliceError(Exception):
    """Nothing can be cut out; the text says why, in one clause."""


def cut(body: Sequence[ast.stmt], call: ast.Call) -> tuple[list[ast.stmt], set[str]]:
    """The statements that lead to a call, the last of which returns HERE, and the names that they leave open.

    Conditions are taken as met, and loops as entered. Raises NoSliceError where the call stands in a
    function of its own or is there to fail.
    """
    for place, statement in enumerate(body):
        if any(node is call for node in ast.walk(statement)):
            inner, needed = _ending(statement, call)
            before, needed = backward(body[:place], needed)
            return [*before, *inner], needed
    raise NoSliceError("the call is not in this body")


def _ending(statement: ast.stmt, call: ast.Call) -> tuple[list[ast.stmt], set[str]]:
    """A statement that holds the call, with what comes before the call in it."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        raise NoSliceError("the call stands in a function of its own")
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, []) if isinstance(statement, _Block) else []
        if any(node is call for inner in block for node in ast.walk(inner)):
            kept, needed = cut(block, call)
            return _around(statement, kept, needed)
    scopes = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    for node in ast.walk(statement):
        if isinstance(node, scopes) and any(part is call for part in ast.walk(node)):
            raise NoSliceError("the call stands in a function of its own")
    return [ast.Return(ast.Name(HERE, ast.Load()))], loads(call)


def _around(statement: ast.stmt, kept: list[ast.stmt], needed: set[str]) -> tuple[list[ast.stmt], set[str]]:
    match statement:
        case ast.For(target=target, iter=iterated):
            loop = ast.For(target, iterated, kept, [], lineno=0)
            return [loop], (needed - stores(target)) | loads(iterated)
        case ast.With(items=items):
            texts = [_callee(item.context_expr) for item in items]
            if fails(statement):
                raise NoSliceError("the call is there to fail")
            left = [i for i, text in zip(items, texts, strict=True) if not _WATCHES.fullmatch(text)]
            for item in left:
                needed = (needed - (stores(item.optional_vars) if item.optional_vars else set())) | loads(
                    item.context_expr
                )
            return ([ast.With(left, kept, lineno=0)] if left else kept), needed
    return kept, needed


def fails(node: ast.AST) -> bool:
    """Whether a statement says that what it holds raises an exception."""
    items = node.items if isinstance(node, ast.With) else []
    return any(_FAILS.fullmatch(_callee(item.context_expr)) for item in items)


def backward(body: Sequence[ast.stmt], needed: set[str]) -> tuple[list[ast.stmt], set[str]]:
    """Those statements of a body that names rest on, and the names that are open before it."""
    kept: list[ast.stmt] = []
    needed = set(needed)
    for statement in reversed(body):
        if _is_claim(statement):
            continue
        bound = stores(statement)
        if bound & needed or _touches(statement, needed):
            plain = _without_claims(statement, needed)
            if plain is None:
                continue
            kept.append(plain)
            needed -= _certainly_bound(statement)
            needed |= loads(plain) - (stores(plain.target) if isinstance(plain, ast.For) else set())
    return kept[::-1], needed


def loads(node: ast.AST) -> set[str]:
    """Names that a tree reads; those that it binds itself in functions and comprehensions are left out."""
    inner: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.comprehension):
            inner |= stores(part.target)
        elif isinstance(part, ast.Lambda):
            inner |= {arg.arg for arg in ast.walk(part.args) if isinstance(arg, ast.arg)}
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            inner |= {arg.arg for arg in ast.walk(part.args) if isinstance(arg, ast.arg)}
            inner |= {
                name.id
                for statement in part.body
                for name in ast.walk(statement)
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            }
    named = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)}
    changed = {
        n.target.id for n in ast.walk(node) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
    }
    return (named - inner) | (changed - inner)


def stores(node: ast.AST) -> set[str]:
    """Names that a statement or target binds, not those inside functions and classes of it."""
    found: set[str] = set()
    for part in _outside_functions(node):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            found.add(part.id)
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in part.names}
        elif isinstance(part, ast.ExceptHandler) and part.name:
            found.add(part.name)
    return found


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp,
              ast.DictComp, ast.GeneratorExp)  # fmt: skip
    if not isinstance(node, scopes):
        for child in ast.iter_child_nodes(node):
            yield from _outside_functions(child)


def _certainly_bound(statement: ast.stmt) -> set[str]:
    """Names that a statement gives another value, whatever they held before."""
    match statement:
        case ast.Assign(targets=targets):
            plain = [part for target in targets for part in _parts(target)]
            return {part.id for part in plain if isinstance(part, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return {name}
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
            return stores(statement)
    return set()


def _parts(target: ast.expr) -> list[ast.expr]:
    return target.elts if isinstance(target, ast.Tuple | ast.List) else [target]


def _touches(statement: ast.stmt, needed: set[str]) -> bool:
    """Whether a statement changes what a needed name holds, as far as its text tells."""
    for part in _outside_functions(statement):
        if isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load):
            if _root(part) in needed:
                return True
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call) and not _is_claim(part):
            call = part.value
            if isinstance(call.func, ast.Attribute) and _root(call.func) in needed:
                return True
            given = (*call.args, *(keyword.value for keyword in call.keywords))
            if any(_root(argument) in needed for argument in given):
                return True
    return False


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _callee(expr: ast.expr) -> str:
    called = expr.func if isinstance(expr, ast.Call) else expr
    return ast.unparse(called) if isinstance(called, ast.Name | ast.Attribute) else ""


def _is_claim(node: ast.AST) -> bool:
    """Whether a statement only checks or tells something."""
    if isinstance(node, ast.Assert | ast.Pass | ast.Global | ast.Nonlocal | ast.Return | ast.Raise):
        return True
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Call):
        return bool(_CLAIM.fullmatch(_callee(node.value)))
    return not isinstance(node.value, ast.Yield | ast.YieldFrom | ast.Await)


def _without_claims(statement: ast.stmt, needed: set[str]) -> ast.stmt | None:
    """A statement without the checks in its blocks; None where it is there to fail."""
    if fails(statement):
        return None
    return _Lean().visit(copy.deepcopy(statement)) if isinstance(statement, _Block) else statement


class _Lean(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Blocks without checks; one that is empty then does nothing."""
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(node, _Block):
                left = [inner for inner in block if not _is_claim(inner) or isinstance(inner, ast.Raise)]
                setattr(node, name, left or ([ast.Pass()] if name == "body" else []))
        return node
