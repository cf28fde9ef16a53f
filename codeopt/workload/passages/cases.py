"""Tests and fixtures as plain statements: the class of a test, what it prepares, and first parameters."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Sequence

from codeopt.workload.passages.mentions import with_named_first
from codeopt.workload.passages.parameters import one_of
from codeopt.workload.passages.slices import NoSliceError

SET_UP = ("setUpClass", "setup_class", "setUp", "setup_method", "setup")


def case_of(holder: ast.ClassDef, own: str, asked: set[str]) -> list[ast.stmt]:
    """The class of a test with what it prepares, and an object of it."""
    methods = {n.name: n for n in holder.body if isinstance(n, ast.FunctionDef)}
    waiting = [*SET_UP, *asked, *(n for n, m in methods.items() if "autouse=True" in _decorators(m))]
    if inherits_tests(holder):
        # What its bases call is not told.
        waiting += [name for name in methods if not name.startswith("test")]
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
    return [made, *ast.parse("\n".join(_ready(holder, own))).body]


def _ready(holder: ast.ClassDef, own: str) -> list[str]:
    """Lines that make an object of a class of tests and do what goes before each of them."""
    methods = {n.name: n for n in holder.body if isinstance(n, ast.FunctionDef)}
    lines = [f"{own} = {holder.name}()"]
    for name in SET_UP:
        if name in methods:
            given = benchmarked(holder, methods[name]) if name == "setup" else {}
            several = "None" if len(methods[name].args.args) > 1 else ""
            lines.append(f"{own}.{name}({', '.join(map(ast.unparse, given.values())) or several})")
    lines += [f"{own}.{n}()" for n, m in methods.items() if "autouse=True" in _decorators(m)]
    if not any(name in methods for name in SET_UP) and holder.bases:
        lines.append(f"getattr({own}, 'setUp', list)()")
    return lines


def benchmarked(holder: ast.ClassDef, method: ast.FunctionDef) -> dict[str, ast.expr]:
    """What asv gives for the parameters of a benchmark's method: the first of each in `params`."""
    names = [arg.arg for arg in method.args.args[1:]]
    assigned = (node for node in holder.body if isinstance(node, ast.Assign))
    values = next((n.value for n in assigned if ast.unparse(n.targets[0]) == "params"), None)
    if not isinstance(values, ast.List | ast.Tuple) or not values.elts or not names:
        return {}
    if all(isinstance(each, ast.List | ast.Tuple) for each in values.elts):
        return dict(zip(names, map(one_of, values.elts), strict=False))
    return {names[0]: one_of(values)}


_CASE = """
for name in sorted(name for name in dir({0}) if name.startswith("test")):
    with contextlib.suppress(Exception):
{1}
        getattr(case, name)()
"""


def inherits_tests(holder: ast.ClassDef) -> bool:
    """Whether a class has tests from a base of the project: what calls what it makes stands there."""
    return any(
        ast.unparse(base).rpartition(".")[2] not in ("TestCase", "object", "ABC") for base in holder.bases
    )


def collected(holder: ast.ClassDef, tree: ast.Module) -> ast.ClassDef:
    """The class that runs the tests of another: itself, or one made from it where it is a base only."""
    named = [ast.unparse(base) for base in holder.bases]
    if not holder.name.startswith("Test") and not any(name.endswith("TestCase") for name in named):
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and holder.name in map(ast.unparse, node.bases):
                return node
    return holder


def whole_case(holder: ast.ClassDef) -> list[ast.stmt]:
    """A class of tests, and all its tests one after the other, whatever comes of them."""
    plain = copy.copy(holder)
    plain.decorator_list = []
    ready = "\n".join(f"        {line}" for line in _ready(holder, "case"))
    return [*ast.parse("import contextlib").body, plain, *ast.parse(_CASE.format(holder.name, ready)).body]


def without_annotations(statement: ast.stmt) -> ast.stmt:
    """A copy of a statement whose functions say nothing of types, which may be imported for checkers only."""
    plain = copy.deepcopy(statement)
    for node in ast.walk(plain):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return plain


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


def requested(fixture: ast.FunctionDef, wanted: Collection[str], head: Sequence[ast.stmt]) -> ast.stmt:
    """`request` for a fixture, with the first of its parameters, or the first that reads a wanted name."""
    for decorator in fixture.decorator_list:
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg == "params":
                value = ast.unparse(one_of(with_named_first(keyword.value, wanted, head)))
                made = f"__import__('types').SimpleNamespace(param={value})"
                return ast.parse(f"request = {made}").body[0]
    raise NoSliceError("nothing tells what a fixture is asked for")
