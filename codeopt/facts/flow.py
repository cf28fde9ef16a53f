"""Liveness, definite assignment and reaching definitions of one function's own names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from codeopt.facts.index import DEFS, DefNode, Index
from codeopt.facts.names import Names
from codeopt.facts.scopes import Scope

if TYPE_CHECKING:
    from codeopt.facts.graph import Graph

_EAGER = frozenset(
    f"builtins.{name}"
    for name in ("sum", "any", "all", "min", "max", "sorted", "list", "tuple", "set", "dict", "frozenset")
)


class Flow:
    """Flow questions about one function. Names are bits of an integer while it computes."""

    def __init__(self, function: DefNode, names: Names, index: Index) -> None:
        self.function = function
        self._names = names
        self._index = index
        self._scope: Scope = names.scope(function)
        own = [n for n in self._scope.bindings if n not in self._scope.declared_global]
        self._own = own
        self._bit = {name: 1 << i for i, name in enumerate(own)}
        self._late: dict[Scope, bool] = {}
        self._reads: list[int] = []
        self._binds: list[int] = []
        self._kills: list[int] = []
        self._drops: list[int] = []

    @cached_property
    def _graph(self) -> Graph:
        """Steps and their edges, built when first needed: the graph library takes a while to import."""
        from codeopt.facts.graph import Graph

        graph = Graph(self.function.body)
        for step in graph.steps:
            self._summarise(step.reads, step.binds)
        return graph

    @cached_property
    def captured(self) -> frozenset[str]:
        """Names that code inside the function may read later than where it stands."""
        return frozenset(self._find_captured())

    @cached_property
    def opaque(self) -> bool:
        """Whether something can see the frame's variables by name: then nothing may be unbound."""
        return self._index.holds(self.function, self._names.frame_readers)

    @cached_property
    def is_generator(self) -> bool:
        """Whether calling the function only makes a generator or a coroutine."""
        if isinstance(self.function, ast.AsyncFunctionDef):
            return True
        kinds = (ast.Yield, ast.YieldFrom)
        return any(isinstance(n, kinds) for n in self._own_nodes)

    @property
    def locals(self) -> frozenset[str]:
        """The function's own names, parameters included."""
        return frozenset(self._bit)

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names bound by the call itself."""
        return frozenset(n for n, nodes in self._scope.bindings.items() if isinstance(nodes[0], ast.arg))

    @cached_property
    def _own_nodes(self) -> list[ast.AST]:
        return self._index.outside(self.function.body, (*DEFS, ast.Lambda, ast.ClassDef))

    def own_nodes(self) -> Iterator[ast.AST]:
        """Nodes of the body, without the bodies of functions, lambdas and classes inside it."""
        return iter(self._own_nodes)

    @cached_property
    def own_statements(self) -> tuple[ast.stmt, ...]:
        """Statements of the body in source order, not those of functions inside it."""
        return tuple(node for node in self._own_nodes if isinstance(node, ast.stmt))

    def live_before(self, stmt: ast.stmt) -> frozenset[str]:
        """Names whose value may still be read when a statement begins."""
        return self._named(self._live[self._graph.entry[stmt]])

    def live_after(self, stmt: ast.stmt) -> frozenset[str]:
        """Names whose value may still be read once a statement is over; captured names always."""
        live = 0
        for follower in self._followers(stmt):
            live |= self._live[follower]
        return self._named(live) | self.captured

    def bound_after(self, stmt: ast.stmt) -> frozenset[str]:
        """Names that certainly have a value once a statement is over."""
        entry = self._graph.entry[stmt]
        follow = self._graph.after[stmt]
        if self._is_compound(stmt):
            return self._named(self._bound[follow])
        return self._named((self._bound[entry] | self._binds[entry]) & ~self._drops[entry])

    def definitions(self, name: str, stmt: ast.stmt) -> frozenset[ast.AST]:
        """The statements (or the parameter) whose binding of `name` may reach a statement."""
        made = self._definitions
        bits = self._reaching[self._graph.entry[stmt]] & made.of_name.get(name, 0)
        return frozenset(made.nodes[n] for n in _ones(bits))

    def can_follow(self, later: ast.stmt, earlier: ast.stmt) -> bool:
        """Whether `later` may run after `earlier` has run."""
        entry = self._graph.entry
        return entry[later] in self._graph.reachable(entry[earlier])

    def _followers(self, stmt: ast.stmt) -> list[int]:
        if self._is_compound(stmt):
            return [self._graph.after[stmt]]
        return self._graph.done[self._graph.entry[stmt]]

    @staticmethod
    def _is_compound(stmt: ast.stmt) -> bool:
        is_definition = isinstance(stmt, (*DEFS, ast.ClassDef))
        return hasattr(stmt, "cases") or (hasattr(stmt, "body") and not is_definition)

    def _named(self, bits: int) -> frozenset[str]:
        return frozenset(self._own[n] for n in _ones(bits))

    @cached_property
    def _live(self) -> list[int]:
        done, raised = self._graph.done, self._graph.raised
        live = [0] * len(done)
        for region, loops in self._graph.regions:
            changed = True
            while changed:
                changed = False
                # Steps are numbered from the end of the function backwards, the way liveness flows.
                for i in region:
                    out = 0
                    for follower in done[i]:
                        out |= live[follower]
                    new = self._reads[i] | (out & ~self._kills[i])
                    for handler in raised[i]:
                        new |= live[handler]
                    if new != live[i]:
                        live[i] = new
                        changed = loops
        return live

    @cached_property
    def _bound(self) -> list[int]:
        done, raised = self._graph.done, self._graph.raised
        everything = sum(self._bit.values())
        bound = [everything] * len(done)
        bound[self._graph.start] = sum(self._bit[n] for n in self.parameters if n in self._bit)
        for region, loops in reversed(self._graph.regions):
            changed = True
            while changed:
                changed = False
                for i in reversed(region):
                    early = bound[i] & ~self._drops[i]
                    for targets, value in ((done[i], early | self._kept(i)), (raised[i], early)):
                        for target in targets:
                            if bound[target] & ~value:
                                bound[target] &= value
                                changed = loops
        return bound

    def _kept(self, step: int) -> int:
        return self._binds[step] & ~self._drops[step]

    @cached_property
    def _definitions(self) -> _Definitions:
        """Every binding of the function, and those that each step makes, as bits."""
        made = _Definitions()
        made.entering = sum(made.bit(n, self._scope.bindings[n][0]) for n in self.parameters)
        for i, step in enumerate(self._graph.steps):
            names = [] if step.stmt is None else [self._own[n] for n in _ones(self._binds[i])]
            bits = sum(made.bit(n, step.stmt) for n in names if step.stmt is not None)
            if step.stmt is not None and (self._index.has_walrus or any(_is_pattern(r) for r in step.reads)):
                for name in self._walrus(step.reads):
                    bits |= made.bit(name, step.stmt)
            made.by_step.append(bits)
        return made

    @cached_property
    def _reaching(self) -> list[int]:
        done, raised, made = self._graph.done, self._graph.raised, self._definitions
        reaching = [0] * len(done)
        reaching[self._graph.start] = made.entering
        killed = [sum(made.of_name.get(self._own[n], 0) for n in _ones(k)) for k in self._kills]
        for region, loops in reversed(self._graph.regions):
            work = list(region)
            while work:
                i = work.pop()
                kept = reaching[i] & ~killed[i] | made.by_step[i]
                for targets, out in ((done[i], kept), (raised[i], reaching[i] | made.by_step[i])):
                    for target in targets:
                        if out & ~reaching[target]:
                            reaching[target] |= out
                            if loops and target in region:
                                work.append(target)
        return reaching

    def _find_captured(self) -> Iterator[str]:
        for name in self._scope.bindings:
            for node in self._names.occurrences(name, self.function):
                if self._is_late(self._names.scopes.places[node]):
                    yield name
                    break

    def _is_late(self, place: Scope) -> bool:
        """Whether code in a scope inside this function may run later than where it stands."""
        if place is self._scope:
            return False
        if place not in self._late:
            self._late[place] = self._runs_late(place)
        return self._late[place]

    def _runs_late(self, place: Scope) -> bool:
        scope: Scope | None = place
        while scope is not None and scope is not self._scope:
            if not scope.is_comprehension:
                return True
            if isinstance(scope.node, ast.GeneratorExp) and not self._consumed(scope.node):
                return True
            scope = scope.parent
        return False

    def _consumed(self, node: ast.GeneratorExp) -> bool:
        call = self._index.parents.get(node)
        if not isinstance(call, ast.Call) or node not in call.args:
            return False
        is_join = isinstance(call.func, ast.Attribute) and call.func.attr == "join"
        return is_join or self._names.dotted(call.func) in _EAGER

    def _summarise(self, reads: Iterable[ast.AST], binds: Iterable[ast.AST]) -> None:
        read = bound = dropped = 0
        for name in self._own_names(reads):
            if not isinstance(name.ctx, ast.Store) or isinstance(
                self._index.parents.get(name), ast.AugAssign
            ):
                read |= self._bit.get(name.id, 0)
        for node in binds:
            if isinstance(node, ast.Delete):
                for target in node.targets:
                    dropped |= self._bit.get(target.id, 0) if isinstance(target, ast.Name) else 0
            elif not isinstance(node, ast.pattern):
                # A pattern binds only if it matches: it neither ends a life nor surely starts one.
                bound |= self._mask(_bound_names(node))
        self._reads.append(read)
        self._binds.append(bound)
        self._kills.append(bound | dropped)
        self._drops.append(dropped)

    def _mask(self, names: Iterable[str]) -> int:
        bits = 0
        for name in names:
            bits |= self._bit.get(name, 0)
        return bits

    def _walrus(self, nodes: Iterable[ast.AST]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.pattern):
                yield from _pattern_names(node)
        for name in self._own_names(nodes):
            if isinstance(self._index.parents.get(name), ast.NamedExpr) and isinstance(name.ctx, ast.Store):
                yield name.id

    def _own_names(self, nodes: Iterable[ast.AST]) -> Iterator[ast.Name]:
        """Names of this function in what a step evaluates; those in inner functions are captured anyway."""
        resolve = self._names.scopes.resolve
        for node in nodes:
            for name in self._index.names(node):
                if resolve(name) is self._scope:
                    yield name


@dataclass(slots=True)
class _Definitions:
    """Bindings numbered: the node of each, the bits of each name, those of each step and of the call."""

    nodes: list[ast.AST] = field(default_factory=list)
    of_name: dict[str, int] = field(default_factory=dict)
    by_step: list[int] = field(default_factory=list)
    entering: int = 0
    _bits: dict[tuple[str, ast.AST], int] = field(default_factory=dict)

    def bit(self, name: str, node: ast.AST) -> int:
        """The bit of one binding."""
        if (name, node) not in self._bits:
            self._bits[name, node] = bit = 1 << len(self.nodes)
            self.nodes.append(node)
            self.of_name[name] = self.of_name.get(name, 0) | bit
        return self._bits[name, node]


def _ones(bits: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _is_pattern(node: ast.AST) -> bool:
    return isinstance(node, ast.pattern)


def _bound_names(node: ast.AST) -> Iterator[str]:
    """Names that a statement, or a target, certainly binds when it has run."""
    match node:
        case ast.Name():
            yield node.id
        case ast.Tuple() | ast.List():
            for element in node.elts:
                yield from _bound_names(element)
        case ast.Starred():
            yield from _bound_names(node.value)
        case ast.Assign():
            for target in node.targets:
                yield from _bound_names(target)
        case ast.AugAssign():
            yield from _bound_names(node.target)
        case ast.AnnAssign() if node.value is not None:
            yield from _bound_names(node.target)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
        case ast.ExceptHandler() if node.name:
            yield node.name


def _pattern_names(node: ast.pattern) -> Iterator[str]:
    for part in ast.walk(node):
        name = getattr(part, "rest", None) if isinstance(part, ast.MatchMapping) else None
        if isinstance(part, (ast.MatchAs, ast.MatchStar)):
            name = part.name
        if name:
            yield name
