"""The concrete syntax of a file, by LibCST: for edits that move statements to another depth.

Where statements land deeper, their comments, continuation lines, blocks and one-line suites have to
move in ways that differ from token to token, and strings must not move at all: LibCST knows which
is which. It parses no more than the statement at the top of the file that all this stands in: it
takes a hundred times as long as `ast`. What it builds is carried as one byte span over the statements
it replaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from codeopt.edit import Edit
from codeopt.source import SourceFile


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands: its block, its line there, and its place on a line of several."""

    block: cst.Module | cst.IndentedBlock | cst.SimpleStatementSuite
    start: int
    line: int = 0
    part: int = 0


class Concrete:
    """The concrete tree of some lines, their statements by the byte offset they begin at in the file."""

    def __init__(self, source: SourceFile, begin: int, end: int) -> None:
        """Parse the bytes from `begin` to `end`, whole statements at the margin.

        Raises `libcst.ParserSyntaxError` where LibCST cannot read them.
        """
        self._data = source.data
        # Lines of a file with mixed newlines would all get the commonest one, which the check
        # of the replaced text in `_edit` then refuses.
        self._module = cst.parse_module(source.data[begin:end].decode())
        self._places: dict[int, Place] = {}
        spans = MetadataWrapper(self._module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
        starts = {node: begin + span.start for node, span in spans.items()}
        for node in starts:
            if isinstance(node, cst.SimpleStatementSuite):
                first = starts[node.body[0]]
                self._places |= {starts[s]: Place(node, first, 0, i) for i, s in enumerate(node.body)}
            elif isinstance(node, (cst.Module, cst.IndentedBlock)):
                self._enter(node, starts)

    def _enter(self, block: cst.Module | cst.IndentedBlock, starts: dict[cst.CSTNode, int]) -> None:
        for number, line in enumerate(block.body):
            if isinstance(line, cst.SimpleStatementLine):
                first = starts[line.body[0]]
                for part, small in enumerate(line.body):
                    self._places[starts[small]] = Place(block, first, number, part)
            else:
                decorators: Sequence[cst.Decorator] = getattr(line, "decorators", ())
                first = starts[decorators[0] if decorators else line]
                self._places[starts[line]] = Place(block, first, number)

    def wrap(self, first: int, last: int, indent: str, header: str) -> Edit | None:
        """Put the statements that begin at bytes `first` to `last` under a header.

        `indent` is the whitespace before the line they stand on (before the compound statement
        they are the one-line suite of). None if they do not stand in one block.
        """
        begin, end = self._places.get(first), self._places.get(last)
        if begin is None or end is None or begin.block is not end.block:
            return None
        block = begin.block
        if isinstance(block, cst.SimpleStatementSuite):
            body = _under([cst.SimpleStatementLine(block.body)], begin.part, end.part, header, None)
            unit = self._module.default_indent
            deeper = cst.IndentedBlock(body, block.trailing_whitespace, indent=indent + unit)
            start = begin.start - len(block.leading_whitespace.value.encode())
            return self._edit(start, self._module.code_for_node(block), self._module.code_for_node(deeper))
        first_line = block.body[begin.line].with_changes(leading_lines=())
        old = [first_line, *block.body[begin.line + 1 : end.line + 1]]
        new = _under(old, begin.part, end.part, header, getattr(block, "indent", None))
        return self._edit(begin.start, self._code(old, indent), self._code(new, indent))

    def _code(self, lines: Sequence[cst.BaseStatement], indent: str) -> str:
        """Lines as they are written at a depth, from where the first one begins."""
        if not indent:
            return self._module.with_changes(body=lines, header=(), footer=()).code
        text = self._module.code_for_node(cst.IndentedBlock(lines, indent=indent))
        return text.split(indent, 1)[1]

    def _edit(self, start: int, old: str, new: str) -> Edit | None:
        """The change of `old`, which must be what the file says there, into `new`."""
        newline = self._module.default_newline
        old, new = old.removesuffix(newline), new.removesuffix(newline)
        end = start + len(old.encode())
        return Edit(start, end, new) if self._data[start:end] == old.encode() else None


def _under(
    lines: Sequence[cst.BaseStatement], begin: int, end: int, header: str, unit: str | None
) -> list[cst.BaseStatement]:
    """The lines, those from part `begin` of the first to part `end` of the last under a header."""
    inner, before, after = list(lines), [], []
    last = inner[-1]
    if isinstance(last, cst.SimpleStatementLine) and end + 1 < len(last.body):
        inner[-1], rest = _cut(last, end + 1)
        after.append(rest)
    first = inner[0]
    if isinstance(first, cst.SimpleStatementLine) and begin > 0:
        start, inner[0] = _cut(first, begin)
        before.append(start)
    compound = cst.parse_statement(f"{header} pass").with_changes(body=cst.IndentedBlock(inner, indent=unit))
    return [*before, compound, *after]


def _cut(line: cst.SimpleStatementLine, at: int) -> tuple[cst.SimpleStatementLine, cst.SimpleStatementLine]:
    """One line of several statements as two; its comment stays behind the second."""
    end = line.body[at - 1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
    start = cst.SimpleStatementLine([*line.body[: at - 1], end], line.leading_lines)
    return start, line.with_changes(body=line.body[at:], leading_lines=())
