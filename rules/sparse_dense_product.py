"""A sparse matrix made dense to be multiplied.

What it does
    Finds `x.toarray() @ w` and `x.toarray().dot(w)` and multiplies the sparse matrix.

Why it costs memory
    The dense copy stores every zero: a hundred times the memory at one percent.

Example
    scores = counts.toarray() @ weights

Use instead
    scores = counts @ weights

When it is safe
    The product with a dense array is dense and agrees to rounding; with a sparse one it would
    be sparse, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, sparse
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM504",
    name="sp-dense-product",
    trust=Trust.CLOSE,
    summary="a sparse matrix is made dense to be multiplied",
    triggers=("toarray()", "todense()"),
    pair=Pair("S17", 30.56, 0.04),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef scores(counts, weights):\n    return counts.toarray() @ weights\n",
            "import numpy as np\n\ndef scores(counts, weights):\n    return counts @ weights\n",
            call=(
                "scores(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], "
                "[0, 2, 3]]), np.arange(3.0))"
            ),
        ),
        Example(
            "import numpy as np\n"
            "\n"
            "def scores(counts, weights):\n"
            "    return counts.toarray().dot(weights) + np.dot(counts.toarray().T, weights)\n",
            "import numpy as np\n"
            "\n"
            "def scores(counts, weights):\n"
            "    return (counts @ weights) + (counts.T @ weights)\n",
            call=(
                "scores(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], "
                "[0, 2, 3]]), np.arange(3.0))"
            ),
            sites=2,
        ),
    ),
    counterexamples=(
        ("def f(x, y):\n    return x.toarray() * y\n"),
        ("def f(x, y):\n    return x @ y\n"),
        ("def f(x, y):\n    d = x.toarray()\n    return d @ y, d\n"),
        ("import numpy as np\n\ndef f(x, y):\n    return np.outer(x.toarray(), y)\n"),
        ("def f(x, y):\n    return x.toarray() @ y.toarray()\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Products whose left factor is a dense copy."""
    nodes: Iterator[ast.BinOp | ast.Call] = facts.walk(ast.BinOp, ast.Call)
    for node in nodes:
        if isinstance(node, ast.BinOp):
            left, right = (node.left, node.right) if isinstance(node.op, ast.MatMult) else (None, None)
        elif patterns.is_call(facts, node, "numpy.dot", "numpy.matmul"):
            left, right = (node.args[0], node.args[1]) if len(node.args) == 2 else (None, None)
        else:
            found = patterns.method(node, "dot")
            left, right = (found[0], node.args[0]) if found and len(node.args) == 1 else (None, None)
        if left is None or right is None or isinstance(left, ast.Starred) or isinstance(right, ast.Starred):
            continue
        if isinstance(node, ast.Call) and node.keywords:
            continue
        turned = ".T" if isinstance(left, ast.Attribute) and left.attr == "T" else ""
        matrix = sparse.densified(facts, left.value if turned else left)  # type: ignore[attr-defined]
        other = right.value if isinstance(right, ast.Attribute) else right
        if matrix is not None and sparse.densified(facts, other) is None:
            text = f"{sparse.as_operand(facts, matrix)}{turned} @ {patterns.operand(facts, right)}"
            yield RULE.site(
                facts, node, "the sparse matrix can be multiplied", facts.edits.replace(node, text),

            )  # fmt: skip
