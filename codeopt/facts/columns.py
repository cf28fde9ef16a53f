"""Which columns of a frame are ever read: through names, rows chosen from it, and functions of the file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.edit import Edit
from codeopt.facts import frames, library, patterns
from codeopt.facts.generators import calls_of
from codeopt.facts.index import DEFS
from codeopt.facts.siblings import mentioned_beside

if TYPE_CHECKING:
    from codeopt.facts import Facts

Wanted = dict[str, None]  # an ordered set of the texts of column names

# Methods that choose or order rows, whatever the columns are; the rest of the frame follows.
_ROWS = library.words("head tail copy sample sort_index")
# The argument that names the columns by which rows are chosen or ordered.
_BY = {"sort_values": 0, "dropna": -1, "drop_duplicates": 0, "nlargest": 1, "nsmallest": 1, "groupby": 0}
_BY_NAME = {"dropna": "subset", "drop_duplicates": "subset", "nlargest": "columns", "nsmallest": "columns"}
_PLAIN_OPTIONS = library.words("ascending kind na_position n observed sort dropna keep frac random_state how")
_PLAIN_ATTRIBUTES = frozenset({"index", "empty"})
_DEEPEST = 6


def needed(facts: Facts, frame: ast.expr) -> list[str]:
    """The texts of the names of all columns that are read of what an expression gives, in order.

    Empty where it may serve otherwise than by named columns, row by row or for its length, or in
    code that is not seen.
    """
    return list(_Search(facts).of(frame, 0) or ())


def row_mask(facts: Facts, node: ast.expr, frame: ast.expr) -> bool:
    """Whether an expression chooses rows of a frame by its own columns, a column of booleans included.

    A name stands for the one expression it was bound to, if that would be the same here.
    """
    if isinstance(node, ast.Name):
        value = _still(facts, node)
        return value is not None and not isinstance(value, ast.Name) and row_mask(facts, value, frame)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.BitXor)):
        return row_mask(facts, node.left, frame) and row_mask(facts, node.right, frame)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return row_mask(facts, node.operand, frame)
    if isinstance(node, ast.Subscript) and patterns.string_key(node) is not None:
        return patterns.same(node.value, frame)
    return patterns.column_mask(node, frame)


def _still(facts: Facts, name: ast.Name) -> ast.expr | None:
    """The expression behind a name, where all that it was made of is still bound to the same."""
    function = facts.function(name)
    if not isinstance(function, DEFS) or facts.names.home(name) is not function:
        return None
    flow, here = facts.flow(function), facts.statement(name)
    made = flow.definitions(name.id, here)
    stmt = next(iter(made), None)
    if len(made) != 1 or not isinstance(stmt, ast.Assign) or not isinstance(stmt.targets[0], ast.Name):
        return None
    inputs = {n.id for n in facts.under(stmt.value) if isinstance(n, ast.Name)} & flow.locals
    kept = all(flow.definitions(n, stmt) == flow.definitions(n, here) for n in inputs)
    return stmt.value if kept and len(stmt.targets) == 1 else None


def texts(facts: Facts, node: ast.AST | None) -> Wanted | None:
    """The texts of one column name or of a list of them, all written out."""
    names = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    if not all(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in names):
        return None
    return {facts.text(n): None for n in names if n is not None}


def by(facts: Facts, call: ast.Call) -> Wanted | None:
    """The columns by which a method chooses, orders or groups rows; None where that is not seen."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    place = _BY.get(name)
    if place is None:
        return None
    word = _BY_NAME.get(name, "by")
    options = {k.arg: k.value for k in call.keywords}
    at = call.args[place] if 0 <= place < len(call.args) else options.pop(word, None)
    if not set(options) <= _PLAIN_OPTIONS or len(call.args) > place + 1:
        return None
    return texts(facts, at)


