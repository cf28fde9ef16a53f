"""Loops around a node, and which names carry a value from one turn to the next."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts.index import DEFS, FUNCTIONS, LOOPS

if TYPE_CHECKING:
    from codeopt.facts import Facts

Loop = ast.For | ast.AsyncFor | ast.While


class Loops:
    """Loop questions about one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def around(self, node: ast.AST) -> list[Loop]:
        """The loops of the same function whose body repeats a node, innermost first."""
        found: list[Loop] = []
        below = node
        for parent in self._facts.index.ancestors(node):
            if isinstance(parent, FUNCTIONS):
                break
            if isinstance(parent, LOOPS) and (below in parent.body or below is getattr(parent, "test", None)):
                found.append(parent)
            below = parent
        return found

    def in_blocks(self, node: ast.AST) -> bool:
        """Whether a node stands in a loop over blocks, `range(0, n, 64)`: what it makes is small already."""
        return any(self._goes_over_blocks(loop) for loop in self.around(node))

    def _goes_over_blocks(self, loop: Loop) -> bool:
        match loop:
            case ast.For(iter=ast.Call(args=[_, _, ast.Constant(value=int(step))]) as call) if step > 1:
                return self._facts.names.dotted(call.func) == "builtins.range"
        return False

    def carried(self, name: str, loop: Loop) -> bool:
        """Whether a turn of the loop may read the value that an earlier turn bound to `name`."""
        function = self._facts.function(loop)
        if not isinstance(function, DEFS):
            return True
        flow = self._facts.flow(function)
        inside = set(self._facts.under(loop)) - {loop}
        first = loop.body[0]
        if name not in flow.live_before(first) and name not in flow.captured:
            return False
        return any(d in inside or d is loop for d in flow.definitions(name, first)) or name in flow.captured
