"""What calls of the project's own functions return, inferred by astroid.

The function may stand in the same file or in another one of the project. Libraries are a closed
world: PyTorch and NumPy are a few stubs here, all others are unknown, so nothing of them is read,
let alone imported. What cannot be settled in time is undecided.
"""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from codeopt.facts.index import DefNode

if TYPE_CHECKING:
    from codeopt.facts import Facts
    from codeopt.facts.world import World

# What a function returns in one of these is none of the kinds, or cannot be told.
_UNDECIDED = (
    ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp,
    ast.SetComp, ast.GeneratorExp, ast.JoinedStr, ast.Lambda, ast.Await, ast.BoolOp, ast.Starred,
)  # fmt: skip


class Inferred:
    """Kinds of value that calls of project functions give, for the calls of one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._results: dict[tuple[Path, str], str | None] = {}

    def kind(self, call: ast.Call) -> str | None:
        """`number`, `tensor` (with a graph, as far as code shows), `detached`, `ndarray` or `none`.

        None where the call is not of a plain function of the project, where that may return
        several of these, or where it cannot be told.
        """
        callee = self._facts.summaries.callee(call)
        if callee is None or callee.bound or not callee.facts.inferred._is_hopeful(callee.function):
            return None
        place = (callee.facts.source.path, callee.function.name)
        if place not in self._results:
            text = callee.facts.inferred._excerpt(callee.function)
            self._results[place] = self._world.returned(*place, text)
        return self._results[place]

    @cached_property
    def _world(self) -> World:
        from codeopt.facts.world import World

        return World(self._facts.source)

    def _excerpt(self, function: DefNode) -> str:
        """The function with all of the module that it may refer to: whole files take astroid long."""
        facts = self._facts
        bindings = facts.names.scope(facts.tree).bindings
        needed: set[ast.stmt] = set()
        work: list[ast.AST] = [function, *facts.walk(ast.Global)]
        while work:
            node = work.pop()
            top = next(
                (a for a in (node, *facts.index.ancestors(node)) if facts.parent(a) is facts.tree), None
            )
            if isinstance(top, ast.stmt) and top not in needed:
                needed.add(top)
                names = {n.id for n in facts.under(top) if isinstance(n, ast.Name)}
                work += [bound for name in names for bound in bindings.get(name, ())]
        stars = (s for s in facts.tree.body if isinstance(s, ast.ImportFrom) and s.names[0].name == "*")
        return "\n".join(facts.text(s) for s in sorted(needed.union(stars), key=facts.index.order)) + "\n"

    def _is_hopeful(self, function: DefNode) -> bool:
        """Whether a glance at what a function returns leaves hope that one kind can be told."""
        values = [r.value for r in self._facts.under(function) if isinstance(r, ast.Return)]
        return bool(values) and all(v is not None and self._may_tell(v, function) for v in values)

    def _may_tell(self, value: ast.expr, function: DefNode, *, named: bool = False) -> bool:
        """Whether an expression, or any that a name in its place is bound to, may be told to be of a kind."""
        if isinstance(value, _UNDECIDED) or (isinstance(value, ast.Constant) and value.value is None):
            return False
        names = self._facts.names
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            return names.home(value.func) is not function
        if not isinstance(value, ast.Name) or names.home(value) is not function:
            return True
        bound = names.bindings(value.id, function)
        if named or any(isinstance(node, ast.arg) for node in bound):
            return named
        made = [self._facts.parent(node) for node in bound]
        values = [m.value for m in made if isinstance(m, ast.Assign) and m.targets == [bound[made.index(m)]]]
        return all(self._may_tell(v, function, named=True) for v in values)
