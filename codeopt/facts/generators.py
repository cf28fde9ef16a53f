"""Functions that build a list and hand it over, and who only goes through what they are given."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns
from codeopt.facts.index import COMPREHENSIONS, DEFS, LOOPS, DefNode

if TYPE_CHECKING:
    from codeopt.facts import Facts

# Readers of every item in order that keep none of the list itself; the first ones keep no items either.
_FOLDS = library.words("sum min max set frozenset dict")
_COPIES = library.words("list tuple sorted")
_MORE_FOLDS = frozenset({"collections.Counter", "math.fsum"})
_PASSES_ON = {"builtins.enumerate": 0, "builtins.map": 1, "builtins.filter": 1}
_MUTATORS = library.words(
    "append extend insert add update pop popitem clear remove discard sort reverse setdefault appendleft "
    "popleft write writelines close seek truncate"
)
_OPENERS = library.words("open open_text fdopen")
# A docstring that says what is returned, a list.
_PROMISE = re.compile(r"\breturns?\b.{0,200}?\blists?\b|^\s*(a )?list\b", re.IGNORECASE | re.DOTALL)
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


def mutates(facts: Facts, use: ast.Name) -> bool:
    """Whether what a name stands for is visibly changed through it where it is written."""
    node: ast.AST = use
    parent = facts.parent(node)
    while isinstance(parent, (ast.Attribute, ast.Subscript)) and parent.value is node:
        if isinstance(parent.ctx, (ast.Store, ast.Del)):
            return True
        found = patterns.method(facts.parent(parent), *_MUTATORS)
        if found is not None and found[0] is node:
            return True
        node, parent = parent, facts.parent(parent)
    return isinstance(parent, ast.AugAssign) and parent.target is use


@dataclass(frozen=True, slots=True)
class Reader:
    """Where a list is gone through once and in order; `folds`: none of its items need be kept."""

    node: ast.AST
    folds: bool


def reader(facts: Facts, made: ast.expr) -> Reader | None:
    """Who goes through a list that an expression makes, where an iterator would do just as well.

    The list itself is the iterable of a loop, of a comprehension or of a builtin that reads it
    whole; or the next statements, which only compute, give it a name that serves as that once.
    """
    parent = facts.parent(made)
    if isinstance(parent, (ast.For, ast.comprehension)):
        return _loop(facts, parent, made)
    if isinstance(parent, ast.Call) and made in parent.args:
        return _argument(facts, parent, made)
    if isinstance(parent, ast.Assign) and parent.value is made:
        use = only_use(facts, parent)
        return None if use is None or facts.parent(use) is parent else reader(facts, use)
    return None


def _loop(facts: Facts, loop: ast.For | ast.comprehension, made: ast.expr) -> Reader | None:
    if loop.iter is not made:
        return None
    if isinstance(loop, ast.For):
        return Reader(loop, True) if not _leaves_early(facts, loop) else None
    owner = facts.parent(loop)
    if loop.is_async or owner is None:
        return None
    if isinstance(owner, ast.GeneratorExp):
        call = facts.parent(owner)
        return _argument(facts, call, owner) if isinstance(call, ast.Call) else None
    return Reader(owner, True)


def _leaves_early(facts: Facts, loop: ast.For) -> bool:
    """Whether a loop may end before its last item, or hands control to somebody else meanwhile."""
    for node in facts.under(loop)[1:]:
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom, ast.Await)):
            return True
        if isinstance(node, ast.Break):
            inner = next(a for a in facts.index.ancestors(node) if isinstance(a, LOOPS))
            if inner is loop:
                return True
    return False


def _argument(facts: Facts, call: ast.Call, made: ast.expr) -> Reader | None:
    dotted = facts.names.dotted(call.func) or ""
    name = dotted.removeprefix("builtins.")
    if dotted in _PASSES_ON:
        place = _PASSES_ON[dotted]
        last = place == 0 or len(call.args) == place + 1
        return reader(facts, call) if last and call.args[place : place + 1] == [made] else None
    first = bool(call.args) and call.args[0] is made
    if not first:
        return None
    if isinstance(call.func, ast.Attribute) and call.func.attr == "join" and not dotted:
        return Reader(call, False)
    if name in _FOLDS and dotted != name and (len(call.args) == 1 or name == "sum"):
        return Reader(call, True)
    if dotted in _MORE_FOLDS and len(call.args) == 1:
        return Reader(call, True)
    return Reader(call, False) if name in _COPIES and dotted != name else None


def only_use(facts: Facts, stmt: ast.Assign) -> ast.Name | None:
    """The one read of a name, in the statements of the same block right behind, that only compute."""
    target, function = stmt.targets[0], facts.function(stmt)
    if len(stmt.targets) != 1 or not isinstance(target, ast.Name) or not isinstance(function, DEFS):
        return None
    flow = facts.flow(function)
    if target.id not in flow.locals or target.id in flow.captured:
        return None
    uses = [
        n
        for n in facts.names.uses(target.id, function)
        if stmt in flow.definitions(target.id, facts.statement(n))
    ]
    if len(uses) != 1 or flow.definitions(target.id, facts.statement(uses[0])) != {stmt}:
        return None
    return uses[0] if right_behind(facts, uses[0], stmt) else None


def right_behind(facts: Facts, use: ast.Name, stmt: ast.stmt) -> bool:
    """Whether a name is read once in the block of a statement behind it, after what only computes."""
    block, here = facts.edits.siblings(stmt), facts.statement(use)
    if here not in block[block.index(stmt) + 1 :] or not runs_once(facts, use, here):
        return False
    between = block[block.index(stmt) + 1 : block.index(here)]
    return all(_computes(facts, s) for s in between)


def runs_once(facts: Facts, use: ast.Name, stmt: ast.stmt) -> bool:
    """Whether a read is made once when its statement runs: by no inner loop, lambda or comprehension."""
    below: ast.AST = use
    for parent in facts.index.ancestors(use):
        if isinstance(parent, ast.Lambda):
            return False
        if isinstance(parent, COMPREHENSIONS) and below is not parent.generators[0]:
            return False
        if parent is stmt:
            return not isinstance(stmt, LOOPS) or below is getattr(stmt, "iter", None)
        below = parent
    return True


def _computes(facts: Facts, stmt: ast.stmt) -> bool:
    names = isinstance(stmt, ast.Assign) and all(
        isinstance(t, ast.Name) or (isinstance(t, ast.Tuple) and all(isinstance(e, ast.Name) for e in t.elts))
        for t in stmt.targets
    )
    if not names:
        return False
    assert isinstance(stmt, ast.Assign)
    empty = isinstance(stmt.value, (ast.Dict, ast.Set, ast.List)) and not list(
        ast.iter_child_nodes(stmt.value)
    )
    return empty or patterns.pure(facts, stmt.value)


def unsteady(facts: Facts, maker: ast.AST, stmt: ast.stmt, found: Reader) -> bool:
    """Whether what items are made of may be something else before the last of them is read.

    `maker` makes them, in the block of `stmt`, behind which the reader stands.
    """
    read = {n.id for n in facts.under(maker) if isinstance(n, ast.Name)}
    own = {n.id for n in facts.under(maker) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    block = facts.edits.siblings(stmt)
    last = next(n for n in (found.node, *facts.index.ancestors(found.node)) if n in block)
    span = [n for s in block[block.index(stmt) + 1 : block.index(last) + 1] for n in facts.under(s)]
    names = [n for n in span if isinstance(n, ast.Name) and n.id in read]
    return any((not isinstance(n.ctx, ast.Load) and n.id not in own) or mutates(facts, n) for n in names)


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


def disturbed(facts: Facts, call: ast.Call, found: Reader) -> bool:
    """Whether a loop over what a call gives visibly changes something that the call reads."""
    if not isinstance(found.node, ast.For):
        return False
    read = {n.id for n in facts.under(call) if isinstance(n, ast.Name)}
    inside = (n for n in facts.under(found.node) if isinstance(n, ast.Name) and n.id in read)
    return any(mutates(facts, n) for n in inside)
