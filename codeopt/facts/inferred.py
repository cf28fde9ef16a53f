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

from codeopt.facts.index import DEFS, DefNode
from codeopt.facts.siblings import find_module

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

        None where the call is not of a function of the project in plain sight, where it may
        return several of these, or where that cannot be told.
        """
        here = self._here(call.func)
        place = (self._facts.source.path, here.name) if here else self._elsewhere(call.func)
        if place is None:
            return None
        if place not in self._results:
            self._results[place] = self._world.returned(*place, self._excerpt(here) if here else None)
        return self._results[place]

    @cached_property
    def _world(self) -> World:
        from codeopt.facts.world import World

        return World(self._facts.source)

    def _here(self, target: ast.expr) -> DefNode | None:
        """The function of this file that is called, unless a glance tells that nothing can be told."""
        home = self._facts.names.home(target) if isinstance(target, ast.Name) else None
        if not isinstance(target, ast.Name) or not isinstance(home, ast.Module):
            return None
        bindings = self._facts.names.bindings(target.id, home)
        only = bindings[0] if len(bindings) == 1 else None
        return only if isinstance(only, DEFS) and self._hopeful(only) else None

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

    def _hopeful(self, function: DefNode) -> bool:
        returns = [n for n in self._facts.under(function) if isinstance(n, ast.Return)]
        parameters = {a.arg for a in self._facts.under(function.args) if isinstance(a, ast.arg)}
        for value in (r.value for r in returns):
            if isinstance(value, _UNDECIDED) or (isinstance(value, ast.Constant) and value.value is None):
                return False
            if isinstance(value, ast.Name) and value.id in parameters:
                return False
        return bool(returns)

    def _elsewhere(self, target: ast.expr) -> tuple[Path, str] | None:
        """The file and name of the function that is called, if the project imports it."""
        dotted = self._facts.names.dotted(target)
        module, _, name = (dotted or "").rpartition(".")
        file = find_module(self._facts.source.path, module) if module else None
        return None if file is None else (file, name)
