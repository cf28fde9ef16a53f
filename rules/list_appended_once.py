"""A loop fills a list that is then gone through once.

What it does
    Finds an empty list, a loop that does nothing but append to it, and one loop, comprehension or reducer
    right behind that goes through it, and makes the first loop a generator expression.

Why it costs memory
    All items stand in memory before the first is looked at.

Example
    found = []
    for line in lines:
        if line:
            found.append(line.split(","))
    total = sum(float(field[2]) for field in found)

Use instead
    found = (line.split(",") for line in lines if line)
    total = sum(float(field[2]) for field in found)

When it is safe
    Nothing but that one reader uses the list, it goes to the end, what the items are made of is the same
    by then, and the variable of the first loop is not read behind it. Making the items and using them now
    takes turns, which shows where both do more than compute, so a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns, readers
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_LONGEST_LINE = 88
_UNFIT = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Lambda)

RULE = Rule(
    code="MEM152",
    name="list-appended-once",
    trust=Trust.EXACT,
    summary="a loop fills a list that is then gone through once",
    triggers=(".append(",),
    pair=Pair("P02", 38.06, 0.0),
    search_only=True,
    examples=(
        Example(
            "def total(lines):\n    found = []\n    for line in lines:\n        if line:\n"
            "            found.append(line.split(','))\n    return sum(float(f[1]) for f in found)\n",
            "def total(lines):\n    found = (line.split(',') for line in lines if line)\n"
            "    return sum(float(f[1]) for f in found)\n",
            call="total(['a,1', '', 'b,2'])",
        ),
        Example(
            "def longest(pairs):\n    most = 0\n    sizes = []\n    for name, text in pairs.items():\n"
            "        sizes.append((len(name.strip()) + len(text.strip()), name, text))\n"
            "    for size, name, text in sizes:\n        most = max(most, size)\n    return most\n",
            "def longest(pairs):\n    most = 0\n    sizes = (\n"
            "        (len(name.strip()) + len(text.strip()), name, text)\n"
            "        for name, text in pairs.items()\n    )\n"
            "    for size, name, text in sizes:\n        most = max(most, size)\n    return most\n",
            call="longest({'a': 'b ', 'c': 'def'})",
        ),
    ),
    counterexamples=(
        "def f(xs):\n    ys = []\n    for x in xs:\n        ys.append(x + 1)\n    return sum(ys) / len(ys)\n",
        "def f(xs):\n    ys = []\n    for x in xs:\n        ys.append(x + 1)\n    return sum(ys), x\n",
        "def f(xs, g):\n    ys = []\n    for x in xs:\n        g(x)\n        ys.append(x)\n    sum(ys)\n",
        "def f(xs):\n    ys = []\n    for x in xs:\n        ys.append(x)  # why\n    return sum(ys)\n",
        "def f(xs, n):\n    ys = []\n    for x in xs:\n        ys.append(x * n)\n    for y in ys:\n"
        "        n = y\n    return n\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loops that only append, before the one reader of what they fill."""
    for loop in facts.walk(ast.For):
        add = _only_appends(facts, loop)
        start = None if add is None else _empty_before(facts, loop, add)
        if add is None or start is None:
            continue
        edits = _edits(facts, loop, add, start) if _may_wait(facts, loop, add) else ()
        if edits:
            message = "one item at a time is enough; the list holds all of them"
            yield RULE.site(facts, loop, message, edits)


def _only_appends(facts: Facts, loop: ast.For) -> ast.Call | None:
    """The append that is all that a loop does, under one condition at most."""
    body = loop.body
    if len(body) == 1 and isinstance(body[0], ast.If) and not body[0].orelse:
        body = body[0].body
    found = patterns.method(body[0].value, "append") if isinstance(body[0], ast.Expr) else None
    if found is None or len(body) != 1 or loop.orelse or not isinstance(found[0], ast.Name):
        return None
    add, inside = found[1], facts.under(loop)
    if (
        len(add.args) != 1
        or isinstance(add.args[0], ast.Starred)
        or any(isinstance(n, _UNFIT) for n in inside)
    ):
        return None
    return None if any(patterns.is_call(facts, n, "builtins.next") for n in inside) else add


def _empty_before(facts: Facts, loop: ast.For, add: ast.Call) -> ast.Assign | None:
    """The statement right before a loop that makes its list, which is read once more, behind it."""
    function, name = facts.function(loop), add.func.value  # type: ignore[attr-defined]
    block = facts.edits.siblings(loop)
    stmt = block[block.index(loop) - 1] if block[0] is not loop else None
    if not isinstance(function, DEFS) or not isinstance(stmt, ast.Assign) or len(stmt.targets) != 1:
        return None
    empty = isinstance(stmt.value, ast.List) and not stmt.value.elts
    target = stmt.targets[0]
    return stmt if empty and isinstance(target, ast.Name) and target.id == name.id else None


def _may_wait(facts: Facts, loop: ast.For, add: ast.Call) -> bool:
    """Whether one reader right behind is all that the list, and the loop's own names, are there for."""
    name, function = add.func.value, facts.function(loop)  # type: ignore[attr-defined]
    if not isinstance(function, DEFS):
        return False
    flow = facts.flow(function)
    uses = [u for u in facts.names.uses(name.id, function) if u is not name]
    own = {n.id for n in facts.under(loop.target) if isinstance(n, ast.Name)}
    if len(uses) != 1 or name.id in flow.captured or own & (flow.live_after(loop) | flow.captured):
        return False
    if len(facts.names.occurrences(name.id, function)) != 3 or not readers.right_behind(facts, uses[0], loop):
        return False
    found = readers.reader(facts, uses[0])
    return found is not None and found.folds and not readers.unsteady(facts, loop, loop, found)


def _edits(facts: Facts, loop: ast.For, add: ast.Call, start: ast.Assign) -> tuple[Edit, ...]:
    """A generator expression in the place of the loop; none where comments or long lines are in the way."""
    (begin, _), (first, end) = facts.range(start), facts.range(loop)
    parts = [facts.text(n) for n in (add.args[0], loop.target, loop.iter)]
    test = facts.text(loop.body[0].test) if isinstance(loop.body[0], ast.If) else ""
    last_line = facts.source.data[end:].partition(b"\n")[0]
    if b"#" in facts.source.data[begin:end] + last_line or any("\n" in p for p in (*parts, test)):
        return ()
    item, target, source = parts
    head = f"{facts.text(start.targets[0])} = "
    words = [item, f"for {target} in {source}", *([f"if {test}"] if test else [])]
    line = f"{head}({' '.join(words)})"
    if loop.col_offset + len(line) > _LONGEST_LINE:
        glue = facts.source.newline + facts.source.data[:first].rpartition(b"\n")[2].decode()
        deeper = glue + facts.edits.unit(loop)
        line = f"{head}({deeper}{deeper.join(words)}{glue})"
    return (Edit(begin, end, line),)
