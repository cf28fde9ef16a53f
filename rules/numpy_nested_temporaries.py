"""Each stage of a nested array expression takes a buffer of its own.

What it does
    Finds expressions such as `np.exp(x - m)` and `(x - m) / s`, keeps the first stage under a
    name and lets the later stages overwrite it.

Why it costs memory
    NumPy overwrites a nameless temporary by itself only for operators between arrays of one
    shape and type. A function applied to a temporary, a number minus a temporary and an operand
    that is broadcast each take a second buffer: 16 MiB instead of 8.

Example
    return (x - x.mean(0)) / x.std(0)

Use instead
    std = x.std(0)
    buffer = x - x.mean(0)
    buffer /= std
    return buffer

When it is safe
    The first stage makes new memory that nobody else can hold, so nothing outside changes. A wider
    operand, one that enlarges the shape, or a value that is no array at all is for a proof by
    running, and so is whether the stage is the peak of its statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import library, patterns
from codeopt.facts.in_place import Plan, evaluated_once
from codeopt.facts.index import DEFS
from codeopt.facts.overwrite import value_and_target
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts

RULE = Rule(
    code="MEM203",
    name="numpy-nested-temporaries",
    trust=Trust.EXACT,
    summary="the stages of a nested array expression could share one buffer",
    triggers=("numpy", "torch"),
    pair=Pair("N30", 16.07, 8.08),
    search_only=True,
    examples=(
        Example(
            before="import numpy as np\n\ndef f(x, m, s):\n    return (x - m.mean(0)) / s.std(0)\n",
            after=(
                "import numpy as np\n\ndef f(x, m, s):\n    std = s.std(0)\n    buffer = x - m.mean(0)\n"
                "    buffer /= std\n    return buffer\n"
            ),
            call="f(*[np.arange(6.0).reshape(2, 3) + 1] * 3)",
            sites=2,
        ),
        Example(
            before=(
                "import numpy as np\n\ndef f(x):\n    p = 1 / (1 + np.exp(-x))\n"
                "    total = np.log(p + 1e-9).sum()  # likelihood\n    return total\n"
            ),
            after=(
                "import numpy as np\n"
                "\n"
                "def f(x):\n"
                "    p = -x\n"
                "    np.exp(p, out=p)\n"
                "    np.add(1, p, out=p)\n"
                "    np.divide(1, p, out=p)\n"
                "    buffer = p + 1e-9\n"
                "    np.log(buffer, out=buffer)\n"
                "    total = buffer.sum()  # likelihood\n"
                "    del buffer\n"
                "    return total\n"
            ),
            call="f(np.arange(4.0))",
            sites=4,
        ),
        Example(
            before="import numpy as np\n\ndef f(x, w, b):\n    return np.tanh(x @ w + b)\n",
            after=(
                "import numpy as np\n\ndef f(x, w, b):\n    buffer = x @ w\n    buffer += b\n"
                "    np.tanh(buffer, out=buffer)\n    return buffer\n"
            ),
            call="f(np.ones((2, 3)), np.ones((3, 2)), np.arange(2.0))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return np.exp(x)\n",
        "import numpy as np\n\ndef f(x):\n    return [np.exp(y - 1) for y in x]\n",
        "import numpy as np\n\ndef f(x, ok):\n    return ok and np.exp(x - 1)\n",
        "def f(a, b):\n    return (a + b) / 2\n",
        "import numpy as np\n\ndef f(x):\n    return np.abs(x) * 2 + 1\n",
        "import numpy as np\n\ndef f(g):\n    g(np.random.random(3), -np.random.random(9))\n",
        "import numpy as np\n\ndef f(n: int):\n    return np.zeros((n + 1) // 2)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The outermost nested expressions of simple statements in functions."""
    taken = {found.stmt for found in facts.overwrites.all}
    for function in facts.functions():
        if facts.grad.calls_backward(function) or not _computes(function, facts):
            continue
        for stmt in facts.flow(function).own_statements:
            if isinstance(stmt, (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)) and stmt not in taken:
                yield from _in_statement(stmt, facts)


def _computes(function: ast.AST, facts: Facts) -> bool:
    """Whether a function uses array libraries at all; others do sums with plain numbers."""
    attributes = facts.index.alike(ast.Attribute, function)
    return any(n.attr in library.REDUCTIONS for n in attributes) or any(
        (facts.names.dotted(n) or "").startswith(("numpy.", "torch.")) for n in attributes
    )


def _in_statement(stmt: ast.stmt, facts: Facts) -> Iterator[Site]:
    inside: set[ast.AST] = set()
    for node in evaluated_once(stmt):
        if node in inside:
            continue
        plan = facts.in_place.plan(node)
        if plan is None or _is_number(plan, stmt, facts):
            continue
        if all(step.elided for step in facts.in_place.first_and_rest(plan)[1]):
            continue
        inside |= set(facts.under(node))
        first = _is_first(node, stmt, facts)
        for guarded in (False, True):
            edits = _edits(node, plan, stmt, facts, guarded)
            if edits and (first or patterns.pure(facts, node)):
                message = "the stages of this expression each take memory of their own; one buffer would do"
                yield RULE.site(
                    facts, node, message, edits, group="ways", label="where it fits" if guarded else ""
                )


def _edits(node: ast.expr, plan: Plan, stmt: ast.stmt, facts: Facts, guarded: bool) -> tuple[Edit, ...]:
    value, target = value_and_target(stmt)
    if value is node and target is not None and _is_free(target, node, stmt, facts):
        lines = facts.in_place.buffered(plan, target, guarded=guarded)
        return facts.edits.replace_statement(stmt, lines) if lines else ()
    buffer = facts.names.fresh_name("buffer", stmt)
    lines = facts.in_place.buffered(plan, buffer, guarded=guarded)
    before = facts.edits.insert_before(stmt, *lines) if lines else ()
    behind = () if isinstance(stmt, ast.Return) else facts.edits.insert_after(stmt, f"del {buffer}")
    return (*before, *facts.edits.replace(node, buffer), *behind) if before else ()


def _is_free(target: str, node: ast.expr, stmt: ast.stmt, facts: Facts) -> bool:
    """Whether the target's old value is not needed any more, in the expression or after an error."""
    function = facts.function(stmt)
    if not isinstance(function, DEFS) or facts.in_place.reads(node, target):
        return False
    flow = facts.flow(function)
    return target in flow.locals and target not in flow.captured | flow.live_before(stmt)


def _is_number(plan: Plan, stmt: ast.stmt, facts: Facts) -> bool:
    value = facts.arrays.value(facts.in_place.first_and_rest(plan)[0], stmt)
    leaf = facts.arrays.value(plan.leaf, stmt)
    parent = facts.parent(plan.steps[-1].whole)
    number = 0 in (value.rank, leaf.rank) or {value.kind, leaf.kind} & {"scalar", "list"}
    return bool(number) or isinstance(parent, (ast.Subscript, ast.Slice))


def _is_first(node: ast.expr, stmt: ast.stmt, facts: Facts) -> bool:
    """Whether nothing that the statement evaluates before a part of it minds coming after it."""
    around = {node, *facts.index.ancestors(node)}
    calls = [n for n in facts.under(stmt) if isinstance(n, ast.Call) and n not in around]
    order = facts.index.order
    return all(patterns.pure(facts, c) for c in calls if order(c) < order(node))
