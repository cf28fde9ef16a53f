"""A chain of matrix products taken in the expensive order.

What it does
    Finds `a @ b @ c`, which multiplies the two matrices first, and offers `a @ (b @ c)`.

Why it costs memory
    With a vector or a narrow matrix at the right end the first product is the largest thing in
    the chain: n times n numbers where n times one would do.

Example
    y = a @ b @ v

Use instead
    y = a @ (b @ v)

When it is safe
    The product is associative, so results agree to rounding. Which order is smaller depends on
    the shapes, so this is only ever decided by measuring.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM218",
    name="np-matrix-chain",
    trust=Trust.CLOSE,
    summary="a chain of matrix products may be taken in a smaller order",
    triggers=("@",),
    pair=Pair("N23", 7.64, 0.02),
    search_only=True,
    examples=(
        Example(
            "def f(a, b, v):\n    return a @ b @ v\n",
            "def f(a, b, v):\n    return a @ (b @ v)\n",
            call="f(*(__import__('numpy').random.default_rng(i).random((4, 4)) for i in range(3)))",
        ),
        Example(
            "def f(a, b, v):\n    return (a.T @ b) @ v + 1\n",
            "def f(a, b, v):\n    return a.T @ (b @ v) + 1\n",
            call="f(*(__import__('numpy').random.default_rng(i).random((4, 4)) for i in range(3)))",
        ),
    ),
    counterexamples=(
        "def f(a, b, v):\n    return a @ (b @ v)\n",
        "def f(a, b):\n    return a @ b\n",
        "def f(a, b, v):\n    return a @ b * v\n",
        "@wrapped\ndef f(a, b):\n    return a @ b\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Products of three factors, the left two first; longer chains are taken step by step."""
    for node in facts.walk(ast.BinOp):
        inner = node.left
        if not (isinstance(node.op, ast.MatMult) and isinstance(inner, ast.BinOp)):
            continue
        if not isinstance(inner.op, ast.MatMult) or not all(
            patterns.pure(facts, part) for part in (inner.left, inner.right, node.right)
        ):
            continue
        first, second, third = (patterns.operand(facts, n) for n in (inner.left, inner.right, node.right))
        text = f"{first} @ ({second} @ {third})"
        yield RULE.site(facts, node, "the other order may be smaller", facts.edits.replace(node, text))
