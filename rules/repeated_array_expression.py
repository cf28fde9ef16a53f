"""The same array is computed twice in one statement.

What it does
    Finds an expensive expression that stands twice in one statement, such as `np.exp(x)` in a
    softmax, computes it once under a name, and finishes in its memory where the statement allows.

Why it costs memory
    Both copies are alive together, with the result as the third: 16 MiB instead of 8 for a
    softmax of an 8 MiB array. It takes twice the time, too.

Example
    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)

Use instead
    shared = np.exp(x)
    shared /= shared.sum(axis=1, keepdims=True)
    return shared

When it is safe
    The repeated expression only reads: names, arithmetic and functions known to have no effect.
    Working in place needs a result of the same shape and no wider type; that is certain for
    float functions divided by their own reductions, else it is for a proof by running.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.facts import library, patterns
from codeopt.facts.in_place import evaluated_once
from codeopt.facts.index import DEFS
from codeopt.facts.overwrite import value_and_target
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts

_SIGNS: dict[type[ast.operator], str] = {ast.Div: "/", ast.Mult: "*", ast.Sub: "-", ast.Add: "+"}

RULE = Rule(
    code="MEM205",
    name="repeated-array-expression",
    trust=Trust.EXACT,
    summary="the same array is computed twice in one statement",
    triggers=("numpy", "torch"),
    pair=Pair("N29", 16.07, 8.07),
    examples=(
        Example(
            before=(
                "import numpy as np\n"
                "\n"
                "def f(x):\n"
                "    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)\n"
            ),
            after=(
                "import numpy as np\n\ndef f(x):\n    shared = np.exp(x)\n"
                "    shared /= shared.sum(axis=1, keepdims=True)\n    return shared\n"
            ),
            call="f(np.arange(6.0).reshape(2, 3))",
        ),
        Example(
            before=(
                "import numpy as np\n"
                "\n"
                "def f(x, w):\n"
                "    loss = np.mean(np.abs(x - w) * np.sign(x - w))\n"
                "    return loss\n"
            ),
            after=(
                "import numpy as np\n\ndef f(x, w):\n    shared = x - w\n"
                "    loss = np.mean(np.abs(shared) * np.sign(shared))\n    del shared\n    return loss\n"
            ),
            call="f(np.arange(4.0), 1.5)",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return np.exp(x) / np.exp(-x).sum()\n",
        "import numpy as np\n\ndef f(x):\n    return x.pop() - 1, x.pop() - 1, np.ones(3)\n",
        "import numpy as np\n\ndef f(x, ok):\n    return np.exp(x) if ok else np.exp(x) + 1\n",
        "import numpy as np\n\ndef f(i, x):\n    return np.sum(x[i + 1] * x[i + 1])\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The biggest repeated expression of each simple statement in a function."""
    for function in facts.functions():
        for stmt in facts.flow(function).own_statements:
            if isinstance(stmt, (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)):
                if facts.deciding and not _begins(value_and_target(stmt)[0], facts):
                    continue
                same = _repeated(stmt, facts)
                if same:
                    yield from _site(stmt, same, facts)


def _begins(value: ast.expr | None, facts: Facts) -> bool:
    """Whether a value begins like those that are certain: a float function, and what it is scaled by."""
    if not isinstance(value, ast.BinOp) or type(value.op) not in _SIGNS:
        return False
    made = value.left
    return isinstance(made, ast.Call) and facts.names.dotted(made.func) in library.NUMPY_FLOAT_UFUNCS


def _repeated(stmt: ast.stmt, facts: Facts) -> list[ast.expr]:
    alike: dict[tuple[object, ...], list[ast.expr]] = {}
    for node in evaluated_once(stmt):
        if isinstance(node, (ast.BinOp, ast.Call)):
            # What is written alike is as big and begins alike: few expressions need a closer look.
            part = node.op if isinstance(node, ast.BinOp) else node.func
            key = (type(part), getattr(part, "attr", ""), facts.index.end(node) - facts.index.order(node))
            alike.setdefault(key, []).append(node)
    groups: dict[str, list[ast.expr]] = {}
    for nodes in alike.values():
        if len(nodes) > 1:
            for node in nodes:
                groups.setdefault(ast.dump(node), []).append(node)
    repeated = [
        [n for n in nodes if _is_array(n, facts) and patterns.pure(facts, n)]
        for nodes in groups.values()
        if len(nodes) > 1
    ]
    repeated.sort(key=lambda nodes: facts.index.order(nodes[0]) if nodes else 0)
    return max((n for n in repeated if len(n) > 1), key=lambda nodes: len(facts.text(nodes[0])), default=[])


def _is_array(node: ast.expr, facts: Facts) -> bool:
    """Whether this may be a big array: no index arithmetic, no plain numbers, no reductions."""
    if isinstance(facts.parent(node), (ast.Subscript, ast.Slice)):
        return False
    if facts.arrays.value(node, facts.statement(node)).kind == "scalar":
        return False
    if isinstance(node, ast.Call):
        dotted = facts.names.dotted(node.func) or ""
        made = dotted in library.MAKERS and dotted.rpartition(".")[2] not in library.REDUCTIONS
        return made and not dotted.startswith("numpy.random")
    return any(isinstance(n, ast.Name) for n in facts.under(node))


def _site(stmt: ast.stmt, same: list[ast.expr], facts: Facts) -> Iterator[Site]:
    name = facts.names.fresh_name("shared", stmt)
    first = f"{name} = {facts.in_place.text(same[0])}"
    value, target = value_and_target(stmt)
    message = f"`{facts.text(same[0])}` is computed {len(same)} times"
    if isinstance(value, ast.BinOp) and value.left in same and type(value.op) in _SIGNS:
        right = _substituted(value.right, same[1:], name, facts)
        lines = [first, f"{name} {_SIGNS[type(value.op)]}= {right}"]
        lines.append(f"return {name}" if target is None else f"{target} = {name}")
        edits = facts.edits.replace_statement(stmt, lines)
        yield RULE.site(facts, same[0], message, edits, certain=_certain(value, same, facts))
        return
    before = facts.edits.insert_before(stmt, first)
    behind = () if isinstance(stmt, ast.Return) else facts.edits.insert_after(stmt, f"del {name}")
    swaps = [edit for node in same for edit in facts.edits.replace(node, name)]
    if before:
        yield RULE.site(facts, same[0], message, (*before, *swaps, *behind), certain=False)


def _substituted(expr: ast.expr, same: list[ast.expr], name: str, facts: Facts) -> str:
    """The text of an expression with the repeated parts replaced by the name."""
    inside = set(facts.under(expr))
    text = patterns.with_parts(facts, expr, {node: name for node in same if node in inside})
    return f"({text})" if "\n" in text else text


def _certain(value: ast.BinOp, same: list[ast.expr], facts: Facts) -> bool:
    """A float function by its own reduction, in a function: type and shape cannot change."""
    made = same[0]
    if not isinstance(made, ast.Call) or facts.names.dotted(made.func) not in library.NUMPY_FLOAT_UFUNCS:
        return False
    if not isinstance(facts.function(made), DEFS) or made.keywords or len(same) != 2:
        return False
    reduced = ast.parse(_substituted(value.right, same[1:], "shared", facts), mode="eval").body
    call = reduced if isinstance(reduced, ast.Call) and isinstance(reduced.func, ast.Attribute) else None
    if call is None or not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return False
    return call.func.value.id == "shared" and facts.in_place.own_reduction(call, "shared")
