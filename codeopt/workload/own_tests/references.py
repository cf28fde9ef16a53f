"""What the functions, classes and module-level names of one file refer to, as plain data.

References are counted, not only calls: a function that is handed to another one is called there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from codeopt.facts import Facts
from codeopt.facts.index import DEFS, DefNode

MODULE = "<module>"


class Reference(NamedTuple):
    """A name that is read. `target` is canonical through the imports (`pkg.sub.f`), or `:name` for one
    that this file defines at its top; `member` is read from an instance or class of that name, or from
    an unknown value where `target` is empty."""

    target: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, method, class or module-level variable, and what is read in it.

    `methods` and `bases` are those of a class, `parameters` those of a function.
    """

    references: frozenset[Reference]
    is_class: bool = False
    is_function: bool = False
    methods: frozenset[str] = frozenset()
    bases: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReferences:
    """The definitions of a file by qualified name; `imports` are names that its top gets from elsewhere.

    `fixtures` maps names of pytest fixtures to the functions that make them.
    """

    path: Path
    definitions: Mapping[str, Definition]
    imports: Mapping[str, str]
    stars: tuple[str, ...]
    fixtures: Mapping[str, str]


def read_references(facts: Facts) -> FileReferences:
    """The references of a file; facts that hang together are worked out here, so close them after."""
    reader = _Reader(facts)
    for statement in facts.tree.body:
        reader.statement(statement)
    return reader.result()


