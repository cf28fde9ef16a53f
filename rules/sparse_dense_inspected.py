"""A sparse matrix made dense to be counted or measured.

What it does
    Finds `x.toarray().shape`, `len(x.toarray())` and `np.count_nonzero(x.toarray())` and asks
    the sparse matrix.

Why it costs memory
    The dense copy stores every zero, to be counted.

Example
    filled = np.count_nonzero(counts.toarray())

Use instead
    filled = counts.count_nonzero()

When it is safe
    The sparse matrix knows its shape, and counts entries that are not zero even where zeros are
    stored. What has `toarray` may be something else, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, sparse
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM507",
    name="sp-dense-inspected",
    trust=Trust.EXACT,
    summary="a sparse matrix is made dense to be counted",
    triggers=("toarray()", "todense()"),
    pair=Pair("S20", 30.52, 0.00),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n"
            "\n"
            "def filled(counts):\n"
            "    return int(np.count_nonzero(counts.toarray())) / counts.shape[0]\n",
            "import numpy as np\n"
            "\n"
            "def filled(counts):\n"
            "    return int(counts.count_nonzero()) / counts.shape[0]\n",
            call=(
                "filled(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"
            ),
        ),
        Example(
            "def size(x):\n    rows, columns = x.toarray().shape\n    return len(x.toarray()) * columns\n",
            "def size(x):\n    rows, columns = x.shape\n    return x.shape[0] * columns\n",
            call=("size(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"),
            sites=2,
        ),
    ),
    counterexamples=(
        ("def f(x):\n    return x.toarray().size\n"),
        ("def f(x):\n    return len(x.tolist())\n"),
        ("import numpy as np\n\ndef f(x):\n    return np.count_nonzero(x.toarray(), axis=0)\n"),
        ("import numpy as np\n\ndef f(x):\n    return np.count_nonzero(x.toarray() > 1)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Shapes, lengths and counts of dense copies."""
    nodes: Iterator[ast.Attribute | ast.Call] = facts.walk(ast.Attribute, ast.Call)
    for node in nodes:
        if isinstance(node, ast.Attribute):
            dense, new = (node.value, ".shape") if node.attr == "shape" else (None, "")
        elif len(node.args) != 1 or node.keywords:
            continue
        else:
            counted = patterns.is_call(facts, node, "numpy.count_nonzero")
            dense = node.args[0] if counted or patterns.is_call(facts, node, "builtins.len") else None
            new = ".count_nonzero()" if counted else ".shape[0]"
        matrix = sparse.densified(facts, dense)
        if matrix is not None:
            text = f"{sparse.as_operand(facts, matrix)}{new}"
            yield RULE.site(facts, node, "the sparse matrix knows it", facts.edits.replace(node, text))
