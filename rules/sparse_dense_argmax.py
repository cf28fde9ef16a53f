"""A sparse matrix made dense to find its greatest entries.

What it does
    Finds `x.toarray().argmax(axis=1)` and asks the sparse matrix.

Why it costs memory
    The dense copy stores every zero: a hundred times the memory at one percent.

Example
    topic = weights.toarray().argmax(axis=1)

Use instead
    topic = np.asarray(weights.argmax(axis=1)).ravel()

When it is safe
    Both take the first of equal entries, zeros included. Not every format has `argmax`, so the
    site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, sparse
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM506",
    name="sp-dense-argmax",
    trust=Trust.EXACT,
    summary="a sparse matrix is made dense to find its greatest entries",
    triggers=("argmax", "argmin"),
    pair=Pair("S19", 30.55, 0.08),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef topics(weights):\n    return weights.toarray().argmax(axis=1)\n",
            "import numpy as np\n"
            "\n"
            "def topics(weights):\n"
            "    return np.asarray(weights.argmax(axis=1)).ravel()\n",
            call=(
                "topics(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"
            ),
        ),
        Example(
            "import numpy as np\n\ndef least(x):\n    return np.argmin(x.toarray(), axis=0).tolist()\n",
            "import numpy as np\n\ndef least(x):\n    return np.asarray(x.argmin(axis=0)).ravel().tolist()\n",
            call=("least(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"),
        ),
    ),
    counterexamples=(
        ("def f(x):\n    return x.toarray().argmax()\n"),
        ("def f(x):\n    return x.toarray().argmax(axis=1)\n"),
        ("import numpy as np\n\ndef f(x):\n    return x.argmax(axis=1)\n"),
        ("import numpy as np\n\ndef f(x, a):\n    return x.toarray().argmax(axis=a)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Positions of extremes along an axis of dense copies."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "argmax", "argmin")
        matrix = sparse.densified(facts, found[0]) if found else None
        if found is None or matrix is None or set(found[1]) != {"axis"}:
            continue
        axis = patterns.number(found[1]["axis"])
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        inner = f"{sparse.as_operand(facts, matrix)}.{name}(axis={facts.text(found[1]['axis'])})"
        text = sparse.flat(facts, inner, call)
        if axis in (0, 1, -1) and name and text is not None:
            yield RULE.site(facts, call, "the sparse matrix can tell", facts.edits.replace(call, text))
