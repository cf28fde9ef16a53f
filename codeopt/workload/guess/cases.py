"""Tests and fixtures as plain statements: the class of a test, what it prepares, and first parameters."""

from __future__ import annotations

import ast
import copy

from codeopt.workload.guess.slices import NoSliceError

SET_UP = ("setUpClass", "setup_class", "setUp", "setup_method", "setup")


def case_of(holder: ast.ClassDef, own: str, asked: set[str]) -> list[ast.stmt]:
    """The class of a test with what it prepares, and an object of it."""
    methods = {n.name: n for n in holder.body if isinstance(n, ast.FunctionDef)}
    waiting = [*SET_UP, *asked, *(n for n, m in methods.items() if "autouse=True" in _decorators(m))]
    kept: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in methods and name not in kept:
            kept.add(name)
            method = methods[name]
            first = method.args.args[0].arg if method.args.args else "self"
            waiting += attributes_of(method, first)
    body = [n for n in holder.body if not isinstance(n, ast.FunctionDef) or n.name in kept]
    body = [
        undecorated(n) if isinstance(n, ast.FunctionDef) else n for n in body if not isinstance(n, ast.Expr)
    ]
    made = ast.ClassDef(holder.name, holder.bases, [], body or [ast.Pass()], [])
    lines = [f"{own} = {holder.name}()"]
    for name in SET_UP:
        if name in methods:
            several = len(methods[name].args.args) > 1
            lines.append(f"{own}.{name}({'None' if several else ''})")
    lines += [f"{own}.{n}()" for n, m in methods.items() if "autouse=True" in _decorators(m)]
    if not any(name in methods for name in SET_UP) and holder.bases:
        lines.append(f"getattr({own}, 'setUp', list)()")
    return [made, *ast.parse("\n".join(lines)).body]


def attributes_of(node: ast.AST, own: str) -> set[str]:
    parts = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
    return {part.attr for part in parts if isinstance(part.value, ast.Name) and part.value.id in (own, "cls")}


def _decorators(node: ast.FunctionDef) -> str:
    return " ".join(ast.unparse(decorator) for decorator in node.decorator_list)


def has_fixture(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and "fixture" in _decorators(node)


def is_fixture(node: ast.FunctionDef, name: str) -> bool:
    told = _decorators(node)
    return "fixture" in told and (node.name == name or f"name='{name}'" in told)


def undecorated(node: ast.stmt) -> ast.FunctionDef:
    assert isinstance(node, ast.FunctionDef)
    plain = copy.copy(node)
    kept = (d for d in node.decorator_list if ast.unparse(d) in ("staticmethod", "classmethod", "property"))
    plain.decorator_list = list(kept)
    return plain


def requested(fixture: ast.FunctionDef) -> ast.stmt:
    """`request` for a fixture, with the first of its parameters."""
    for decorator in fixture.decorator_list:
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg == "params":
                made = f"__import__('types').SimpleNamespace(param={_one_of(keyword.value)})"
                return ast.parse(f"request = {made}").body[0]
    raise NoSliceError("nothing tells what a fixture is asked for")


def _one_of(values: ast.expr) -> str:
    if isinstance(values, ast.List | ast.Tuple) and values.elts:
        return ast.unparse(first_of(values.elts[0]))
    return f"list({ast.unparse(values)})[0]"


def first_of(value: ast.expr) -> ast.expr:
    """The value itself of `pytest.param(value, ...)`."""
    if isinstance(value, ast.Call) and ast.unparse(value.func).endswith("param") and value.args:
        return value.args[0]
    return value
