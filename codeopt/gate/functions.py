"""Which functions of a file changed, by their syntax: comments, blank lines and layout say nothing."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_HOLDERS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


@dataclass(frozen=True, slots=True)
class ChangedFunction:
    """A function at the top of a module or class that changed, or was added.

    `line` (from 1) is where it begins; `lines` are those whose running shows what the change does: where
    something was taken out, its neighbours.
    """

    qualname: str
    line: int
    lines: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Outline:
    functions: dict[str, list[_Function]] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    outside: str = ""


def changed_functions(before: str | None, after: str) -> list[ChangedFunction]:
    """The functions of the text `after` that are not what they were in `before`.

    A change of what stands outside of functions, class bodies among it, is one of every function of the
    file; so is a `before` that does not parse, or None for no text. Raises SyntaxError or ValueError where
    `after` does not parse.
    """
    new = _outline(after)
    old = _outline_or_none(before)
    whole = old is None or old.outside != new.outside
    found = []
    for qualname, nodes in new.functions.items():
        was = [] if whole or old is None else old.functions.get(qualname, [])
        lines = _changed_lines(was, nodes)
        if lines:
            found.append(ChangedFunction(qualname, nodes[-1].lineno, frozenset(lines)))
    return found


def defined_names(text: str) -> frozenset[str] | None:
    """Qualified names of the functions and classes of a text; None where it does not parse."""
    outline = _outline_or_none(text)
    return None if outline is None else frozenset(outline.functions) | outline.classes


def line_of(text: str, qualname: str) -> int:
    """The line (from 1) on which a function or class of a text begins, 1 where it is not found."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return 1
    lines = [node.lineno for name, node in _definitions(tree, "") if name == qualname]
    return lines[-1] if lines else 1


def _outline_or_none(text: str | None) -> _Outline | None:
    try:
        return None if text is None else _outline(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _outline(text: str) -> _Outline:
    tree = ast.parse(text)
    found = _Outline()
    for node in ast.walk(tree):
        _drop_docstring(node)
    for name, node in _definitions(tree, ""):
        if isinstance(node, ast.ClassDef):
            found.classes.add(name)
        else:
            found.functions.setdefault(name, []).append(node)
    outside = ast.dump(_WithoutFunctions().visit(tree))
    return _Outline(found.functions, found.classes, outside)


class _WithoutFunctions(ast.NodeTransformer):
    """Takes functions out of the lists that hold them; they themselves stay as they are."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        return None

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        return None


def _definitions(holder: ast.AST, prefix: str) -> Iterator[tuple[str, _Function | ast.ClassDef]]:
    """Functions and classes of a module, also in its branches and classes; not those inside functions."""
    for child in _statements(holder):
        if isinstance(child, _Function):
            yield prefix + child.name, child
        elif isinstance(child, ast.ClassDef):
            yield prefix + child.name, child
            yield from _definitions(child, f"{prefix}{child.name}.")
        else:
            yield from _definitions(child, prefix)


def _statements(holder: ast.AST) -> list[ast.AST]:
    """Statements, handlers and cases directly in the blocks of a node."""
    found = [child for name in _BLOCKS for child in _listed(holder, name)]
    return [child for child in found if isinstance(child, _HOLDERS)]


def _listed(node: ast.AST, name: str) -> list[ast.AST]:
    value = getattr(node, name, None)
    return value if isinstance(value, list) else []


def _drop_docstring(node: ast.AST) -> None:
    if not isinstance(node, ast.Module | ast.ClassDef | _Function):
        return
    first = node.body[0] if node.body else None
    said = first.value if isinstance(first, ast.Expr) else None
    if isinstance(said, ast.Constant) and isinstance(said.value, str):
        del node.body[0]


def _changed_lines(old: list[_Function], new: list[_Function]) -> set[int]:
    """Lines of the new definitions of one name that are not in the old ones."""
    if [ast.dump(node) for node in old] == [ast.dump(node) for node in new]:
        return set()
    before = [part for node in old for part in _parts(node, "", 0)]
    after = [part for node in new for part in _parts(node, "", 0)]
    whole = {line for _, lines in after for line in lines}
    matcher = SequenceMatcher(None, [key for key, _ in before], [key for key, _ in after], autojunk=False)
    touched: set[int] = set()
    for tag, _, _, first, last in matcher.get_opcodes():
        if tag == "equal":
            continue
        # What was taken out can be seen only by what runs around it.
        indices = range(first, last) if last > first else range(max(first - 1, 0), min(first + 1, len(after)))
        touched.update(line for index in indices for line in after[index][1])
        if tag != "delete" and 0 in indices:
            # Other arguments or decorators bear on all of it.
            return whole
    return touched


def _parts(node: ast.AST, block: str, depth: int) -> Iterator[tuple[str, range]]:
    """A statement without those inside it, as a key and its lines, then these."""
    own = copy.copy(node)
    for name in _BLOCKS:
        if _listed(node, name):
            setattr(own, name, [])
    yield f"{depth} {block} {ast.dump(own)}", _own_lines(node)
    for name in _BLOCKS:
        for child in _listed(node, name):
            if isinstance(child, _HOLDERS):
                yield from _parts(child, name, depth + 1)


def _own_lines(node: ast.AST) -> range:
    """Lines of a statement before those of the statements inside it."""
    first = _first_line(node)
    inner = [_first_line(child) for name in _BLOCKS for child in _listed(node, name)]
    last = min(inner) - 1 if inner else int(getattr(node, "end_lineno", None) or first)
    return range(first, max(first, last) + 1)


def _first_line(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([int(getattr(node, "lineno", 1)), *(d.lineno for d in decorators)])
