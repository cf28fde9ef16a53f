"""What rules may ask about a file: one object, one family of questions a module.

Everything is decided on the standard library's `ast`: it is one to two orders of magnitude
faster than a concrete tree, and its positions are the UTF-8 byte offsets that edits use.
Each family is worked out at its first question, so a rule pays only for what it asks.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from functools import cached_property
from typing import TypeVar

from codeopt.edit import Span
from codeopt.facts.aliases import Aliases
from codeopt.facts.arrays import Arrays
from codeopt.facts.aside import is_aside
from codeopt.facts.axes import Axes
from codeopt.facts.edits import Edits
from codeopt.facts.extent import Extents
from codeopt.facts.flow import Flow
from codeopt.facts.grad import Grad
from codeopt.facts.in_place import InPlace
from codeopt.facts.index import DEFS, DefNode, FunctionNode, Index
from codeopt.facts.inferred import Inferred
from codeopt.facts.lifetimes import Lifetimes
from codeopt.facts.loops import Loops
from codeopt.facts.names import Names
from codeopt.facts.overwrite import Overwrites
from codeopt.facts.summaries import Summaries
from codeopt.source import Problem, SourceFile

N = TypeVar("N", bound=ast.AST)
_DEEPEST = 400


class Facts:
    """The facts of one file; build it with `Facts.of`.

    `deciding`: nobody wants sites that are not certain, so a rule may leave them out early. It must
    find the same certain ones all the same.
    """

    def __init__(self, source: SourceFile, tree: ast.Module, *, deciding: bool = False) -> None:
        self.source = source
        self.deciding = deciding
        self.tree = tree
        self.index = Index(tree)
        self._flows: dict[DefNode, Flow] = {}

    @classmethod
    def of(cls, source: SourceFile, *, deciding: bool = False) -> Facts | Problem:
        """Parse a file; what cannot be parsed is a Problem with its line."""
        try:
            with warnings.catch_warnings():
                # Invalid escapes in the user's strings are not this program's warnings.
                warnings.simplefilter("ignore")
                tree = ast.parse(source.text)
        except SyntaxError as error:
            return Problem(source.name, error.lineno or 1, f"cannot parse: {error.msg}")
        except (ValueError, RecursionError, MemoryError) as error:
            return Problem(source.name, 1, f"cannot parse: {error or type(error).__name__}")
        facts = cls(source, tree, deciding=deciding)
        if facts.index.depth > min(_DEEPEST, sys.getrecursionlimit() // 2):
            return Problem(source.name, 1, f"nested too deeply ({facts.index.depth} levels)")
        return facts

    def close(self) -> None:
        """Let go of everything: these parts refer to each other, and would wait for the garbage collector."""
        names, summaries = (self.__dict__.get(part) for part in ("names", "summaries"))
        if isinstance(names, Names):
            names.close()
        self.__dict__.clear()
        if isinstance(summaries, Summaries):
            summaries.close()

    def walk(self, *kinds: type[N]) -> Iterator[N]:
        """All nodes of exactly these types, in source order."""
        return self.index.walk(*kinds)

    def under(self, node: ast.AST) -> list[ast.AST]:
        """A node and all nodes below it, in source order; a slice of the index, not a new walk."""
        return self.index.under(node)

    def text(self, node: ast.AST) -> str:
        """The source text of a node, in parentheses where it cannot stand without."""
        start, end = self.range(node)
        text = self.source.data[start:end].decode()
        return f"({text})" if isinstance(node, (ast.NamedExpr, ast.Yield, ast.YieldFrom)) else text

    def range(self, node: ast.AST) -> tuple[int, int]:
        """UTF-8 byte offsets of a node."""
        return self.edits.range(node)

    def span(self, node: ast.AST) -> Span:
        """Where a node stands, for reports."""
        return self.source.span(*self.range(node))

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node around a node; None for the module."""
        return self.index.parents.get(node)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement around a node."""
        return self.index.statement(node)

    def function(self, node: ast.AST) -> FunctionNode:
        """The function, lambda or module whose code a node is."""
        return self.index.function(node)

    def function_name(self, node: ast.AST) -> str:
        """The qualified name of the function around a node, `<module>` at the top."""
        return self.index.qualname(node)

    def is_aside(self, node: ast.AST) -> bool:
        """Whether the code around a node is for a compiler (Numba, TorchScript, JAX), for tests, for another
        version or a demo (under a condition at the top of the module), or turned off by a constant."""
        return is_aside(self, node)

    def functions(self) -> Iterator[DefNode]:
        """Every `def` and `async def`, in source order."""
        return self.index.walk(*DEFS)

    @cached_property
    def names(self) -> Names:
        """What names mean."""
        return Names(self.tree, self.index)

    def flow(self, function: DefNode) -> Flow:
        """Liveness and definitions in one function; worked out once."""
        if function not in self._flows:
            self._flows[function] = Flow(function, self.names, self.index)
        return self._flows[function]

    @cached_property
    def loops(self) -> Loops:
        """Loops and what they carry."""
        return Loops(self)

    @cached_property
    def aliases(self) -> Aliases:
        """Who owns the memory behind a name."""
        return Aliases(self)

    @cached_property
    def arrays(self) -> Arrays:
        """Kinds, dtypes and ranks."""
        return Arrays(self)

    @cached_property
    def extents(self) -> Extents:
        """How many dimensions have a length with a name."""
        return Extents(self)

    @cached_property
    def axes(self) -> Axes:
        """How many axes of unbounded length there are at least."""
        return Axes(self)

    @cached_property
    def in_place(self) -> InPlace:
        """Array expressions taken apart into steps."""
        return InPlace(self)

    @cached_property
    def overwrites(self) -> Overwrites:
        """Statements that could work in the memory of what they use up."""
        return Overwrites(self)

    @cached_property
    def lifetimes(self) -> Lifetimes:
        """Values that outlive their last read."""
        return Lifetimes(self)

    @cached_property
    def grad(self) -> Grad:
        """Where gradients are off."""
        return Grad(self)

    @cached_property
    def evaluated(self) -> dict[ast.AST, list[ast.expr]]:
        """What each function puts into evaluation mode."""
        from codeopt.facts.torch_use import evaluated

        return evaluated(self)

    @cached_property
    def inferred(self) -> Inferred:
        """What the project's own functions return."""
        return Inferred(self)

    @cached_property
    def summaries(self) -> Summaries:
        """What calls of the project's own functions do with their arguments, and give back."""
        return Summaries(self)

    @cached_property
    def edits(self) -> Edits:
        """How to change the text."""
        return Edits(self.source, self.index)
