"""The calls that a project's own files and docstrings make: arguments that somebody found sensible.

Names are put in by what they were assigned, as far as the text tells: an argument whose names all lead
to imports, literals and other calls is a source text that stands on its own.
"""

from __future__ import annotations

import ast
import builtins
import copy
import doctest
import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from codeopt.source import parse_file, write_atomic
from codeopt.target import module_of

_MOST_TEXT = 300
_MOST_SITES = 8
_MOST_NODES = 150
_DEEPEST = 6
_EMPTY = {"[]", "''", "()", "{}", "None"}
_SET_UP = {"setUp", "setup_method", "setup", "setUpClass", "setup_class", "__init__", "setup_function"}
_BUILT_IN = frozenset(dir(builtins)) - {"print", "input", "open", "exec", "eval", "exit", "quit"}


class CallSite(msgspec.Struct, frozen=True, array_like=True):
    """One call: its arguments as source texts by place and by name, None or absent where they are not told.

    `needs` are the import lines for them. `before` are the calls made on the object earlier, for a method's.
    """

    positional: tuple[str | None, ...]
    named: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    before: tuple[str, ...] = ()

    @property
    def told(self) -> int:
        """How many arguments have a text."""
        return sum(text is not None for text in self.positional) + len(self.named)


CallSites = dict[str, tuple[CallSite, ...]]
"""By what is called: `function`, `Class`, `Class.method`; a called object counts as `Class.__call__`."""


def read_call_sites(files: Iterable[Path], importable: Path) -> CallSites:
    """The calls of what Python files define, those with the most arguments told first.

    What stands at the head of a file below `importable` can be imported from it; files that cannot be
    parsed are left out.
    """
    found: defaultdict[str, dict[CallSite, None]] = defaultdict(dict)
    defined: set[str] = set()
    for file in files:
        try:
            tree = parse_file(file)
        except (OSError, SyntaxError, ValueError):
            continue
        module = module_of(file)[1] if file.is_relative_to(importable) else ""
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        defined |= {node.name for node in ast.walk(tree) if isinstance(node, definitions)}
        for name, site in _sites_of(tree, module):
            if site.told:
                found[name].setdefault(site)
    own = {name for name in found if name.partition(".")[0] in defined}
    return {name: tuple(sorted(found[name], key=_rank)[:_MOST_SITES]) for name in sorted(own)}


def keep_sites(sites: CallSites, folder: Path) -> Path:
    """Write calls to a file in the folder that their content names."""
    body = msgspec.json.encode(sites)
    file = folder / f"call_sites_{hashlib.sha256(body).hexdigest()[:12]}.json"
    if not file.exists():
        write_atomic(file, body)
    return file


def sites_in(file: Path | None) -> CallSites:
    """Calls that were kept, or none where there is no file."""
    return msgspec.json.decode(file.read_bytes(), type=CallSites) if file is not None else {}


def _rank(site: CallSite) -> tuple[bool, bool, int]:
    empty = any(text in _EMPTY for text in (*site.positional, *(text for _, text in site.named)))
    return (None in site.positional, empty, -site.told)


Bound = dict[str, ast.expr | str]
"""Name -> what it was assigned, or the import line that binds it."""


def _sites_of(tree: ast.Module, module: str) -> Iterator[tuple[str, CallSite]]:
    head = _imported(tree, module)
    for node in tree.body:
        if module and isinstance(node, ast.FunctionDef | ast.ClassDef):
            head[node.name] = f"from {module} import {node.name}"
    top: Bound = {**head, **_assigned(tree.body)}
    yield from _calls(tree.body, top, {})
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from _of_function(node, top, {})
        elif isinstance(node, ast.ClassDef):
            fields: Bound = {}
            methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
            for method in methods:
                if method.name in _SET_UP:
                    fields.update(_assigned(method.body, "self"))
            for method in methods:
                yield from _of_function(method, top, fields)
    for part in ast.walk(tree):
        if isinstance(part, ast.Module | ast.ClassDef | ast.FunctionDef):
            example = _example(ast.get_docstring(part, clean=False) or "")
            if example is not None:
                bound = {**head, **_imported(example, ""), **_assigned(example.body)}
                yield from _calls(example.body, bound, {})


