"""Sparse matrices made dense to be compared.

What it does
    Finds `(a.toarray() == b.toarray()).all()` where only its truth counts and asks for entries
    that differ.

Why it costs memory
    Two dense copies and their comparison store every zero three times.

Example
    assert (a.toarray() == b.toarray()).all()

Use instead
    assert (a != b).nnz == 0

When it is safe
    For matrices of one shape; others raise another error or none, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns, sparse
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM511",
    name="sp-dense-compared",
    trust=Trust.EXACT,
    summary="sparse matrices are made dense to be compared",
    triggers=("toarray()",),
    pair=Pair("S24", 36.54, 0.20),
    search_only=True,
    examples=(
        Example(
            "def same(a, b):\n"
            "    if (a.toarray() == b.toarray()).all():\n"
            '        return "same"\n'
            '    return "different"\n',
            'def same(a, b):\n    if (a != b).nnz == 0:\n        return "same"\n    return "different"\n',
            call=(
                "same(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], "
                "[0, 2, 3]]), __import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, "
                "0, 0], [0, 2, 3]])), same(__import__('scipy.sparse').sparse.csr_matrix([[0, "
                "1.0, 0], [4, 0, 0], [0, 2, 3]]), 2 * "
                "__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, "
                "3]]))"
            ),
        ),
        Example(
            "import numpy as np\n\ndef symmetric(a):\n    assert np.all(a.toarray() == a.T.toarray())\n",
            "import numpy as np\n\ndef symmetric(a):\n    assert ((a != a.T).nnz == 0)\n",
            call=(
                "symmetric(2 * __import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, "
                "0, 0], [0, 2, 3]]) + 2 * __import__('scipy.sparse').sparse.csr_matrix([[0, "
                "1.0, 0], [4, 0, 0], [0, 2, 3]]).T)"
            ),
        ),
    ),
    counterexamples=(
        ("def f(a, b):\n    return (a.toarray() == b.toarray()).all()\n"),
        ("def f(a, b):\n    assert (a.toarray() == b.toarray()).any()\n"),
        ("def f(a, b):\n    assert (a.toarray() <= b.toarray()).all()\n"),
        ("def f(a, b):\n    assert (a.toarray() == b).all()\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Comparisons of dense copies of which only the truth of `all` counts."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "all")
        if patterns.is_call(facts, call, "numpy.all") and len(call.args) == 1 and not call.keywords:
            compared: ast.expr = call.args[0]
        elif found is not None and not call.args and not call.keywords:
            compared = found[0]
        else:
            continue
        if not isinstance(compared, ast.Compare) or len(compared.ops) != 1:
            continue
        one, other = (sparse.densified(facts, s) for s in (compared.left, compared.comparators[0]))
        equal = isinstance(compared.ops[0], ast.Eq)
        if equal and one is not None and other is not None and frames.truth_only(facts, call):
            text = f"({patterns.operand(facts, one)} != {patterns.operand(facts, other)}).nnz == 0"
            yield RULE.site(facts, call, "sparse matrices can be compared", facts.edits.replace(call, text))
