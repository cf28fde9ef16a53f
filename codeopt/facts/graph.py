"""The control-flow graph of one function: a step a statement header, built from back to front.

Steps are numbered. `done` and `raised` say where control goes: once a step is over, and by an
exception inside it. Where the true flow is hard to know (exceptions, `finally`, a `with` that may
swallow) there are more edges than the program has; for liveness that only means that more names
count as live. Plain lists: a library of graphs takes longer to import than a project to check.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property


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
        self.done: list[list[int]] = []
        self.raised: list[list[int]] = []
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
        self.done.append(list(dict.fromkeys(following)))
        self.raised.append(list(dict.fromkeys(targets.raises)) if targets else [])
        return number

    def _go(self, step: int, following: Iterable[int]) -> None:
        self.done[step] = list(dict.fromkeys((*self.done[step], *following)))

    @cached_property
    def regions(self) -> list[tuple[list[int], bool]]:
        """Strongly connected steps, last to run first, and whether control can go round in them.

        Only a loop needs its equations solved again and again; all else is settled in one visit.
        Tarjan's algorithm, without recursion.
        """
        following = [[*d, *r] if r else d for d, r in zip(self.done, self.raised, strict=True)]
        found: list[tuple[list[int], bool]] = []
        low = [-1] * len(following)
        settled = [False] * len(following)
        path: list[int] = []
        count = 0
        for root in range(len(following)):
            work = [] if settled[root] else [(root, iter(following[root]), count)]
            while work:
                step, rest, number = work[-1]
                if low[step] < 0:
                    low[step] = count
                    count += 1
                    path.append(step)
                target = next((t for t in rest if not settled[t]), None)
                if target is None:
                    work.pop()
                    if low[step] == number:
                        found.append(self._settle(step, path, settled, following))
                    if work:
                        above = work[-1][0]
                        low[above] = min(low[above], low[step])
                elif low[target] < 0:
                    work.append((target, iter(following[target]), count))
                else:
                    low[step] = min(low[step], low[target])
        return found

    @staticmethod
    def _settle(
        step: int, path: list[int], settled: list[bool], following: list[list[int]]
    ) -> tuple[list[int], bool]:
        """Take the region that was entered at `step` off the path."""
        begin = path.index(step)
        region = sorted(path[begin:])
        del path[begin:]
        for member in region:
            settled[member] = True
        return region, len(region) > 1 or step in following[step]

    def reachable(self, step: int) -> frozenset[int]:
        """Steps that may run after a step has begun; itself if it can come round again."""
        if step not in self._reachable:
            found: set[int] = set()
            work = [step]
            while work:
                last = work.pop()
                more = {*self.done[last], *self.raised[last]} - found
                found |= more
                work += more
            self._reachable[step] = frozenset(found)
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
