"""The same array computed twice in one statement.

What it does
    Finds an expression such as `x - x.mean(0)` that one statement evaluates twice or more, and
    computes it once into a local name before the statement.

Why it costs memory
    Both results live at the same time, beside whatever each of them needs on the way.

Example
    covariance = (x - x.mean(0)).T @ (x - x.mean(0))

Use instead
    centred = x - x.mean(0)
    covariance = centred.T @ centred

When it is safe
    The expression only computes, nothing in between can change its inputs, and neither result
    is kept. A product of an array with its own transpose may take another routine of the
    linear algebra library, so floats agree to rounding there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_REDUCED = ("mean", "sum", "max", "min", "std")

RULE = Rule(
    code="MEM221",
    name="np-repeated-temporary",
    trust=Trust.CLOSE,
    summary="one statement computes the same array twice",
    triggers=tuple(f"{n}(" for n in _REDUCED),
    pair=Pair("X9", 22.89, 15.26),
    examples=(
        Example(
            "def cov(x):\n    return (x - x.mean(0)).T @ (x - x.mean(0))\n",
            "def cov(x):\n    centred = x - x.mean(0)\n    return centred.T @ centred\n",
            call="cov(__import__('numpy').random.default_rng(0).random((20, 3)))",
        ),
        Example(
            "import numpy as np\n\ndef corr(x, y):\n    r = np.sum((x - np.mean(x)) * (y - np.mean(y))) / "
            "np.sqrt(np.sum((x - np.mean(x)) ** 2))\n    return r\n",
            "import numpy as np\n\ndef corr(x, y):\n    centred = x - np.mean(x)\n    r = np.sum(centred * "
            "(y - np.mean(y))) / np.sqrt(np.sum(centred ** 2))\n    return r\n",
            call="corr(np.random.default_rng(0).random(20), np.random.default_rng(1).random(20))",
        ),
    ),
    counterexamples=(
        "def f(x):\n    return (x - x.mean(0)).T @ x\n",
        "def f(x, y):\n    return (x - x.mean(0)) @ (y - y.mean(0))\n",
        "def f(x):\n    return x - x.mean(0), x - x.mean(0)\n",
        "def f(x, flag):\n    return (x - x.mean(0)).sum() if flag else (x - x.mean(0)).max()\n",
        "def f(x, g):\n    return g(x - x.mean(0)) @ (x - x.mean(0))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Differences from a statistic that occur more than once in a statement."""
    groups: dict[tuple[ast.stmt, str], list[ast.BinOp]] = {}
    for node in facts.walk(ast.BinOp):
        if isinstance(node.op, ast.Sub) and _centred(facts, node) and isinstance(facts.function(node), DEFS):
            groups.setdefault((facts.statement(node), ast.dump(node)), []).append(node)
    for (stmt, _), nodes in groups.items():
        value = getattr(stmt, "value", None)
        if len(nodes) < 2 or not isinstance(value, ast.expr) or not patterns.pure(facts, value):
            continue
        if not all(patterns.can_hoist(facts, n) and _consumed(facts, n) for n in nodes):
            continue
        name = facts.names.fresh_name("centred", stmt)
        edits = [*facts.edits.insert_before(stmt, f"{name} = {facts.text(nodes[0])}")]
        for node in nodes:
            edits += patterns.replace_bare(facts, node, name)
        if "\n" not in facts.text(nodes[0]):
            yield RULE.site(facts, nodes[0], "the same array is computed more than once", edits, certain=False)


def _centred(facts: Facts, node: ast.BinOp) -> bool:
    """Whether an expression is an array minus a statistic of it."""
    if not patterns.plain(node.left):
        return False
    found = patterns.reduction(facts, node.right, *_REDUCED)
    return found is not None and patterns.same(found[0], node.left)


def _consumed(facts: Facts, node: ast.expr) -> bool:
    """Whether the place of an expression computes from it, so that neither result is kept."""
    parent = facts.parent(node)
    if isinstance(parent, ast.Attribute):
        return True
    return isinstance(parent, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call))
