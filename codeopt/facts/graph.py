"""The control-flow graph of one function: a step a statement header, built from back to front.

Steps are the numbered nodes of a `networkx.DiGraph`. An edge says which way control takes it: once
the step is over (`done`), by an exception inside it (`raised`), or both. Where the true flow is
hard to know (exceptions, `finally`, a `with` that may swallow) there are more edges than the
program has; for liveness that only means that more names count as live.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import networkx as nx


@dataclass(slots=True, eq=False)
class Step:
    """One point of a function: what it evaluates and what it binds."""

    reads: Sequence[ast.AST] = ()
    binds: Sequence[ast.AST] = ()
    stmt: ast.stmt | None = None


@dataclass(frozen=True, slots=True)
class _Targets:
    """Where control goes when it leaves a block other than at its end."""

    returns: int
    raises: tuple[int, ...] = ()
    breaks: int = -1
    continues: int = -1


class Graph:
    """Steps of a function body; `entry` and `after` say where a statement begins and what follows it."""

    def __init__(self, body: list[ast.stmt]) -> None:
        self.flow: nx.DiGraph[int] = nx.DiGraph()
        self.steps: list[Step] = []
        self.entry: dict[ast.stmt, int] = {}
        self.after: dict[ast.stmt, int] = {}
        self._reachable: dict[int, frozenset[int]] = {}
        self.end = self._step()
        self.start = self._block(body, self.end, _Targets(self.end))

    def _step(
        self,
        reads: Sequence[ast.AST | None] = (),
        binds: Sequence[ast.AST] = (),
        stmt: ast.stmt | None = None,
        following: Sequence[int] = (),
        targets: _Targets | None = None,
    ) -> int:
        number = len(self.steps)
        self.steps.append(Step([r for r in reads if r is not None], binds, stmt))
        self.flow.add_node(number)
        self._go(number, following)
        if targets:
            self.flow.add_edges_from(((number, target) for target in targets.raises), raised=True)
        return number

    def _go(self, step: int, following: Iterable[int]) -> None:
        self.flow.add_edges_from(((step, target) for target in following), done=True)

    @cached_property
    def done(self) -> list[list[int]]:
        """Where control goes after each step; plain lists, which a fixpoint reads many times."""
        return self._by_way("done")

    @cached_property
    def raised(self) -> list[list[int]]:
        """Where control goes from within each step that raises."""
        return self._by_way("raised")

    def _by_way(self, way: str) -> list[list[int]]:
        edges = self.flow.adj
        return [[t for t, ways in edges[n].items() if way in ways] for n in range(len(self.steps))]

    @cached_property
    def regions(self) -> list[tuple[list[int], bool]]:
        """Strongly connected steps, last to run first, and whether control can go round in them.

        Only a loop needs its equations solved again and again; all else is settled in one visit.
        """
        found = nx.strongly_connected_components(self.flow)
        return [(sorted(c), len(c) > 1 or self.flow.has_edge(n := next(iter(c)), n)) for c in found]

    def reachable(self, step: int) -> frozenset[int]:
        """Steps that may run after a step has begun; itself if it can come round again."""
        if step not in self._reachable:
            after = nx.descendants(self.flow, step)
            again = any(step in self.flow.adj[n] for n in (step, *after))
            self._reachable[step] = frozenset(after | {step} if again else after)
        return self._reachable[step]

    def _block(self, body: list[ast.stmt], follow: int, targets: _Targets) -> int:
        for stmt in reversed(body):
            self.after[stmt] = follow
            follow = self.entry[stmt] = self._statement(stmt, follow, targets)
        return follow

    def _statement(self, stmt: ast.stmt, follow: int, targets: _Targets) -> int:
        match stmt:
            case ast.If():
                body = self._block(stmt.body, follow, targets)
                other = self._block(stmt.orelse, follow, targets)
                return self._step([stmt.test], (), stmt, [body, other], targets)
            case ast.For() | ast.AsyncFor():
                return self._for(stmt, follow, targets)
            case ast.While():
                return self._while(stmt, follow, targets)
            case ast.With() | ast.AsyncWith():
                return self._with(stmt, follow, targets)
            case ast.Try() | ast.TryStar():
                return self._try(stmt, follow, targets)
            case ast.Match():
                return self._match(stmt, follow, targets)
            case ast.Return():
                return self._step([stmt], (), stmt, [targets.returns], targets)
            case ast.Raise():
                return self._step([stmt], (), stmt, targets.raises or [targets.returns], targets)
            case ast.Break():
                return self._step((), (), stmt, [targets.breaks if targets.breaks >= 0 else follow])
            case ast.Continue():
                return self._step((), (), stmt, [targets.continues if targets.continues >= 0 else follow])
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return self._step([stmt], [stmt], stmt, [follow], targets)
        return self._step([stmt], [stmt], stmt, [follow], targets)

    def _for(self, stmt: ast.For | ast.AsyncFor, follow: int, targets: _Targets) -> int:
        head = self._step((), (), stmt, (), targets)
        inner = _Targets(targets.returns, targets.raises, follow, head)
        turn = self._step([stmt.target], [stmt.target], stmt, (), targets)
        self._go(turn, [self._block(stmt.body, head, inner)])
        self._go(head, [turn, self._block(stmt.orelse, follow, targets)])
        return self._step([stmt.iter], (), stmt, [head], targets)

    def _while(self, stmt: ast.While, follow: int, targets: _Targets) -> int:
        head = self._step([stmt.test], (), stmt, (), targets)
        inner = _Targets(targets.returns, targets.raises, follow, head)
        body = self._block(stmt.body, head, inner)
        self._go(head, [body, self._block(stmt.orelse, follow, targets)])
        return head

    def _with(self, stmt: ast.With | ast.AsyncWith, follow: int, targets: _Targets) -> int:
        # A context manager may swallow what its body raises and go on below.
        raises = (*targets.raises, follow)
        inner = _Targets(targets.returns, raises, targets.breaks, targets.continues)
        body = self._block(stmt.body, follow, inner)
        names = [item.optional_vars for item in stmt.items if item.optional_vars is not None]
        reads = [item.context_expr for item in stmt.items]
        return self._step([*reads, *names], names, stmt, [body], targets)

    def _try(self, stmt: ast.Try | ast.TryStar, follow: int, targets: _Targets) -> int:
        if stmt.finalbody:
            ways = [follow, targets.returns, *targets.raises]
            ways += [w for w in (targets.breaks, targets.continues) if w >= 0]
            leave = self._step(following=list(dict.fromkeys(ways)))
            final = self._block(stmt.finalbody, leave, targets)
            breaks = final if targets.breaks >= 0 else -1
            continues = final if targets.continues >= 0 else -1
            targets = _Targets(final, (final, *targets.raises), breaks, continues)
            follow = final
        handlers: list[int] = []
        for handler in stmt.handlers:
            body = self._block(handler.body, follow, targets)
            binds = [handler] if handler.name else []
            handlers.append(self._step([handler.type], binds, stmt, [body], targets))
        orelse = self._block(stmt.orelse, follow, targets)
        raises = (*handlers, *targets.raises)
        inner = _Targets(targets.returns, raises, targets.breaks, targets.continues)
        return self._step((), (), stmt, [self._block(stmt.body, orelse, inner)], targets)

    def _match(self, stmt: ast.Match, follow: int, targets: _Targets) -> int:
        otherwise = follow
        for case in reversed(stmt.cases):
            body = self._block(case.body, follow, targets)
            guard = self._step([case.guard], (), stmt, [body, otherwise], targets)
            otherwise = self._step([case.pattern], [case.pattern], stmt, [guard, otherwise], targets)
        return self._step([stmt.subject], (), stmt, [otherwise], targets)
