"""What a function's text says of its parameters: annotation, default, docstring, and what the body does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from codeopt.workload.guess.docstrings import read_docstring, shown_literals

Function = ast.FunctionDef | ast.AsyncFunctionDef
Origins = dict[int, dict[str, frozenset[str]]]
"""Line -> name in it -> parameters that its value comes from; an object's attribute is `self.name`."""

_PATTERNED = {"rearrange", "reduce", "repeat", "einsum"}


@dataclass(frozen=True, slots=True)
class Usage:
    """How a body uses one name. `calls` are functions that it is passed to, `rank` its axes where told.

    `lengths` are (axis, length) that its shape is compared with.
    """

    attributes: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    rank: int = 0
    called_with: int = -1
    lengths: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `star` is `*` or `**` for the collecting ones; texts are empty where not given.

    `shown`: literals that the docstring's examples give for it; `heard`: those that the file
    has for others of its name.
    """

    name: str
    annotation: str = ""
    default: str | None = None
    doc: str = ""
    keyword_only: bool = False
    star: str = ""
    shown: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    positional_only: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A function as its text tells: parameters without `self`, and which of them a line's names come from.

    `guards`: which of them decide whether a line runs, by the conditions and loops around it.
    """

    parameters: tuple[Parameter, ...]
    origins: Origins
    generator: bool
    guards: dict[int, frozenset[str]] = field(default_factory=dict)


def read_function(node: Function, doc: str, *, bound: bool) -> Reading:
    """Read a definition; `bound` leaves the first parameter out. `doc` adds to its own docstring."""
    notes = {**read_docstring(doc), **read_docstring(ast.get_docstring(node) or "")}
    usages = _Body(node).usages
    own_names = [arg.arg for arg, _, _, star in _arguments(node.args) if not star][bound:]
    names = {node.name} if node.name != "__init__" else set()
    shown = shown_literals(f"{doc}\n{ast.get_docstring(node) or ''}", names, own_names)
    parameters = [
        Parameter(
            arg.arg,
            ast.unparse(arg.annotation) if arg.annotation else "",
            ast.unparse(default) if default is not None else None,
            notes.get(arg.arg, ""),
            keyword_only,
            star,
            tuple(shown.get(arg.arg, ())),
            usage=usages.get(arg.arg, Usage()),
        )
        for arg, default, keyword_only, star in _arguments(node.args)
    ]
    origins = _origins(node, {p.name for p in parameters})
    generator = any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in _own(node))
    guards = dict(_guards(node.body, origins, frozenset()))
    return Reading(tuple(parameters[1:] if bound else parameters), origins, generator, guards)


def _guards(
    body: list[ast.stmt], origins: Origins, around: frozenset[str]
) -> Iterator[tuple[int, frozenset[str]]]:
    """Line -> parameters in the conditions around it, and in those before it that may leave early."""
    for statement in body:
        inner = around
        if isinstance(statement, ast.If | ast.While | ast.For | ast.AsyncFor):
            inner = around.union(*origins.get(statement.lineno, {}).values())
            if any(
                isinstance(n, ast.Return | ast.Raise | ast.Continue | ast.Break) for n in ast.walk(statement)
            ):
                around = inner
        for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
            yield line, inner
        for block in ("body", "orelse", "finalbody"):
            yield from _guards(getattr(statement, block, []), origins, inner)
        for handler in getattr(statement, "handlers", []):
            yield from _guards(handler.body, origins, inner)


def _arguments(
    args: ast.arguments,
) -> Iterator[tuple[ast.arg, ast.expr | None, bool, str]]:
    plain = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    for arg, default in zip(plain, defaults, strict=True):
        yield arg, default, False, ""
    if args.vararg:
        yield args.vararg, None, False, "*"
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield arg, default, True, ""
    if args.kwarg:
        yield args.kwarg, None, True, "**"


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes of a function without those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from _own(child)


def _origins(node: Function, names: set[str]) -> Origins:
    """What the names of each line come from, by assignments in the order of the text."""
    comes: dict[str, frozenset[str]] = {name: frozenset({name}) for name in names}

    def read(inner: ast.AST) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for part in ast.walk(inner):
            if isinstance(part, ast.Name):
                if part.id in comes:
                    found[part.id] = comes[part.id]
            elif (
                isinstance(part, ast.Attribute)
                and isinstance(part.value, ast.Name)
                and part.value.id == "self"
            ):
                found[f"self.{part.attr}"] = frozenset({f"self.{part.attr}"})
        return found

    lines: Origins = {}
    statements = [inner for inner in ast.walk(node) if isinstance(inner, ast.stmt) and inner is not node]
    for statement in sorted(statements, key=lambda inner: inner.lineno):
        head: ast.AST = statement
        if isinstance(statement, ast.For | ast.AsyncFor):
            head = statement.iter
        elif isinstance(statement, ast.If | ast.While):
            head = statement.test
        elif isinstance(statement, ast.With | ast.Try | ast.FunctionDef | ast.ClassDef):
            continue
        found = read(head)
        targets = (
            statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        )
        for target in targets:
            for name in ast.walk(target) if target is not None else ():
                if isinstance(name, ast.Name):
                    comes[name.id] = comes.get(name.id, frozenset()).union(*found.values())
        for line in range(head.lineno, (head.end_lineno or head.lineno) + 1):  # type: ignore[attr-defined]
            lines.setdefault(line, {}).update(found)
        if isinstance(statement, ast.If):
            # What is raised on a condition is raised for what stands in it.
            for inner in statement.body:
                if isinstance(inner, ast.Raise):
                    lines.setdefault(inner.lineno, {}).update(found)
    return lines


