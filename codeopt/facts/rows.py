"""What is noted of a run of statements that treat every row of their arrays by itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import IntEnum


class Size(IntEnum):
    """How much of a row a value keeps; `SHARED` values have no rows."""

    SHARED = 0
    REDUCED = 1
    PRODUCT = 2
    FULL = 3


@dataclass
class Region:
    """Consecutive statements, the arrays whose rows they take (`inputs`), and what is left of them.

    The first of the inputs says how many rows there are. `sizes` are the names that the statements bind
    to values with rows, `shared` those without, `totals` those to which all rows add up, each with how.
    `outputs` are names of `sizes` that are read later, `parts` the row-wise expressions inside the last
    statement where that does more than bind a name, `added` the totals there. `made` is what the
    statements allocate, `products` whether that or the order of additions may round differently.
    """

    inputs: dict[str, Size]
    stmts: list[ast.stmt] = field(default_factory=list)
    sizes: dict[str, Size] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    totals: dict[str, str] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    parts: dict[ast.expr, Size] = field(default_factory=dict)
    added: dict[ast.expr, str] = field(default_factory=dict)
    made: dict[ast.AST, Size] = field(default_factory=dict)
    products: bool = False

    @property
    def last(self) -> ast.stmt:
        """The statement that ends the run."""
        return self.stmts[-1]


def bound(stmt: ast.stmt) -> str | None:
    """The only name that a plain assignment binds."""
    match stmt:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None
