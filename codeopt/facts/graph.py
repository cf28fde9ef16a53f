"""The control-flow graph of one function: a step a statement header, built from back to front.

Plain lists instead of a graph library: `check` builds one for each function it suspects, and
importing a graph library alone costs more than that. Where the true flow is hard to know
(exceptions, `finally`, a `with` that may swallow) there are more edges than the program has;
for liveness that only means that more names count as live.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

SIMPLE_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


@dataclass(slots=True, eq=False)
class Step:
    """One point of a function: what it evaluates, what it binds, where control goes from it."""

    reads: Sequence[ast.AST] = ()
    binds: Sequence[ast.AST] = ()
    stmt: ast.stmt | None = None
    next: list[int] = field(default_factory=list)
    raises_to: list[int] = field(default_factory=list)


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
        self.steps: list[Step] = []
        self.entry: dict[ast.stmt, int] = {}
        self.after: dict[ast.stmt, int] = {}
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
        raises = list(targets.raises) if targets else []
        present = [r for r in reads if r is not None]
        self.steps.append(Step(present, binds, stmt, list(following), raises))
        return len(self.steps) - 1

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
        self.steps[turn].next.append(self._block(stmt.body, head, inner))
        self.steps[head].next += [turn, self._block(stmt.orelse, follow, targets)]
        return self._step([stmt.iter], (), stmt, [head], targets)

    def _while(self, stmt: ast.While, follow: int, targets: _Targets) -> int:
        head = self._step([stmt.test], (), stmt, (), targets)
        inner = _Targets(targets.returns, targets.raises, follow, head)
        body = self._block(stmt.body, head, inner)
        self.steps[head].next += [body, self._block(stmt.orelse, follow, targets)]
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