def _example(doc: str) -> ast.Module | None:
    if ">>>" not in doc:
        return None
    try:
        sources = [example.source for example in doctest.DocTestParser().get_examples(doc)]
        return ast.parse("".join(sources))
    except (SyntaxError, ValueError):
        return None


def _of_function(node: ast.FunctionDef, top: Bound, fields: Bound) -> Iterator[tuple[str, CallSite]]:
    arguments = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    outer = {name: value for name, value in top.items() if name not in arguments}
    bound: Bound = {**outer, **_defaults(node.args), **_parametrized(node)}
    bound |= _imported(ast.Module(node.body, []), "")
    bound |= _assigned(node.body)
    yield from _calls(node.body, bound, fields)


def _defaults(args: ast.arguments) -> Bound:
    plain = [*args.posonlyargs, *args.args]
    pairs = [*zip(plain[len(plain) - len(args.defaults) :], args.defaults, strict=True)]
    pairs += [(arg, value) for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value]
    return {arg.arg: value for arg, value in pairs}


def _parametrized(node: ast.FunctionDef) -> Bound:
    """The first values of `pytest.mark.parametrize`."""
    found: Bound = {}
    for mark in node.decorator_list:
        if not (isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("parametrize")):
            continue
        if len(mark.args) < 2 or not isinstance(mark.args[0], ast.Constant):
            continue
        names = [name.strip() for name in str(mark.args[0].value).split(",")]
        values = mark.args[1]
        if isinstance(values, ast.List | ast.Tuple) and values.elts:
            first = values.elts[0]
            if len(names) == 1:
                found[names[0]] = first
            elif isinstance(first, ast.Tuple | ast.List) and len(first.elts) == len(names):
                found.update(zip(names, first.elts, strict=True))
    return found


def _imported(tree: ast.Module, module: str) -> Bound:
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


def _assigned(body: list[ast.stmt], owner: str = "") -> Bound:
    """Names (or attributes of `owner`) that a body assigns once or more, with the first value told.

    What a loop or an argument binds is not told, nor what is taken apart, except number by number.
    """
    found: Bound = {}
    for statement in body:
        for node in _statements(statement):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name, value in _pairs(target, node.value, owner):
                    found.setdefault(name, value)
    return found


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.With | ast.If | ast.Try | ast.For):
        for inner in node.body:
            yield from _statements(inner)


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

    def __init__(self, bound: Mapping[str, ast.expr | str], fields: Mapping[str, ast.expr | str]) -> None:
        self._bound = bound
        self._fields = fields
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

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._value(node.id, self._bound, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return self._value(node.attr, self._fields, node)
        self.generic_visit(node)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        return self._within(node, {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)})

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        names = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        return self._within(node, names)

    def visit_Await(self, node: ast.Await) -> ast.expr:
        self.lost = True
        return node

    visit_Yield = visit_YieldFrom = visit_NamedExpr = visit_Await  # type: ignore[assignment]

    def _within(self, node: ast.expr, names: set[str]) -> ast.expr:
        before, self._inner = self._inner, self._inner | names
        self.generic_visit(node)
        self._inner = before
        return node

    def _value(self, name: str, bound: Mapping[str, ast.expr | str], node: ast.expr) -> ast.expr:
        if name in self._inner:
            return node
        value = bound.get(name)
        if isinstance(value, str):
            self.needs[value] = None
        elif value is None or name in self._open or len(self._open) > _DEEPEST:
            self.lost = self.lost or value is not None or name not in _BUILT_IN
        else:
            self._open.append(name)
            node = self.visit(_copied(value))
            self._open.pop()
        return node


def _copied(expr: ast.expr) -> ast.expr:
    """A copy, or a name that nothing binds where it would be too large."""
    large = next(itertools.islice(ast.walk(expr), _MOST_NODES, None), None)
    return ast.Name("", ast.Load()) if large else copy.deepcopy(expr)


