"""Functions that do nothing with a list but build it and hand it over."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.edit import Edit
from codeopt.facts import library, listed, patterns
from codeopt.facts.index import DefNode
from codeopt.facts.readers import mutates

if TYPE_CHECKING:
    from codeopt.facts import Facts

_OPENERS = library.words("open open_text fdopen")
# A docstring that says what is returned, a list.
_PROMISE = re.compile(r"\breturns?\b.{0,200}?\blists?\b|^\s*(a )?list\b", re.IGNORECASE | re.DOTALL)
_LISTS = ("builtins.list", "typing.List")
_BRACKETED = (
    ast.Call, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.Subscript, ast.ListComp, ast.DictComp, ast.SetComp,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Builder:
    """A function that makes an empty list, adds to it in statements of their own, and returns it."""

    function: ast.FunctionDef
    start: ast.Assign | ast.AnnAssign
    adds: tuple[ast.Call, ...]
    returns: tuple[ast.Return, ...]


def builder(facts: Facts, function: DefNode) -> Builder | None:
    """The list that a function does nothing with but build and return, if it could yield its items."""
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return None
    if _PROMISE.search(ast.get_docstring(function, clean=False) or ""):
        return None
    flow = facts.flow(function)
    own = list(flow.own_nodes())
    returns = tuple(n for n in own if isinstance(n, ast.Return))
    name = _returned(returns)
    if name is None or flow.is_generator or not _ends_by_return(function.body):
        return None
    if name not in flow.locals or name in flow.captured | flow.parameters:
        return None
    start: ast.Assign | ast.AnnAssign | None = None
    adds: list[ast.Call] = []
    for node in facts.names.occurrences(name, function):
        parent = facts.parent(node)
        if isinstance(parent, ast.Return):
            continue
        if isinstance(node.ctx, ast.Store) and start is None and _starts_empty(facts, parent):
            start = parent  # type: ignore[assignment]
        elif (add := _addition(facts, node)) is not None:
            adds.append(add)
        else:
            return None
    if start is None or not adds or not isinstance(facts.parent(start), (ast.FunctionDef, ast.With)):
        return None
    made = Builder(function, start, tuple(adds), returns)
    return made if _may_wait(facts, made, own) else None


def listing(facts: Facts, function: DefNode) -> ast.ListComp | None:
    """The list comprehension that a function returns, if it could hand over its items as they come."""
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return None
    if _PROMISE.search(ast.get_docstring(function, clean=False) or ""):
        return None
    returns = [n for n in facts.flow(function).own_nodes() if isinstance(n, ast.Return)]
    made = returns[0].value if len(returns) == 1 else None
    if not isinstance(made, ast.ListComp) or facts.flow(function).is_generator:
        return None
    around = facts.parent(returns[0])
    opened = isinstance(around, ast.With) and all(_opens(i) for i in around.items)
    if isinstance(around, ast.With) and (not opened or around is not function.body[-1]):
        return None
    fits = isinstance(around, ast.With) or around is function
    return made if fits and returns[0] in around.body[-1:] and listed.lazy(facts, made) else None  # type: ignore[union-attr]


def _returned(returns: tuple[ast.Return, ...]) -> str | None:
    """The one name that every return gives back, empty lists aside."""
    names = set()
    for value in (r.value for r in returns):
        if isinstance(value, ast.Name):
            names.add(value.id)
        elif not isinstance(value, ast.List) or value.elts:
            return None
    return names.pop() if len(names) == 1 else None


def _ends_by_return(body: list[ast.stmt]) -> bool:
    last = body[-1]
    return isinstance(last, ast.Return) or (isinstance(last, ast.With) and _ends_by_return(last.body))


def _starts_empty(facts: Facts, stmt: ast.AST | None) -> bool:
    value = stmt.value if isinstance(stmt, (ast.Assign, ast.AnnAssign)) else None
    if isinstance(stmt, ast.Assign) and len(stmt.targets) != 1:
        return False
    if isinstance(value, ast.List):
        return not value.elts
    return isinstance(value, ast.Call) and patterns.is_call(facts, value, "builtins.list") and not value.args


def _addition(facts: Facts, node: ast.Name) -> ast.Call | None:
    """`name.append(x)` or `name.extend(xs)` as a statement of its own."""
    attribute = facts.parent(node)
    found = patterns.method(facts.parent(attribute) if attribute else None, "append", "extend")
    if found is None or found[0] is not node or not isinstance(facts.parent(found[1]), ast.Expr):
        return None
    call = found[1]
    alone = len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred)
    return call if alone else None


def _may_wait(facts: Facts, made: Builder, own: list[ast.AST]) -> bool:
    """Whether nothing known speaks against the function stopping at every item it hands over."""
    if any(isinstance(n, (ast.Await, ast.Global, ast.Nonlocal)) for n in own):
        return False
    # In a generator a StopIteration turns into a RuntimeError.
    if any(patterns.is_call(facts, n, "builtins.next") for n in own):
        return False
    flow = facts.flow(made.function)
    for add in made.adds:
        for parent in facts.index.ancestors(add):
            if parent is made.function:
                break
            if isinstance(parent, (ast.With, ast.AsyncWith)) and not all(_opens(i) for i in parent.items):
                return False
            if isinstance(parent, (ast.Try, ast.TryStar)) and not _lets_go(parent):
                return False
        # What was handed over must stay as it was: it is read before the function goes on.
        held = {n.id for n in facts.under(add.args[0]) if isinstance(n, ast.Name)}
        stmt = facts.statement(add)
        if any(_changed(facts, n, made.function) for n in held & flow.live_after(stmt)):
            return False
    return True


def _opens(item: ast.withitem) -> bool:
    call = item.context_expr
    func = call.func if isinstance(call, ast.Call) else None
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return name in _OPENERS


def _lets_go(stmt: ast.Try | ast.TryStar) -> bool:
    """Whether a `try` neither catches what ends a generator early nor does something at its end."""
    kinds = [h.type for h in stmt.handlers]
    caught = [k for kind in kinds for k in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    everything = any(k is None or (isinstance(k, ast.Name) and k.id == "BaseException") for k in caught)
    return not stmt.finalbody and not everything


def _changed(facts: Facts, name: str, function: ast.AST) -> bool:
    return any(mutates(facts, use) for use in facts.names.occurrences(name, function))


def handed_over(facts: Facts, add: ast.Call) -> str | None:
    """The `yield` in the place of an addition; None where comments or texts over lines are in the way."""
    item = add.args[0]
    word = "yield" if isinstance(add.func, ast.Attribute) and add.func.attr == "append" else "yield from"
    (begin, end), (start, stop) = facts.range(add), facts.range(item)
    data = facts.source.data
    text = facts.text(item)
    if b"#" in data[begin:start] or b"#" in data[stop:end]:
        return None
    if "\n" not in text:
        return f"{word} {text}"
    texts = (n for n in facts.under(item) if isinstance(n, (ast.Constant, ast.JoinedStr)))
    if any(t.lineno != t.end_lineno for t in texts):
        return None
    lines = text.split("\n")
    margins = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    if item.lineno != add.lineno:
        shift = len(facts.edits.unit(facts.statement(add)))
    else:
        shift = item.col_offset - facts.statement(add).col_offset - len(word) - 1
        shift = shift if min(margins) >= item.col_offset else 0
    if shift > 0:
        text = "\n".join(
            [lines[0], *(line[shift:] if line[:shift].isspace() else line for line in lines[1:])]
        )
    bracketed = text.endswith((")", "]", "}")) and isinstance(item, _BRACKETED)
    return f"{word} {text}" if bracketed else f"{word} ({text})"


def calls_of(facts: Facts, function: ast.FunctionDef) -> list[ast.Call] | None:
    """Every call of a function of this file; None if it is anything but called, or can be replaced.

    A method is known by its name: every attribute of that name counts, `__dunder__` names never.
    """
    name, home = function.name, facts.parent(function)
    if name.startswith("__") or f'"{name}"' in facts.source.text or f"'{name}'" in facts.source.text:
        return None
    uses: list[ast.expr] = []
    if isinstance(home, ast.Module):
        if facts.names.bindings(name, home) != [function]:
            return None
        uses = list(facts.names.uses(name, home))
    elif isinstance(home, ast.ClassDef):
        defined = [f for f in facts.functions() if f.name == name]
        uses = [n for n in facts.walk(ast.Attribute) if n.attr == name]
        if len(defined) != 1 or any(not isinstance(u.value, ast.Name) for u in uses):  # type: ignore[attr-defined]
            return None
    calls = [c for u in uses if isinstance(c := facts.parent(u), ast.Call) and c.func is u]
    return calls if calls and len(calls) == len(uses) else None


def iterator(facts: Facts, function: ast.FunctionDef) -> str | None:
    """How the file spells the type of an iterator."""
    names = facts.names
    return names.spell("collections.abc.Iterator", function) or names.spell("typing.Iterator", function)


def yielding(facts: Facts, made: Builder) -> list[Edit] | None:
    """Edits that make the function a generator; None where its text does not allow it."""
    annotation = _annotation(facts, made.function)
    if annotation is None:
        return None
    edits = [*facts.edits.delete(made.start), *annotation]
    for add in made.adds:
        text = handed_over(facts, add)
        if text is None:
            return None
        edits.append(Edit(*facts.range(facts.statement(add)), text))
    for stmt in made.returns:
        last = len(facts.edits.siblings(stmt)) > 1 and _is_tail(facts, made, stmt)
        edits += facts.edits.drop_tail(stmt) if last else facts.edits.replace_statement(stmt, ["return"])
    return edits


def _is_tail(facts: Facts, made: Builder, stmt: ast.stmt) -> bool:
    """Whether the function is over behind a statement anyway."""
    while facts.edits.siblings(stmt)[-1] is stmt:
        parent = facts.parent(stmt)
        if parent is made.function:
            return True
        if not isinstance(parent, ast.With):
            return False
        stmt = parent
    return False


def _annotation(facts: Facts, function: ast.FunctionDef) -> tuple[Edit, ...] | None:
    """The edit of a return annotation, none where there is none; None where it is another type."""
    returns = function.returns
    if returns is None:
        return ()
    kind = returns.value if isinstance(returns, ast.Subscript) else returns
    if facts.names.dotted(kind) not in _LISTS:
        return None
    spelled = iterator(facts, function)
    if spelled is None and facts.names.fresh_name("Iterator", function) != "Iterator":
        return None
    return facts.edits.replace(kind, spelled or "Iterator")


def handing_over(facts: Facts, function: ast.FunctionDef, made: ast.ListComp) -> list[Edit] | None:
    """Edits that make the list that a function returns a generator; a file stays open for its items."""
    annotation = _annotation(facts, function)
    stmt = facts.statement(made)
    if annotation is None:
        return None
    if not isinstance(facts.parent(stmt), ast.With):
        start, end = facts.range(made)
        return [*annotation, Edit(start, start + 1, "("), Edit(end - 1, end, ")")]
    if "\n" in facts.text(stmt) or not facts.edits.alone(stmt):
        return None
    lines = [f"for {facts.text(g.target)} in {facts.text(g.iter)}:" for g in made.generators]
    if len(lines) > 1 or len(made.generators[0].ifs) > 1:
        return None
    lines += [f"if {facts.text(test)}:" for test in made.generators[0].ifs]
    lines.append(f"yield {facts.text(made.elt)}")
    unit = facts.edits.unit(stmt)
    indented = [unit * depth + line for depth, line in enumerate(lines)]
    return [*annotation, *facts.edits.replace_statement(stmt, indented)]
