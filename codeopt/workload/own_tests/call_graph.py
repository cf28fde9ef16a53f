"""Who calls whom in a project, from the text alone: which tests lead to a function, and how far it is.

Functions, methods, classes and module-level names are nodes; an edge says that one reads the other.
Where the class of a value is not known, a method is taken for any of that name, at a greater distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import networkx as nx

from codeopt.facts.siblings import find_module
from codeopt.target import module_of
from codeopt.workload.own_tests.references import MODULE, Definition, FileReferences, Reference

_CERTAIN, _LIKELY, _NEARBY, _POSSIBLE = 1, 2, 3, 4
_MOST_ALIKE = 8
"""Methods of one name beyond which the name says nothing."""

_FARTHEST = 16
_DEEPEST = 8
_BY_CONSTRUCTION = ("__init__", "__new__", "__post_init__", "__call__", "forward")
_SET_UP = ("setUp", "setUpClass", "setup_method", "setup_class", "setup", "setup_cache")


class Node(NamedTuple):
    """A definition of the project."""

    path: Path
    name: str


class CallGraph:
    """The graph of some files; tests are added to it, with the fixtures and preparations they need."""

    def __init__(self, files: Iterable[FileReferences]) -> None:
        self._files = {file.path: file for file in files}
        self._modules: dict[str, Path] = {}
        for path in self._files:
            self._modules.setdefault(module_of(path)[1], path)
        self._found: dict[tuple[Path, str], Node | None] = {}
        self._mentions: dict[Path, set[Node | None]] = {}
        self._methods = self._all_methods()
        self._functions = self._all_functions()
        self._subclasses = self._all_subclasses()
        self.graph: nx.DiGraph[Node] = nx.DiGraph()
        for path, file in self._files.items():
            for name, definition in file.definitions.items():
                self._connect(Node(path, name), definition)
        self._tests: set[Node] = set()
        self._callers = self.graph.reverse(copy=False)

    def add_tests(self, tests: Iterable[Node]) -> None:
        """Say which nodes are tests; methods that a class inherits may be among them."""
        for test in tests:
            self._tests.add(test)
            self._prepare(test)

    def methods(self, owner: Node, depth: int = 0) -> set[str]:
        """The names of a class's methods, with those it inherits from classes of the project."""
        definition = self._definition(owner)
        found = set(definition.methods)
        for base in definition.bases if depth < _DEEPEST else ():
            above = self.resolve(owner.path, base)
            if above is not None and above != owner:
                found |= self.methods(above, depth + 1)
        return found

    def nearest(self, wanted: Node) -> list[tuple[int, Node]]:
        """The tests that may reach a definition, with their distances."""
        if wanted not in self.graph:
            return []
        lengths = nx.single_source_dijkstra_path_length(self._callers, wanted, cutoff=_FARTHEST)
        return [(length, node) for node, length in lengths.items() if node in self._tests]

    def _all_methods(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for path, file in self._files.items():
            for name, definition in file.definitions.items():
                for method in definition.methods:
                    found.setdefault(method, []).append(Node(path, f"{name}.{method}"))
        return found

    def _all_functions(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for path, file in self._files.items():
            for name, definition in file.definitions.items():
                if definition.is_function and "." not in name:
                    found.setdefault(name, []).append(Node(path, name))
        return found

    def _all_subclasses(self) -> dict[Node, list[Node]]:
        found: dict[Node, list[Node]] = {}
        for path, file in self._files.items():
            for name, definition in file.definitions.items():
                for base in definition.bases:
                    node = self.resolve(path, base)
                    if isinstance(node, Node):
                        found.setdefault(node, []).append(Node(path, name))
        return found

    def _edge(self, source: Node, target: Node, weight: int) -> None:
        if source == target:
            return
        known = self.graph.get_edge_data(source, target)
        if known is None or known["weight"] > weight:
            self.graph.add_edge(source, target, weight=weight)

    def _connect(self, node: Node, definition: Definition) -> None:
        self.graph.add_node(node)
        named = {reference.target for reference in definition.references} - {""}
        mentioned = {self.resolve(node.path, target) for target in named}
        for reference in definition.references:
            if reference.member:
                for target, weight in self._members(node, reference, mentioned):
                    self._edge(node, target, weight)
            else:
                self._follow(node, reference.target)
        if definition.is_class:
            for name in _BY_CONSTRUCTION:
                for method in self._method(node, name):
                    self._edge(node, method, _CERTAIN)
            for name in definition.methods if self._is_open(node) else ():
                self._edge(node, Node(node.path, f"{node.name}.{name}"), _POSSIBLE)

    def _is_open(self, owner: Node, depth: int = 0) -> bool:
        """Whether a class has a base outside of the project, which may call its methods."""
        bases = [self.resolve(owner.path, base) for base in self._definition(owner).bases]
        return any(
            base is None or (depth < _DEEPEST and base != owner and self._is_open(base, depth + 1))
            for base in bases
        )

    def _follow(self, node: Node, target: str) -> None:
        """Join a node to what a name means; a name that only looks like one of the project's functions,
        as those that are dispatched by name do, leads to functions of that name."""
        found = self.resolve(node.path, target)
        if found is not None:
            self._edge(node, found, _CERTAIN)
        if found is None and not self._is_ours(node.path, target):
            return
        if found is None or found.name == MODULE or not self._is_code(found):
            name = target.rpartition(".")[2].lstrip(":")
            alike = self._functions.get(name, [])
            for function in alike if len(alike) <= _MOST_ALIKE else ():
                self._edge(node, function, _POSSIBLE)

    def _is_ours(self, path: Path, target: str) -> bool:
        """Whether a name is read from a module of the project, or from something in it."""
        bare = target.lstrip(".:")
        top = target[: len(target) - len(bare)] + bare.partition(".")[0]
        return "." in bare and self._module(path, top) is not None

    def _is_code(self, node: Node) -> bool:
        definition = self._definition(node)
        return definition.is_class or definition.is_function

    def _members(
        self, node: Node, reference: Reference, mentioned: set[Node | None]
    ) -> Iterator[tuple[Node, int]]:
        """The methods that a member of a known or unknown value may be."""
        if reference.target:
            owner = self.resolve(node.path, reference.target)
            if owner is None:
                return
            if self._definition(owner).is_class:
                methods = list(self._method(owner, reference.member))
                yield from ((method, _CERTAIN) for method in methods)
                for below in self._subclasses.get(owner, [])[:_MOST_ALIKE]:
                    if reference.member in self._definition(below).methods:
                        yield Node(below.path, f"{below.name}.{reference.member}"), _LIKELY
                if methods:
                    return
        alike = self._methods.get(reference.member, [])
        for classes, weight in ((mentioned, _LIKELY), (self._mentioned_in(node.path), _NEARBY)):
            likely = [m for m in alike if self._is_mentioned(m, classes)]
            yield from ((method, weight) for method in likely)
            if likely:
                return
        if len(alike) <= _MOST_ALIKE:
            yield from ((method, _POSSIBLE) for method in alike)

    def _mentioned_in(self, path: Path) -> set[Node | None]:
        """What a whole file reads and imports."""
        if path not in self._mentions:
            file = self._files[path]
            read = {r.target for d in file.definitions.values() for r in d.references} - {""}
            self._mentions[path] = {
                self.resolve(path, target) for target in read | set(file.imports.values())
            }
        return self._mentions[path]

    def _is_mentioned(self, method: Node, mentioned: set[Node | None]) -> bool:
        """Whether the class of a method, or one below it, is among what is read somewhere."""
        owner = Node(method.path, method.name.rpartition(".")[0])
        return owner in mentioned or any(below in mentioned for below in self._subclasses.get(owner, []))

    def _method(self, owner: Node, name: str, depth: int = 0) -> Iterator[Node]:
        """A method of a class, its own or that of the first base which has it."""
        definition = self._definition(owner)
        if name in definition.methods:
            yield Node(owner.path, f"{owner.name}.{name}")
            return
        for base in definition.bases if depth < _DEEPEST else ():
            above = self.resolve(owner.path, base)
            if above is not None and above != owner:
                found = list(self._method(above, name, depth + 1))
                if found:
                    yield from found
                    return

    def _definition(self, node: Node) -> Definition:
        file = self._files.get(node.path)
        return file.definitions.get(node.name, _NOTHING) if file is not None else _NOTHING

    def _prepare(self, test: Node) -> None:
        """Join a test to its fixtures, to what its class prepares, and to a base it inherits from."""
        self.graph.add_node(test)
        owner, _, name = test.name.rpartition(".")
        if owner:
            for method in self._method(Node(test.path, owner), name):
                self._edge(test, method, _CERTAIN)
            for prepare in _SET_UP:
                for method in self._method(Node(test.path, owner), prepare):
                    self._edge(test, method, _CERTAIN)
        elif "setup" in self._files[test.path].definitions:
            self._edge(test, Node(test.path, "setup"), _CERTAIN)
        waiting, seen = [test], {test}
        while waiting:
            node = waiting.pop()
            parameters = self._definition(node).parameters
            inherited = [m for m in self._method(Node(test.path, owner), name) if owner and node == test]
            for method in inherited:
                parameters = self._definition(method).parameters
            for parameter in parameters:
                fixture = self._fixture(test.path, parameter)
                if fixture is not None and fixture not in seen:
                    self._edge(node, fixture, _CERTAIN)
                    seen.add(fixture)
                    waiting.append(fixture)

    def _fixture(self, path: Path, name: str) -> Node | None:
        for file in (path, *(folder / "conftest.py" for folder in path.parents)):
            known = self._files.get(file)
            if known is not None and name in known.fixtures:
                return Node(file, known.fixtures[name])
        return None

    def resolve(self, path: Path, target: str) -> Node | None:
        """The definition of the project that a name in a file means; None for what is not of it."""
        key = (path, target)
        if key not in self._found:
            self._found[key] = None
            if target.startswith(":"):
                self._found[key] = self._look_up(path, target[1:].split("."), 0)
            elif target:
                self._found[key] = self._through_imports(path, target, 0)
        return self._found[key]

    def _through_imports(self, path: Path, target: str, depth: int) -> Node | None:
        bare = target.lstrip(".")
        dots, parts = target[: len(target) - len(bare)], bare.split(".")
        for length in range(len(parts), -1 if dots else 0, -1):
            file = self._module(path, dots + ".".join(parts[:length]))
            if file is not None:
                rest = parts[length:]
                return self._look_up(file, rest, depth) if rest else Node(file, MODULE)
        return None

    def _module(self, path: Path, module: str) -> Path | None:
        # Tests stand beside the folder that the package is imported from as often as above it.
        found = self._modules.get(module) if not module.startswith(".") else None
        found = found or find_module(path, module)
        return found if found in self._files else None

    def _look_up(self, path: Path, parts: list[str], depth: int) -> Node | None:
        """A name of a module: what it defines, imports, or gets by a star import."""
        file = self._files.get(path)
        if file is None or depth > _DEEPEST:
            return None
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            if name in file.definitions:
                node, rest = Node(path, name), parts[length:]
                inherited = list(self._method(node, rest[0])) if len(rest) == 1 else []
                return inherited[0] if inherited else node
        if parts[0] in file.imports:
            return self._through_imports(path, ".".join([file.imports[parts[0]], *parts[1:]]), depth + 1)
        for star in file.stars:
            module = self._module(path, star)
            found = self._look_up(module, parts, depth + 1) if module is not None else None
            if found is not None:
                return found
        return None


_NOTHING = Definition(frozenset())
