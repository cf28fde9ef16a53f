"""Which names may have the rows that they meet in row-wise expressions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns
from codeopt.facts.index import DefNode
from codeopt.facts.rows import Region, Size, bound

if TYPE_CHECKING:
    from codeopt.facts import Facts


class Spread:
    """Takes names of one function, without those that were `barred`; `alike` are the calls that work
    element by element."""

    def __init__(self, facts: Facts, function: DefNode, alike: frozenset[str]) -> None:
        self._facts = facts
        self._function = function
        self._alike = alike
        self.barred: set[str] = set()

    def take(self, node: ast.expr, size: Size, region: Region) -> None:
        """Take what meets rows as it stands, or through element-wise steps, to have rows as well."""
        match node:
            case ast.Name(id=name) if self.local(node):
                made = next((s for s in region.stmts if bound(s) == name), None)
                if isinstance(made, ast.Assign):
                    if node not in self._facts.under(made):
                        self.take(made.value, size, region)
                elif not self._has_no_rows(node):
                    region.inputs.setdefault(name, size)
            case ast.BinOp(left=left, right=right) if not isinstance(node.op, ast.MatMult):
                self.take(left, size, region)
                self.take(right, size, region)
            case ast.UnaryOp(operand=operand):
                self.take(operand, size, region)
            case ast.Subscript(slice=ast.Name() as index):
                self.take(index, Size.REDUCED, region)
            case ast.Call(args=[first, *_]) if self._facts.names.dotted(node.func) in self._alike:
                self.take(first, size, region)

    def local(self, name: ast.Name) -> bool:
        """Whether a name is one of the function's own."""
        return self._facts.names.home(name) is self._function

    def _has_no_rows(self, name: ast.Name) -> bool:
        """Whether a name surely is a number, or what all rows of something add up to."""
        if name.id in self.barred or self._is_option(name.id):
            return True
        stmt = self._facts.statement(name)
        made = self._facts.flow(self._function).definitions(name.id, stmt)
        return any(self._sums_up(n) for d in made if isinstance(d, ast.Assign) for n in self._facts.under(d))

    def _sums_up(self, node: ast.AST) -> bool:
        found = patterns.reduction(self._facts, node, *library.REDUCTIONS)
        return found is not None and patterns.number(found[1].get("axis", ast.Constant(0))) == 0

    def _is_option(self, name: str) -> bool:
        """Whether a parameter has a number as its default."""
        arguments = self._function.args
        plain = [*arguments.posonlyargs, *arguments.args]
        given = plain[len(plain) - len(arguments.defaults) :]
        pairs = [*zip(given, arguments.defaults, strict=True)]
        pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d]
        return any(a.arg == name and isinstance(d, ast.Constant) for a, d in pairs)