class _Body:
    """Collects the usages of names in a function's body."""

    def __init__(self, node: Function) -> None:
        self._found: dict[str, dict[str, set[str]]] = {}
        self._keys: dict[str, list[str]] = {}
        self._options: dict[str, list[str]] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._aliases: dict[str, str] = {}
        self._lengths: dict[str, list[tuple[int, int]]] = {}
        for inner in ast.walk(node):
            self._see(inner)
        for made, source in self._aliases.items():
            self._options.setdefault(source, []).extend(self._options.get(made, ()))
        self.usages = {name: self._usage(name) for name in {*self._found, *self._keys, *self._options}}

    def _usage(self, name: str) -> Usage:
        found = self._found.get(name, {})
        return Usage(
            frozenset(found.get("attributes", ())),
            tuple(dict.fromkeys(self._keys.get(name, ()))),
            tuple(dict.fromkeys(self._options.get(name, ()))),
            frozenset(found.get("kinds", ())),
            frozenset(found.get("calls", ())),
            frozenset(found.get("traits", ())),
            self._numbers.get((name, "rank"), 0),
            self._numbers.get((name, "called"), -1),
            tuple(dict.fromkeys(self._lengths.get(name, ()))),
        )

    def _add(self, node: ast.AST | None, what: str, value: str) -> None:
        if isinstance(node, ast.Name):
            self._found.setdefault(node.id, {}).setdefault(what, set()).add(value)

    def _rank(self, node: ast.AST, rank: int) -> None:
        if isinstance(node, ast.Name):
            key = (node.id, "rank")
            self._numbers[key] = max(self._numbers.get(key, 0), rank)
            self._add(node, "traits", "ranked")

    def _see(self, node: ast.AST) -> None:
        match node:
            case ast.Attribute(value=ast.Name() as name, attr=attr):
                self._add(name, "attributes", attr)
            case ast.Subscript(value=ast.Name() as name, slice=index):
                self._subscript(name, index)
            case ast.Subscript(value=ast.Attribute(value=ast.Name() as name, attr="shape"), slice=index):
                number = _number(index)
                if number is not None:
                    self._rank(name, number + 1 if number >= 0 else -number)
            case ast.Call():
                self._call(node)
            case ast.Compare(left=ast.Name() as name, ops=[operator], comparators=[right]):
                self._compare(name, operator, right)
            case ast.Compare(
                left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[ast.Constant(value=int(n))]
            ):
                self._measured(left, n)
            case ast.Compare(
                left=ast.Call(func=ast.Attribute(value=ast.Name() as name, attr="lower" | "upper" | "strip")),
                ops=[operator],
                comparators=[right],
            ):
                self._compare(name, operator, right)
            case ast.BinOp(left=left, right=right, op=operator):
                trait = "matmul" if isinstance(operator, ast.MatMult) else "arithmetic"
                if isinstance(operator, ast.Mod) and isinstance(left, ast.Constant | ast.JoinedStr):
                    return
                self._add(left, "traits", trait)
                self._add(right, "traits", trait)
            case ast.UnaryOp(op=operator, operand=operand):
                self._add(
                    operand,
                    "traits",
                    "tested" if isinstance(operator, ast.Not) else "arithmetic",
                )
            case ast.If(test=ast.Name() as name) | ast.IfExp(test=ast.Name() as name):
                self._add(name, "traits", "tested")
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
                self._add(iterated, "traits", "iterated")
            case ast.Assign(
                targets=[ast.Name(id=made)],
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=source), attr="lower" | "upper" | "strip")
                ),
            ):
                self._aliases[made] = source
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                self._unpack(targets, value)
            case ast.Starred(value=ast.Name() as name):
                self._add(name, "traits", "iterated")
            case ast.keyword(arg=None, value=ast.Name() as name):
                self._add(name, "traits", "mapping")

    def _measured(self, node: ast.expr, number: int) -> None:
        """What a comparison of a shape or a number of axes says of an array."""
        match node:
            case (
                ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape"), slice=index)
                | ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="size"), args=[index])
            ):
                axis = _number(index)
                if axis is not None:
                    self._lengths.setdefault(name, []).append((axis, number))
            case (
                ast.Attribute(value=ast.Name() as array, attr="ndim")
                | ast.Call(func=ast.Attribute(value=ast.Name() as array, attr="dim" | "ndimension"))
                | ast.Call(
                    func=ast.Name(id="len"), args=[ast.Attribute(value=ast.Name() as array, attr="shape")]
                )
            ):
                self._rank(array, number)

    def _subscript(self, name: ast.Name, index: ast.expr) -> None:
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            self._keys.setdefault(name.id, []).append(index.value)
            self._add(name, "traits", "keyed")
        elif isinstance(index, ast.Tuple):
            self._rank(name, sum(not _is_none(e) for e in index.elts))
        elif isinstance(index, ast.Name):
            self._add(name, "traits", "subscripted")
            self._add(index, "traits", "index")
        else:
            self._add(
                name,
                "traits",
                "sliced" if isinstance(index, ast.Slice) else "subscripted",
            )

    def _call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Name):
            key = (called.id, "called")
            self._numbers[key] = max(self._numbers.get(key, -1), len(node.args))
            self._add(called, "traits", "called")
        name = ast.unparse(called) if isinstance(called, ast.Name | ast.Attribute) else ""
        if isinstance(called, ast.Attribute) and called.attr == "get" and node.args:
            self._keyword(called.value, node.args[0])
        if name == "isinstance" and len(node.args) == 2:
            kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
            for kind in kinds:
                self._add(node.args[0], "kinds", ast.unparse(kind))
            return
        if name in ("getattr", "hasattr") and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            self._add(node.args[0], "attributes", str(node.args[1].value))
            return
        patterns = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name.rpartition(".")[2] in _PATTERNED and patterns and "->" in patterns[0]:
            self._pattern(node, patterns[0])
        for argument in node.args:
            if isinstance(argument, ast.Name):
                self._add(argument, "calls", name or "?")

    def _keyword(self, owner: ast.AST, key: ast.AST) -> None:
        if isinstance(owner, ast.Name) and isinstance(key, ast.Constant) and isinstance(key.value, str):
            self._keys.setdefault(owner.id, []).append(key.value)

    def _pattern(self, node: ast.Call, pattern: str) -> None:
        sides = pattern.partition("->")[0].split(",")
        arrays = [a for a in node.args if not isinstance(a, ast.Constant)]
        for side, array in zip(sides, arrays, strict=False):
            if "..." not in side and "*" not in side:
                packed = " " in side.strip() or len(side.strip()) == 1 or "(" in side
                letters = re.sub(r"\([^)]*\)", "g", side).split() if packed else list(side.strip())
                self._rank(array, len(letters))

    def _compare(self, name: ast.Name, operator: ast.cmpop, right: ast.expr) -> None:
        if isinstance(operator, ast.Is | ast.IsNot):
            self._add(name, "traits", "maybe-none" if _is_none(right) else "tested")
            return
        values = right.elts if isinstance(right, ast.List | ast.Tuple | ast.Set) else [right]
        if isinstance(right, ast.Dict):
            values = [key for key in right.keys if key is not None]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                self._options.setdefault(name.id, []).append(value.value)
            elif isinstance(value, ast.Constant) and isinstance(value.value, int | float):
                self._add(name, "traits", "compared")
        if isinstance(right, ast.Name) and isinstance(operator, ast.In | ast.NotIn):
            self._add(right, "traits", "iterated")

    def _unpack(self, targets: list[ast.expr], value: ast.expr) -> None:
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        stars = [v for v in values if isinstance(v, ast.Starred)]
        for inner in values:
            bare = inner.value if isinstance(inner, ast.Starred) else inner
            if (
                isinstance(bare, ast.Call)
                and isinstance(bare.func, ast.Attribute)
                and bare.func.attr == "size"
            ):
                bare = ast.Attribute(bare.func.value, "shape")
            count = len(targets) - (len(values) - 1)
            if isinstance(bare, ast.Attribute) and bare.attr == "shape" and not (values[1:] and not stars):
                if not any(isinstance(t, ast.Starred) for t in targets):
                    self._rank(bare.value, count)
            elif isinstance(inner, ast.Name) and len(values) == 1:
                self._add(inner, "traits", "unpacked")
                self._numbers[inner.id, "called"] = self._numbers.get((inner.id, "called"), -1)
                self._found.setdefault(inner.id, {}).setdefault("traits", set()).add(
                    f"unpacked:{len(targets)}"
                )


def _number(node: ast.AST) -> int | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
    return value if isinstance(value, int) else None


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