def _told(expr: ast.expr, bound: Bound, fields: Bound) -> tuple[str, dict[str, None]] | None:
    """An expression as a text that stands on its own, with the imports for it."""
    filled = _Filled(bound, fields)
    value = filled.visit(_copied(expr))
    if filled.lost:
        return None
    try:
        text = ast.unparse(value)
    except ValueError:  # a text inside another that this Python cannot write
        return None
    return (text, filled.needs) if len(text) <= _MOST_TEXT and "\n" not in text else None


def _calls(body: list[ast.stmt], bound: Bound, fields: Bound) -> Iterator[tuple[str, CallSite]]:
    before: defaultdict[str, list[tuple[str, dict[str, None]]]] = defaultdict(list)
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                yield from _of_call(node, bound, fields, before)
        for node in _statements(statement):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                _note(node.value, bound, fields, before)


def _note(
    call: ast.Call,
    bound: Bound,
    fields: Bound,
    before: defaultdict[str, list[tuple[str, dict[str, None]]]],
) -> None:
    """Remember a call that is made on an object for what it does to it."""
    if not isinstance(call.func, ast.Attribute):
        return
    changed = ast.Call(ast.Attribute(ast.Name("dict"), call.func.attr), call.args, call.keywords)
    told = _told(changed, bound, fields)
    if told is not None and ";" not in told[0]:
        before[ast.unparse(call.func.value)].append((told[0].replace("dict.", "instance.", 1), told[1]))


def _of_call(
    call: ast.Call,
    bound: Bound,
    fields: Bound,
    before: Mapping[str, list[tuple[str, dict[str, None]]]],
) -> Iterator[tuple[str, CallSite]]:
    name, made, known = _callee(call.func, bound, fields)
    if not name:
        return
    needs: dict[str, None] = {}
    positional: list[str | None] = []
    for argument in call.args:
        if isinstance(argument, ast.Starred):
            break
        told = _told(argument, bound, fields)
        positional.append(told[0] if told else None)
        needs |= told[1] if told else {}
    named: dict[str, str] = {}
    for keyword in call.keywords:
        told = _told(keyword.value, bound, fields) if keyword.arg else None
        if told and keyword.arg:
            named[keyword.arg] = told[0]
            needs |= told[1]
    earlier = [*made, *before.get(known, ())]
    for _, more in earlier:
        needs |= more
    texts = tuple(text for text, _ in earlier)
    yield name, CallSite(tuple(positional), tuple(named.items()), tuple(needs), texts)


def _callee(
    func: ast.expr, bound: Bound, fields: Bound
) -> tuple[str, list[tuple[str, dict[str, None]]], str]:
    """What is called, the calls chained on the object before, and the text of the object's name."""
    if isinstance(func, ast.Name):
        owner = _class_of(func, bound, fields)
        return (f"{owner[0]}.__call__", owner[1], func.id) if owner else (func.id, [], "")
    if not isinstance(func, ast.Attribute):
        return "", [], ""
    owner = _class_of(func.value, bound, fields)
    if owner:
        return f"{owner[0]}.{func.attr}", owner[1], ast.unparse(func.value)
    return func.attr, [], ""


def _class_of(
    expr: ast.expr, bound: Bound, fields: Bound, depth: int = 0
) -> tuple[str, list[tuple[str, dict[str, None]]]] | None:
    """The class that an expression is an object of, where it leads to its construction, and calls on it."""
    value: ast.expr | str | None = expr
    if isinstance(expr, ast.Name):
        value = bound.get(expr.id)
    elif isinstance(expr, ast.Attribute) and isinstance(expr.value, ast.Name) and expr.value.id == "self":
        value = fields.get(expr.attr)
    if depth > _DEEPEST or not isinstance(value, ast.Call):
        return None
    func = value.func
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    if name.lstrip("_")[:1].isupper():
        return name, []
    if isinstance(func, ast.Attribute) and name.startswith(("fit", "build", "set", "to", "eval", "double")):
        owner = _class_of(func.value, bound, fields, depth + 1)
        changed = ast.Call(ast.Attribute(ast.Name("dict"), name), value.args, value.keywords)
        told = _told(changed, bound, fields)
        if owner and told and ";" not in told[0]:
            return owner[0], [*owner[1], (told[0].replace("dict.", "instance.", 1), told[1])]
    return None
