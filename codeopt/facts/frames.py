"""Frames of pandas: which columns are read, row masks, and where only truth counts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts import patterns
from codeopt.facts.annotations import documented
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_TESTS = (ast.If, ast.While, ast.IfExp, ast.Assert)


def surely(facts: Facts, node: ast.expr) -> bool:
    """Whether facts say that an expression is a pandas frame."""
    return patterns.kind(facts, node) == "frame"


def may_be(facts: Facts, node: ast.expr) -> bool:
    """Whether nothing says that an expression is no frame, in a file that knows pandas."""
    kind = patterns.kind(facts, node)
    kind = documented(facts, node) if kind == "unknown" else kind
    return kind in ("frame", "unknown") and imported(facts)


def imported(facts: Facts) -> bool:
    """Whether the file imports pandas or its frames at its top."""
    return any(facts.names.spell(name) for name in ("pandas", "pandas.DataFrame", "pandas.Series"))


def named(node: ast.expr) -> bool:
    """Whether an expression is called what frames are called."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.strip("_").lower() == "df" or name.endswith("_df") or name.startswith("df_")


def likely(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression is a frame by its type, or nothing speaks against it and much for it."""
    kind = patterns.kind(facts, node)
    kind = documented(facts, node) if kind == "unknown" else kind
    return kind == "frame" or (kind == "unknown" and (named(node) or imported(facts)))


def column(node: ast.AST | None) -> str | None:
    """The text of the key of `frame["name"]`, as Python writes it; None for another subscript."""
    key = None if node is None else patterns.string_key(node)
    return None if key is None or not isinstance(getattr(node, "ctx", None), ast.Load) else repr(key)


def columns(node: ast.AST) -> bool:
    """Whether a subscript selects a list of columns, all of them named."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.slice, ast.List)
        and bool(node.slice.elts)
        and all(isinstance(e, ast.Constant) and isinstance(e.value, str) for e in node.slice.elts)
    )


def keys_read(facts: Facts, held: list[ast.expr]) -> list[str] | None:
    """The texts of the constant keys by which values are read, in order; None if they serve otherwise.

    A length counts as no reading of columns.
    """
    found: dict[str, None] = {}
    for node in held:
        use = facts.parent(node)
        if use is not None and patterns.is_call(facts, use, "builtins.len"):
            continue
        if not isinstance(use, ast.Subscript) or use.value is not node or not isinstance(use.ctx, ast.Load):
            return None
        if columns(use):
            found.update(dict.fromkeys(facts.text(e) for e in use.slice.elts))  # type: ignore[attr-defined]
        elif patterns.string_key(use) is not None:
            found[facts.text(use.slice)] = None
        else:
            return None
    return list(found)


def held_by(facts: Facts, call: ast.Call) -> list[ast.expr] | None:
    """The reads of the one name a call's result gets, or the call itself where it gets none."""
    parent, function = facts.parent(call), facts.function(call)
    if not isinstance(parent, ast.Assign):
        return [call]
    target = parent.targets[0]
    if len(parent.targets) != 1 or not isinstance(target, ast.Name) or not isinstance(function, DEFS):
        return None
    if facts.names.home(target) is not function:
        return None
    stores = [n for n in facts.names.occurrences(target.id, function) if not isinstance(n.ctx, ast.Load)]
    return list(facts.names.uses(target.id, function)) if stores == [target] else None


def filtered(facts: Facts, rows: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """Frame and mask of `frame[mask]` or `frame.loc[mask]`, where the mask is made of the frame's own
    columns and it is likely to be a frame."""
    if not isinstance(rows, ast.Subscript):
        return None
    frame = rows.value
    if isinstance(frame, ast.Attribute) and frame.attr == "loc":
        frame = frame.value
    if patterns.plain(frame) and likely(facts, frame) and patterns.column_mask(rows.slice, frame):
        return frame, rows.slice
    return None


def truth_only(facts: Facts, node: ast.expr) -> bool:
    """Whether only the truth of a value counts: tests, `not`, `bool(...)`, and `and`/`or` in those."""
    parent = facts.parent(node)
    if isinstance(parent, ast.BoolOp):
        return truth_only(facts, parent)
    if isinstance(parent, ast.UnaryOp):
        return isinstance(parent.op, ast.Not)
    if isinstance(parent, _TESTS):
        return parent.test is node
    return parent is not None and patterns.is_call(facts, parent, "builtins.bool")


def inside(facts: Facts, node: ast.AST, *kinds: type[ast.AST]) -> bool:
    """Whether an expression is written over several lines or holds one of these nodes."""
    return any(isinstance(n, kinds) for n in facts.under(node))


def receiver_end(facts: Facts, frame: ast.expr, call: ast.expr) -> str:
    """The text of a call behind what it is called on, such as `.fillna(0)`."""
    return facts.source.data[facts.range(frame)[1] : facts.range(call)[1]].decode()