@dataclass
class _Reader:
    facts: Facts
    found: dict[str, Definition] = field(default_factory=dict)
    loose: set[Reference] = field(default_factory=set)
    fixtures: dict[str, str] = field(default_factory=dict)

    def result(self) -> FileReferences:
        self.found[MODULE] = Definition(frozenset(self.loose))
        imports, stars = _imported(self.facts)
        path = self.facts.source.path.absolute()
        return FileReferences(path, self.found, imports, stars, self.fixtures)

    def statement(self, node: ast.stmt) -> None:
        """One statement of the module's top; those under a condition count as well."""
        if isinstance(node, DEFS):
            self.function(node, node.name, None)
        elif isinstance(node, ast.ClassDef):
            self.class_(node, node.name)
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            for inner in _inner_statements(node):
                self.statement(inner)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            references = frozenset(self.read(node, {}, None))
            self.loose |= references
            for name in (n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)):
                self.found.setdefault(name, Definition(references))
        else:
            self.loose |= set(self.read(node, {}, None))

    def function(self, node: DefNode, qualname: str, owner: _Class | None) -> None:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        known: dict[str, str] = {}
        for argument in arguments:
            target = self.target(argument.annotation) if argument.annotation is not None else ""
            if target:
                known[argument.arg] = target
        for inner in self.facts.under(node):
            if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Call):
                made = self.target(inner.value.func)
                for target_node in inner.targets:
                    if made and isinstance(target_node, ast.Name):
                        known[target_node.id] = made
            elif isinstance(inner, ast.withitem) and isinstance(inner.context_expr, ast.Call):
                made = self.target(inner.context_expr.func)
                if made and isinstance(inner.optional_vars, ast.Name):
                    known[inner.optional_vars.id] = made
        references = frozenset(self.read(node, known, owner))
        # Of two definitions under conditions both may be meant.
        before = self.found.get(qualname)
        self.found[qualname] = Definition(
            references | (before.references if before else frozenset()),
            is_function=True,
            parameters=tuple(argument.arg for argument in arguments),
        )
        self.fixture(node, qualname)

    def fixture(self, node: DefNode, qualname: str) -> None:
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not ast.unparse(called).endswith("fixture"):
                continue
            named = [k.value for k in getattr(decorator, "keywords", []) if k.arg == "name"]
            name = named[0].value if named and isinstance(named[0], ast.Constant) else node.name
            self.fixtures[str(name)] = qualname

    def class_(self, node: ast.ClassDef, qualname: str) -> None:
        bases = tuple(target for base in node.bases if (target := self.target(base)))
        owner = _Class(qualname, self.attributes(node))
        own: set[Reference] = set()
        methods: set[str] = set()
        for inner in node.body:
            if isinstance(inner, DEFS):
                methods.add(inner.name)
                self.function(inner, f"{qualname}.{inner.name}", owner)
            elif isinstance(inner, ast.ClassDef):
                self.class_(inner, f"{qualname}.{inner.name}")
            else:
                own |= set(self.read(inner, {}, owner))
        for decorator in (*node.decorator_list, *node.keywords):
            own |= set(self.read(decorator, {}, None))
        self.found[qualname] = Definition(
            frozenset(own), is_class=True, methods=frozenset(methods), bases=bases
        )

    def attributes(self, node: ast.ClassDef) -> dict[str, str]:
        """What `self.name = Class(...)` says of attributes, by name."""
        found: dict[str, str] = {}
        for inner in self.facts.under(node):
            if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Call):
                made = self.target(inner.value.func)
                for target in inner.targets:
                    if made and isinstance(target, ast.Attribute) and _is_self(target.value):
                        found[target.attr] = made
        return found

    def target(self, node: ast.expr) -> str:
        """What an expression names: canonical, `:name` at the top of this file, or empty."""
        names = self.facts.names
        dotted = names.dotted(node)
        if dotted is not None:
            return dotted
        if isinstance(node, ast.Name):
            home = names.home(node)
            starred = home is None and names.scopes.module.star
            return f":{node.id}" if starred or isinstance(home, ast.Module) else ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            return f":{node.value}"
        return ""

    def read(self, node: ast.AST, known: Mapping[str, str], owner: _Class | None) -> Iterator[Reference]:
        """Every name and attribute that is read in a node; the parts of a dotted name once."""
        parts: set[ast.AST] = set()
        for inner in self.facts.under(node):
            if isinstance(inner, ast.Attribute) and inner not in parts:
                dotted = self.facts.names.dotted(inner)
                if dotted is not None:
                    yield Reference(dotted)
                    parts |= set(_chain(inner))
                else:
                    yield self.member(inner, known, owner)
            elif isinstance(inner, ast.Name) and inner not in parts and isinstance(inner.ctx, ast.Load):
                target = self.target(inner)
                if target and not target.startswith("builtins."):
                    yield Reference(target)

    def member(self, node: ast.Attribute, known: Mapping[str, str], owner: _Class | None) -> Reference:
        value = node.value
        if isinstance(value, ast.Name):
            if owner is not None and _is_self(value):
                return Reference(f":{owner.qualname}", node.attr)
            return Reference(known.get(value.id) or self.target(value), node.attr)
        if isinstance(value, ast.Call):
            return Reference(self.target(value.func), node.attr)
        if isinstance(value, ast.Attribute) and owner is not None and _is_self(value.value):
            return Reference(owner.attributes.get(value.attr, ""), node.attr)
        return Reference("", node.attr)


def _imported(facts: Facts) -> tuple[dict[str, str], tuple[str, ...]]:
    """What the top of a file imports: canonical names by local ones, and modules that all is taken from."""
    imports: dict[str, str] = {}
    stars: list[str] = []
    for node in [n for n in facts.walk(ast.ImportFrom) if isinstance(facts.function(n), ast.Module)]:
        base = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                stars.append(base)
            else:
                imports[alias.asname or alias.name] = _joined(base, alias.name)
    for plain in [n for n in facts.walk(ast.Import) if isinstance(facts.function(n), ast.Module)]:
        for alias in plain.names:
            top = alias.name.partition(".")[0]
            imports[alias.asname or top] = alias.name if alias.asname else top
    return imports, tuple(stars)


@dataclass(frozen=True)
class _Class:
    qualname: str
    attributes: Mapping[str, str]


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    while isinstance(node, ast.Attribute):
        yield node
        node = node.value
    yield node


def _joined(base: str, name: str) -> str:
    return f"{base}{name}" if base.endswith(".") else f"{base}.{name}"


def _inner_statements(node: ast.If | ast.Try | ast.With) -> Iterator[ast.stmt]:
    yield from node.body
    if not isinstance(node, ast.With):
        yield from node.orelse
    if isinstance(node, ast.Try):
        yield from node.finalbody
        for handler in node.handlers:
            yield from handler.body
