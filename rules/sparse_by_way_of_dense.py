"""A sparse matrix made another by way of a dense one.

What it does
    Finds `csr_matrix(x.toarray())` and `csr_matrix(x.toarray().T)` and converts the sparse
    matrix.

Why it costs memory
    The dense copy stores every zero, with a mask of those that are none.

Example
    turned = csr_matrix(counts.toarray().T)

Use instead
    turned = csr_matrix(counts.T)

When it is safe
    For matrices that store no zeros, which the way round would drop, so the site is left to a
    run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_MADE = tuple(f"scipy.sparse.{f}_{k}" for f in ("csr", "csc", "coo") for k in ("matrix", "array"))


RULE = Rule(
    code="MEM514",
    name="sp-sparse-by-way-of-dense",
    trust=Trust.EXACT,
    summary="a sparse matrix becomes another by way of a dense one",
    triggers=("toarray()", "todense()"),
    pair=Pair("S27", 31.14, 0.23),
    search_only=True,
    examples=(
        Example(
            "from scipy.sparse import csr_matrix\n"
            "\n"
            "def turned(counts):\n"
            "    return csr_matrix(counts.toarray().T)\n",
            "from scipy.sparse import csr_matrix\n\ndef turned(counts):\n    return csr_matrix(counts.T)\n",
            call=(
                "turned(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], "
                "[0, 2, 3]])).toarray()"
            ),
        ),
        Example(
            "import scipy.sparse as sp\n\ndef columns(x, y):\n    return sp.csc_matrix((x + y).todense())\n",
            "import scipy.sparse as sp\n\ndef columns(x, y):\n    return sp.csc_matrix((x + y))\n",
            call=(
                "columns(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], "
                "[0, 2, 3]]), __import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, "
                "0, 0], [0, 2, 3]])).toarray()"
            ),
        ),
    ),
    counterexamples=(
        ("from scipy.sparse import csr_matrix\n\ndef f(x):\n    return csr_matrix(x)\n"),
        ("from scipy.sparse import csr_matrix\n\ndef f(x):\n    return csr_matrix(x.toarray() + 1)\n"),
        ("def f(x, csr_matrix):\n    return csr_matrix(x.toarray())\n"),
        (
            "from scipy.sparse import csr_matrix\n"
            "\n"
            "def f(x, s):\n"
            "    return csr_matrix(x.toarray(), shape=s)\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sparse matrices made of dense copies."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, *_MADE) or len(call.args) != 1 or call.keywords:
            continue
        dense, turned = call.args[0], ""
        if isinstance(dense, ast.Attribute) and dense.attr == "T":
            dense, turned = dense.value, ".T"
        found = patterns.method(dense, "toarray", "todense")
        if found is None or found[1].args or found[1].keywords:
            continue
        text = f"{patterns.operand(facts, found[0])}{turned}"
        yield RULE.site(
            facts, call, "the sparse matrix can be converted",
            facts.edits.replace(call.args[0], text),
        )  # fmt: skip
