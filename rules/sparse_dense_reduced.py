"""A sparse matrix made dense to be reduced.

What it does
    Finds `x.toarray().sum(axis=0)`, also `mean`, `max` and `min`, and reduces the sparse
    matrix.

Why it costs memory
    The dense copy stores every zero: a hundred times the memory at one percent.

Example
    totals = counts.toarray().sum(axis=0)

Use instead
    totals = np.asarray(counts.sum(axis=0)).ravel()

When it is safe
    Sums agree to rounding. What has `toarray` may be something else, so the site is left to a
    run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, sparse
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM503",
    name="sp-dense-reduced",
    trust=Trust.CLOSE,
    summary="a sparse matrix is made dense to be reduced",
    triggers=("toarray()", "todense()"),
    pair=Pair("S16", 30.53, 0.05),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef totals(counts):\n    return counts.toarray().sum(axis=0)\n",
            "import numpy as np\n\ndef totals(counts):\n    return np.asarray(counts.sum(axis=0)).ravel()\n",
            call=(
                "totals(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"
            ),
        ),
        Example(
            "import numpy as np\n"
            "\n"
            "def highest(x):\n"
            "    return np.max(np.asarray(x.todense())) - x.toarray().mean()\n",
            "import numpy as np\n\ndef highest(x):\n    return x.max() - x.mean()\n",
            call=(
                "highest(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"
            ),
            sites=2,
        ),
    ),
    counterexamples=(
        ("def f(x):\n    return x.toarray().std()\n"),
        ("def f(x):\n    return x.toarray().sum(axis=0)\n"),
        ("def f(x):\n    return x.sum(axis=0)\n"),
        ("import numpy as np\n\ndef f(x):\n    return np.median(x.toarray())\n"),
        ("def f(x):\n    return x.todense().sum()\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums, means and extremes of dense copies."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "sum", "mean", "max", "min")
        matrix = sparse.densified(facts, found[0]) if found else None
        if found is None or matrix is None or not set(found[1]) <= {"axis"}:
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name not in ("sum", "mean", "max", "min"):
            continue
        text: str | None = f"{sparse.as_operand(facts, matrix)}.{name}()"
        if "axis" in found[1]:
            inner = f"{sparse.as_operand(facts, matrix)}.{name}(axis={facts.text(found[1]['axis'])})"
            inner += ".toarray()" if name in ("max", "min") else ""
            text = sparse.flat(facts, inner, call)
        usual = "axis" not in found[1] or patterns.number(found[1]["axis"]) in (0, 1, -1)
        if text is not None and usual:
            yield RULE.site(
                facts, call, "the sparse matrix can be reduced", facts.edits.replace(call, text),

            )  # fmt: skip
