"""Building edits: replace expressions and statements, insert, delete, wrap, losing nothing of the text.

Splicing by `ast` positions instead of regenerating code keeps comments, quotes, newlines and
indentation by construction; only statement boundaries need care, and that care is here. What
moves statements to another depth is built by LibCST (`concrete`).
An empty tuple means that the change cannot be made at that place.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from codeopt.edit import Edit
from codeopt.facts.index import Index
from codeopt.source import SourceFile

if TYPE_CHECKING:
    from codeopt.facts.concrete import Concrete

_REST_OF_LINE = re.compile(rb"[ \t\f]*;?[ \t\f]*(#[^\r\n]*)?(?=\r|\n|\Z)")
_END_OF_LINE = re.compile(rb"[^\r\n]*")
_COMPOUND = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While,
    ast.If, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match,
)  # fmt: skip

# How tightly an expression binds, loosest first; what is not named is an atom.
_ATOM = 20
_BINDING: dict[type[ast.AST], int] = {
    ast.NamedExpr: 0, ast.Yield: 0, ast.YieldFrom: 0, ast.Starred: 0, ast.Tuple: 1, ast.GeneratorExp: 1,
    ast.Lambda: 2, ast.IfExp: 3, ast.Compare: 7, ast.Await: 16,
    ast.Or: 4, ast.And: 5, ast.Not: 6, ast.BitOr: 8, ast.BitXor: 9, ast.BitAnd: 10,
    ast.LShift: 11, ast.RShift: 11, ast.Add: 12, ast.Sub: 12, ast.Mult: 13, ast.Div: 13,
    ast.FloorDiv: 13, ast.Mod: 13, ast.MatMult: 13, ast.UAdd: 14, ast.USub: 14, ast.Invert: 14, ast.Pow: 15,
}  # fmt: skip
_ROOMY = {  # places inside brackets or to the right of a keyword: anything from a lambda up fits
    ast.Call: ("args",), ast.keyword: ("value",), ast.Assign: ("value",), ast.AugAssign: ("value",),
    ast.AnnAssign: ("value",), ast.Return: ("value",), ast.Expr: ("value",), ast.List: ("elts",),
    ast.Tuple: ("elts",), ast.Set: ("elts",), ast.Subscript: ("slice",), ast.If: ("test",),
    ast.While: ("test",), ast.Dict: ("values",), ast.ListComp: ("elt",), ast.SetComp: ("elt",),
    ast.GeneratorExp: ("elt",),
}  # fmt: skip


class Edits:
    """Edits of one file, by tree nodes."""

    def __init__(self, source: SourceFile, index: Index) -> None:
        self._source = source
        self._index = index
        self._concretes: dict[tuple[int, int], Concrete | None] = {}

    def range(self, node: ast.AST) -> tuple[int, int]:
        """Byte offsets of a node; a decorated definition starts at its first decorator."""
        offset = self._source.offset
        line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]
        start = offset(line, column)
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        if decorators:
            first = offset(decorators[0].lineno, decorators[0].col_offset)
            start = self._source.data.rindex(b"@", 0, first)
        return start, offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def replace(self, node: ast.expr, text: str) -> tuple[Edit, ...]:
        """Put an expression in the place of another, in parentheses where it needs them; nothing where the
        text is none."""
        start, end = self.range(node)
        try:
            new = ast.parse(f"({text}\n)", mode="eval").body
        except SyntaxError:
            return ()  # cut out of parentheses, one of which is missing
        if self._needs_parentheses(node, new, text):
            text = f"({text})"
        elif "\n" not in text and _is_atom(text) and self._parenthesised(node):
            return self._without_parentheses(start, end, text)
        return (Edit(start, end, text),)

    def replace_statement(self, stmt: ast.stmt, lines: list[str]) -> tuple[Edit, ...]:
        """Put simple statements in the place of a simple statement; its comment stays."""
        start, end = self.range(stmt)
        return (Edit(start, end, self._joined(stmt, lines)),)

    def replace_run(self, first: ast.stmt, last: ast.stmt, lines: list[str]) -> tuple[Edit, ...]:
        """Put lines in the place of simple statements that each stand on lines of their own."""
        return (Edit(self.range(first)[0], self.range(last)[1], self._glue(first).join(lines)),)

    def either(self, node: ast.expr, test: str, one: str, other: str) -> tuple[Edit, ...]:
        """Put one of two expressions in the place of an expression: as an if statement where it is all
        that its statement computes, else as a conditional expression."""
        stmt = self._index.statement(node)
        whole = isinstance(stmt, (ast.Assign, ast.Return)) and stmt.value is node and self.alone(stmt)
        if not whole or self.range(stmt)[1] != self.range(node)[1]:
            return self.replace(node, f"{one} if {test} else {other}")
        head = self._source.data[self.range(stmt)[0] : self.range(node)[0]].decode()
        unit = self.unit(stmt)
        lines = [f"if {test}:", f"{unit}{head}{one}", "else:", f"{unit}{head}{other}"]
        return self.replace_run(stmt, stmt, lines)

    def insert_before(self, stmt: ast.stmt, *lines: str) -> tuple[Edit, ...]:
        """Put simple statements before a statement, each on its own line where that is possible."""
        start, _ = self.range(stmt)
        if self._source.data.startswith(b"elif", start) and isinstance(stmt, ast.If):
            return ()
        if self._starts_line(stmt):
            glue = self._glue(stmt)
            return (Edit(start, start, "".join(line + glue for line in lines)),)
        if isinstance(stmt, _COMPOUND):
            return ()
        return (Edit(start, start, "".join(line + "; " for line in lines)),)

    def insert_after(self, stmt: ast.stmt, *lines: str) -> tuple[Edit, ...]:
        """Put simple statements after a statement, below its comment, at its indentation."""
        start, end = self.range(stmt)
        if isinstance(stmt, ast.If) and self._source.data.startswith(b"elif", start):
            return ()
        if self._starts_line(stmt) and self._ends_line(stmt):
            place = self._line_end(end)
            glue = self._glue(stmt)
            return (Edit(place, place, "".join(glue + line for line in lines)),)
        if isinstance(stmt, _COMPOUND):
            return ()
        return (Edit(end, end, "".join("; " + line for line in lines)),)

    def delete(self, stmt: ast.stmt) -> tuple[Edit, ...]:
        """Take a simple statement out; a body that would be empty keeps `pass`, comments stay."""
        start, end = self.range(stmt)
        if isinstance(stmt, _COMPOUND):
            return ()
        if len(self.siblings(stmt)) < 2:
            return (Edit(start, end, "pass"),)
        data = self._source.data
        if self._starts_line(stmt) and self._ends_line(stmt):
            line_end = self._line_end(end)
            if b"#" in data[end:line_end]:
                return (Edit(start, data.index(b"#", end), ""),)
            line_start = self._line_start(start)
            newline = re.compile(rb"\r\n|\r|\n").match(data, line_end)
            return (Edit(line_start, newline.end() if newline else line_end, ""),)
        after = re.compile(rb"[ \t]*;[ \t]*").match(data, end)
        if after is not None and not self._ends_line(stmt):
            return (Edit(start, after.end(), ""),)
        before = re.compile(rb"[ \t]*;[ \t]*$").search(data, self._line_start(start), start)
        return (Edit(before.start(), end, ""),) if before else (Edit(start, end, "pass"),)

    def drop_tail(self, stmt: ast.stmt) -> tuple[Edit, ...]:
        """Take out the last statement of a block, with the blank lines before it."""
        edits = self.delete(stmt)
        data = self._source.data
        if len(edits) == 1 and edits[0].text == "" and edits[0].start == self._line_start(edits[0].start):
            before = re.search(rb"(?:[ \t]*(?:\r\n|\r|\n))*\Z", data[: edits[0].start])
            kept = re.compile(rb"\r\n|\r|\n").match(data, before.start()) if before else None
            if kept is not None:
                return (Edit(kept.end(), edits[0].end, ""),)
        return edits

    def wrap(self, first: ast.stmt, last: ast.stmt, header: str) -> tuple[Edit, ...]:
        """Indent a run of sibling statements under a header such as `with torch.no_grad():`.

        One edit over the whole run, so that it conflicts with whatever else changes inside it:
        two wraps of one line could not both be spliced.
        """
        concrete = self._concrete(first, last)
        if concrete is None:
            return ()
        begin, end = (self._source.offset(s.lineno, s.col_offset) for s in (first, last))
        edit = concrete.wrap(begin, end, self._margin(first), header)
        return () if edit is None else (edit,)

    def _concrete(self, first: ast.stmt, last: ast.stmt) -> Concrete | None:
        """The concrete tree of all that two statements stand in, if LibCST reads it as `ast` did."""
        from libcst import ParserSyntaxError  # imported by who needs it: it takes a while

        from codeopt.facts.concrete import Concrete

        start, _ = self.range(self._top(first))
        _, end = self.range(self._top(last))
        rest = _END_OF_LINE.match(self._source.data, end)
        lines = (self._line_start(start), rest.end() if rest else end)
        if lines not in self._concretes:
            try:
                self._concretes[lines] = Concrete(self._source, *lines)
            except (ParserSyntaxError, RecursionError):
                self._concretes[lines] = None
        return self._concretes[lines]

    def _top(self, stmt: ast.stmt) -> ast.stmt:
        """The statement at the top of the file that a statement is, or is in."""
        return [n for n in (stmt, *self._index.ancestors(stmt)) if isinstance(n, ast.stmt)][-1]

    def alone(self, stmt: ast.stmt) -> bool:
        """Whether a statement has its lines to itself."""
        return self._starts_line(stmt) and self._ends_line(stmt)

    def unit(self, stmt: ast.stmt) -> str:
        """One level of indentation, as it is around a statement."""
        return "\t" if self._margin(stmt).startswith("\t") else "    "

    def siblings(self, stmt: ast.stmt) -> list[ast.stmt]:
        """The statement list that a statement stands in."""
        parent = self._index.parents[stmt]
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and stmt in block:
                return block
        return [stmt]

    def _margin(self, stmt: ast.stmt) -> str:
        """The whitespace in front of the line that a statement stands on, continued lines aside."""
        start = self.range(stmt)[0]
        begin = self._line_start(start)
        while begin and self._source.data[:begin].rstrip(b"\r\n").endswith(b"\\"):
            begin = self._line_start(begin - 2 if self._source.data[:begin].endswith(b"\r\n") else begin - 1)
        line = self._source.data[begin:start]
        return line[: len(line) - len(line.lstrip(b" \t\f"))].decode()

    def _joined(self, stmt: ast.stmt, lines: list[str]) -> str:
        own_line = self._starts_line(stmt) and self._ends_line(stmt)
        return (self._glue(stmt) if own_line else "; ").join(lines)

    def _glue(self, stmt: ast.stmt) -> str:
        return self._source.newline + self._margin(stmt)

    def _line_start(self, offset: int) -> int:
        data = self._source.data
        return max(data.rfind(b"\n", 0, offset), data.rfind(b"\r", 0, offset)) + 1

    def _line_end(self, offset: int) -> int:
        found = _END_OF_LINE.match(self._source.data, offset)
        return found.end() if found else offset

    def _starts_line(self, stmt: ast.stmt) -> bool:
        start = self.range(stmt)[0]
        begin = self._line_start(start)
        before = self._source.data[:begin].rstrip(b"\r\n")[-1:]
        return not self._source.data[begin:start].strip() and not (before == b"\\" and begin)

    def _ends_line(self, stmt: ast.stmt) -> bool:
        return _REST_OF_LINE.match(self._source.data, self.range(stmt)[1]) is not None

    def _needs_parentheses(self, node: ast.expr, new: ast.expr, text: str) -> bool:
        bound, parent = binding(new), self._index.parents.get(node)
        several_lines = "\n" in text and not isinstance(new, (ast.Call, ast.List, ast.Dict, ast.Subscript))
        if bound >= max(binding(node), 2) and not several_lines:
            return False
        if self._parenthesised(node):
            return False
        for field in _ROOMY.get(type(parent), ()):
            value = getattr(parent, field)
            if (value is node or (isinstance(value, list) and node in value)) and bound >= 2:
                return several_lines and not isinstance(parent, (ast.Call, ast.List, ast.Tuple, ast.Set))
        return bound < _ATOM or several_lines

    def _without_parentheses(self, start: int, end: int, text: str) -> tuple[Edit, ...]:
        data = self._source.data
        left = len(data[:start].rstrip()) - 1
        right = data.index(b")", end)
        if data[left + 1 : start].strip(b" ") or data[end:right].strip(b" "):
            return (Edit(start, end, text),)
        space = " " if data[left - 1 : left].isalnum() else ""
        return (Edit(left, right + 1, space + text),)

    def _parenthesised(self, node: ast.expr) -> bool:
        start, end = self.range(node)
        data = self._source.data
        before, after = data[:start].rstrip()[-1:], data[end:].lstrip()[:1]
        if before != b"(" or after != b")":
            return False
        parent = self._index.parents.get(node)
        return not isinstance(parent, (ast.Call, ast.ClassDef))


def binding(node: ast.expr) -> int:
    """How tightly an expression binds; more is tighter, an atom is the tightest."""
    if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.BoolOp)):
        return _BINDING[type(node.op)]
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return _ATOM - 1  # `1 .real` needs its space or parentheses
    return _BINDING.get(type(node), _ATOM)


def _is_atom(text: str) -> bool:
    """Whether an expression needs no parentheses anywhere, nor brings its own."""
    return not text.startswith("(") and binding(ast.parse(f"({text})", mode="eval").body) == _ATOM