class _Search:
    """One question: follows a frame, each function once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._asked: set[ast.AST] = set()

    def of(self, frame: ast.expr, depth: int) -> Wanted | None:
        if depth > _DEEPEST:
            return None
        use = self._facts.parent(frame)
        match use:
            case ast.Expr():
                return {}
            case ast.Assign(targets=[ast.Name() as target]) if use.value is frame:
                return self._named(target.id, use, self._facts.function(use), depth)
            case ast.Subscript() if use.value is frame:
                return self._subscript(use, frame, depth)
            case ast.Attribute() if use.value is frame:
                return self._attribute(use, depth)
            case ast.Return():
                return self._returned(use, depth)
            case ast.Call():
                return self._passed(use, frame, depth)
        return None

    def _all(self, frames: list[ast.expr], depth: int) -> Wanted | None:
        wanted: Wanted = {}
        for frame in frames:
            found = self.of(frame, depth + 1)
            if found is None:
                return None
            wanted |= found
        return wanted

    def _named(self, name: str, made: ast.AST, function: ast.AST, depth: int) -> Wanted | None:
        """What is read of a name where a binding of it arrives."""
        if not isinstance(function, DEFS):
            return None
        flow = self._facts.flow(function)
        if name not in flow.locals or name in flow.captured or flow.opaque:
            return None
        uses = self._facts.names.uses(name, function)
        reached = [u for u in uses if made in flow.definitions(name, self._facts.statement(u))]
        block = function.body if isinstance(made, ast.arg) else self._facts.edits.siblings(made)  # type: ignore[arg-type]
        added = self._added(reached, block)
        wanted: Wanted = {}
        for use in reached:
            found = self.of(use, depth + 1)
            if found is None:
                return None
            place = self._facts.index.order(self._facts.statement(use))
            wanted |= {key: None for key in found if added.get(key, place) >= place}
        return wanted

    def _added(self, uses: list[ast.Name], block: list[ast.stmt]) -> dict[str, int]:
        """The columns that statements of a block put into a frame, and where in the file."""
        added: dict[str, int] = {}
        for use in uses:
            column, stmt = self._facts.parent(use), self._facts.statement(use)
            if not isinstance(column, ast.Subscript) or not isinstance(column.ctx, ast.Store):
                continue
            if isinstance(stmt, ast.Assign) and stmt in block and column in stmt.targets:
                names = texts(self._facts, column.slice) or {}
                added |= {key: self._facts.index.order(stmt) for key in names if key not in added}
        return added

    def _subscript(self, use: ast.Subscript, frame: ast.expr, depth: int) -> Wanted | None:
        named = texts(self._facts, use.slice)
        if named is not None and not isinstance(use.slice, ast.Tuple):
            makes = isinstance(use.ctx, ast.Store) and not isinstance(
                self._facts.parent(use), (ast.AugAssign, ast.Delete)
            )
            return {} if makes and isinstance(use.slice, ast.Constant) else named
        chooses = isinstance(use.slice, ast.Slice) or row_mask(self._facts, use.slice, frame)
        return self.of(use, depth + 1) if chooses and isinstance(use.ctx, ast.Load) else None

    def _attribute(self, use: ast.Attribute, depth: int) -> Wanted | None:
        parent = self._facts.parent(use)
        if isinstance(parent, ast.Call) and parent.func is use:
            return self._method(parent, use.attr, depth)
        if use.attr in _PLAIN_ATTRIBUTES:
            return {}
        if not isinstance(parent, ast.Subscript) or parent.value is not use:
            return None
        if use.attr == "shape":
            return {} if patterns.number(parent.slice) == 0 else None
        if use.attr not in ("loc", "iloc"):
            return None
        if isinstance(parent.slice, ast.Tuple):
            last = parent.slice.elts[-1]
            return texts(self._facts, last) if use.attr == "loc" and len(parent.slice.elts) == 2 else None
        return self.of(parent, depth + 1) if isinstance(parent.ctx, ast.Load) else None

    def _method(self, call: ast.Call, name: str, depth: int) -> Wanted | None:
        options = {k.arg for k in call.keywords}
        if name in _ROWS and "axis" not in options:
            return self.of(call, depth + 1)
        if name == "reset_index":
            return self.of(call, depth + 1) if options == {"drop"} and not call.args else None
        wanted = by(self._facts, call)
        if wanted is None:
            return None
        then = self._groups(call) if name == "groupby" else self.of(call, depth + 1)
        return None if then is None else wanted | then

    def _groups(self, call: ast.Call) -> Wanted | None:
        """The columns that are taken of groups."""
        use = self._facts.parent(call)
        if isinstance(use, ast.Subscript) and use.value is call:
            return texts(self._facts, use.slice)
        return {} if isinstance(use, ast.Attribute) and use.attr in ("size", "ngroups") else None

    def _returned(self, use: ast.Return, depth: int) -> Wanted | None:
        function = self._facts.function(use)
        if not isinstance(function, ast.FunctionDef) or function in self._asked or function.decorator_list:
            return None
        self._asked.add(function)
        calls = calls_of(self._facts, function)
        if calls is None or mentioned_beside(self._facts.source.path, function.name):
            return None
        return self._all(list(calls), depth)

    def _passed(self, call: ast.Call, frame: ast.expr, depth: int) -> Wanted | None:
        if patterns.is_call(self._facts, call, "builtins.len"):
            return {}
        home = self._facts.names.home(call.func) if isinstance(call.func, ast.Name) else None
        if not isinstance(call.func, ast.Name) or not isinstance(home, ast.Module):
            return None
        bound = self._facts.names.bindings(call.func.id, home)
        function = bound[0] if len(bound) == 1 else None
        if not isinstance(function, ast.FunctionDef) or function.decorator_list:
            return None
        given = patterns.arguments(call, *(a.arg for a in [*function.args.posonlyargs, *function.args.args]))
        names = [n for n, value in (given or {}).items() if value is frame]
        parameters = {a.arg: a for a in self._facts.under(function.args) if isinstance(a, ast.arg)}
        if len(names) != 1 or names[0] not in parameters:
            return None
        parameter = parameters[names[0]]
        if parameter in self._asked:
            return None
        self._asked.add(parameter)
        return self._named(parameter.arg, parameter, function, depth)


def chosen_rows(facts: Facts, node: ast.AST) -> tuple[ast.expr, ast.expr, ast.expr | None] | None:
    """Frame, mask and columns of `frame[mask]`, `frame.loc[mask]` or `frame.loc[mask, ["a", "b"]]`.

    The frame is a plain name, likely one of pandas, and the mask comes from its own columns.
    """
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return None
    frame, mask, names = node.value, node.slice, None
    if isinstance(frame, ast.Attribute) and frame.attr == "loc":
        frame = frame.value
        if isinstance(mask, ast.Tuple) and len(mask.elts) == 2:
            mask, names = mask.elts
            if not isinstance(names, ast.List) or texts(facts, names) is None:
                return None
    if not patterns.plain(frame) or not frames.likely(facts, frame) or not row_mask(facts, mask, frame):
        return None
    return frame, mask, names


def located(facts: Facts, rows: ast.Subscript, whole: ast.expr, names: str) -> tuple[Edit, ...]:
    """Edits that make `frame[mask]`, up to the end of `whole`, `frame.loc[mask, names]`, laid out as it was.

    None where a comment stands behind the mask.
    """
    value_end, mask_end = (facts.range(n)[1] for n in (rows.value, rows.slice))
    (mask_start, _), (_, rows_end), (_, end) = (facts.range(n) for n in (rows.slice, rows, whole))
    data = facts.source.data
    opening, closing = data[value_end:mask_start].decode(), data[mask_end:rows_end].decode()
    located = isinstance(rows.value, ast.Attribute) and rows.value.attr == "loc"
    edits = () if located else (Edit(value_end, value_end, ".loc"),)
    if b"#" in data[mask_end:end]:
        return ()
    # What closes the mask alone, and the space before the bracket that closes the selection.
    inner, bracket, space = closing[:-1].rpartition(")")
    inner += bracket
    line = opening.rpartition("\n")[2]
    if "\n" in opening and "\n" in space:
        margin = line[: len(line) - len(line.lstrip())]
        behind = f"{inner},{facts.source.newline}{margin}{names},{space}]"
    else:
        behind = f"{inner}, {names}{space}]"
    return (*edits, Edit(mask_end, end, behind))
