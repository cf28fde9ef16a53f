"""What the names of a file stand for, and expressions with that put in."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from codeopt.workload.passages.parameters import Bound

_MOST_TEXT = 600
_MOST_NODES = 150
_DEEPEST = 6
_MOST_LINES = 20
_HELPERS_DEEP = 2
_BUILT_IN = frozenset(dir(builtins)) - {"print", "input", "open", "exec", "eval", "exit", "quit"}

Told = tuple[str, dict[str, None]]
"""A source text, and the lines that it needs."""

Before = Mapping[str, Sequence[Told]]
"""Text of an object's name -> the calls made on it, as calls on `instance`."""


def imported(tree: ast.Module, module: str) -> Bound:
    """What import statements bind; relative ones are told from `module`."""
    found: Bound = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                line = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                found[alias.asname or alias.name.partition(".")[0]] = line
        elif isinstance(node, ast.ImportFrom):
            source = _source_of(node, module)
            for alias in node.names:
                line = f"from {source} import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                if source and alias.name != "*":
                    found[alias.asname or alias.name] = line
    return found


def _source_of(node: ast.ImportFrom, module: str) -> str:
    """The absolute name of what a `from` names, or an empty text where it cannot be told."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    if not module or node.level > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - node.level], *([node.module] if node.module else [])])


def helpers(body: list[ast.stmt], bound: Bound) -> Bound:
    """Small functions that a body defines, as text, where it tells all that they rest on."""
    found: Bound = {}
    for _ in range(_HELPERS_DEEP):
        for node in body:
            if isinstance(node, ast.FunctionDef) and node.name not in found:
                text = _standing_alone(node, {**bound, **found})
                if text:
                    found[node.name] = text
    return found


def _standing_alone(node: ast.FunctionDef, bound: Bound) -> str:
    if node.decorator_list or (node.end_lineno or node.lineno) - node.lineno > _MOST_LINES:
        return ""
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    inner = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    inner |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    lines: dict[str, None] = {}
    for name in names:
        if name.id in inner or name.id in _BUILT_IN or name.id == node.name:
            continue
        value = bound.get(name.id)
        if isinstance(value, str):
            lines[value] = None
        elif isinstance(value, ast.Constant):
            lines[f"{name.id} = {ast.unparse(value)}"] = None
        else:
            return ""
    return "\n".join([*lines, ast.unparse(node)])


def assigned(body: list[ast.stmt], owner: str = "") -> Bound:
    """Names (or attributes of `owner`) that a body assigns once or more, with the first value told.

    What a loop or an argument binds is not told, nor what is taken apart, except number by number.
    """
    found: Bound = {}
    for statement in body:
        for node in statements(statement):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name, value in _pairs(target, node.value, owner):
                    found.setdefault(name, value)
    return found


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and those in its first block, the conditions and loops taken as entered."""
    yield node
    if isinstance(node, ast.With | ast.If | ast.Try | ast.For):
        for inner in node.body:
            yield from statements(inner)


def _pairs(target: ast.expr, value: ast.expr, owner: str) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, part in zip(target.elts, value.elts, strict=True):
            yield from _pairs(one, part, owner)
    elif isinstance(target, ast.Tuple):
        for place, one in enumerate(target.elts):
            part = ast.Subscript(value, ast.Constant(place), ast.Load())
            yield from _pairs(one, part, owner)
    elif isinstance(target, ast.Name) and not owner:
        yield target.id, value
    elif (
        owner
        and isinstance(target, ast.Attribute)
        and isinstance(target.value, ast.Name)
        and target.value.id in (owner, "cls")
    ):
        yield target.attr, value


class _Filled(ast.NodeTransformer):
    """Puts in what names stand for; `lost` says that one leads nowhere."""

    def __init__(self, bound: Bound, fields: Bound, before: Before) -> None:
        self._bound = bound
        self._fields = fields
        self._before = before
        self._open: list[str] = []
        self.needs: dict[str, None] = {}
        self.lost = False
        self._inner: set[str] = set()
        self._left = _MOST_NODES

    def visit(self, node: ast.AST) -> Any:
        """Go on below a node, unless it is lost or grows too large."""
        self._left -= 1
        self.lost = self.lost or self._left < 0
        return node if self.lost else super().visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """A node like this with its parts filled; the tree that is read stays as it is."""
        return type(node)(**{name: self._part(value) for name, value in ast.iter_fields(node)})

    def _part(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._part(each) for each in value]
        return self.visit(value) if isinstance(value, ast.AST) else value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._value(node.id, self._bound, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return self._value(node.attr, self._fields, node)
        return self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._within(node, {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)})

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> ast.AST:
        names = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        return self._within(node, names)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp

    def visit_Await(self, node: ast.Await) -> ast.expr:
        self.lost = True
        return node

    visit_Yield = visit_YieldFrom = visit_NamedExpr = visit_Await  # type: ignore[assignment]

    def _within(self, node: ast.expr, names: set[str]) -> ast.AST:
        before, self._inner = self._inner, self._inner | names
        filled = self.generic_visit(node)
        self._inner = before
        return filled

    def _value(self, name: str, bound: Mapping[str, ast.expr | str], node: ast.expr) -> ast.AST:
        if name in self._inner:
            return node
        value = bound.get(name)
        if isinstance(value, str):
            self.needs[value] = None
        elif value is None or name in self._open or len(self._open) > _DEEPEST:
            self.lost = self.lost or value is not None or name not in _BUILT_IN
        else:
            self._open.append(name)
            filled: ast.AST = self.visit(value)
            self._open.pop()
            made = self._before.get(ast.unparse(node), ()) if isinstance(value, ast.Call) else ()
            return self._made_ready(filled, made) if made else filled
        return node

    def _made_ready(self, made: ast.AST, calls: Sequence[Told]) -> ast.AST:
        """An object with the calls made on it that come before, as one expression."""
        for _, needs in calls:
            self.needs |= needs
        steps = ast.parse(
            f"(lambda instance: [{', '.join(t for t, _ in calls)}, instance][-1])(0)", mode="eval"
        )
        steps.body.args = [made]  # type: ignore[attr-defined]
        return steps.body


def in_full(expr: ast.expr, bound: Bound, fields: Bound, before: Before) -> Told | None:
    """An expression as a text that stands on its own, with the lines that it needs.

    `before` are the calls that were made on objects by then, to be made again.
    """
    filled = _Filled(bound, fields, before)
    value = filled.visit(expr)
    if filled.lost:
        return None
    try:
        text = ast.unparse(value)
    except ValueError:  # a text inside another that this Python cannot write
        return None
    return (text, filled.needs) if len(text) <= _MOST_TEXT and "\n" not in text else None
