"""Lists that a loop fills one item a turn, to be stacked when it is through."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.facts import patterns
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_JUMPS = (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom)


@dataclass(frozen=True, slots=True)
class Growth:
    """`birth` binds the empty list, each turn of `loop` adds `value` to it by `append`."""

    birth: ast.stmt
    loop: ast.For
    append: ast.stmt
    value: ast.expr


def grown(facts: Facts, rows: ast.Name, stmt: ast.stmt) -> Growth | None:
    """How the two statements before `stmt`, the only reader, fill a list with one item a turn."""
    block, function = facts.edits.siblings(stmt), facts.function(stmt)
    place = block.index(stmt)
    if place < 2 or not isinstance(function, DEFS) or facts.names.home(rows) is not function:
        return None
    birth, loop = block[place - 2 : place]
    if not isinstance(loop, ast.For) or loop.orelse or not sized(facts, loop.iter):
        return None
    if not isinstance(birth, ast.Assign) or ast.unparse(birth) != f"{rows.id} = []":
        return None
    if any(isinstance(n, _JUMPS) for n in facts.under(loop)):
        return None
    for append in loop.body:
        found = patterns.method(append.value, "append") if isinstance(append, ast.Expr) else None
        named = found is not None and isinstance(found[0], ast.Name) and found[0].id == rows.id
        if found is None or not named or len(found[1].args) != 1:
            continue
        alone = len(facts.names.occurrences(rows.id, function)) == 3
        return Growth(birth, loop, append, found[1].args[0]) if alone else None
    return None


def sized(facts: Facts, items: ast.expr) -> bool:
    """Whether what is gone through may have a length that can be asked for in every turn."""
    return patterns.plain(items) or patterns.is_call(facts, items, "builtins.range")
