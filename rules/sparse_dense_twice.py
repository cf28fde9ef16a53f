"""A dense copy of a sparse matrix copied again.

What it does
    Finds `np.array(x.todense())` and `np.array(x.toarray())` and takes the array that `toarray`
    makes.

Why it costs memory
    `np.array` copies what was made a moment before.

Example
    dense = np.array(counts.todense())

Use instead
    dense = counts.toarray()

When it is safe
    `toarray` always makes a new array. What has these methods may be something else, so the
    site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, sparse
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM509",
    name="sp-dense-twice",
    trust=Trust.EXACT,
    summary="a dense copy is copied again",
    triggers=("todense()", "toarray()"),
    pair=Pair("S22", 61.04, 30.52),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef dense(counts):\n    return np.array(counts.todense())\n",
            "import numpy as np\n\ndef dense(counts):\n    return counts.toarray()\n",
            call=("dense(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"),
        ),
        Example(
            "import numpy as np\n\ndef dense(x, y):\n    return np.array((x + y).toarray())\n",
            "import numpy as np\n\ndef dense(x, y):\n    return (x + y).toarray()\n",
            call=(
                "dense(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], "
                "[0, 2, 3]]), __import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, "
                "0, 0], [0, 2, 3]]))"
            ),
        ),
    ),
    counterexamples=(
        ("import numpy as np\n\ndef f(x):\n    return np.asarray(x.todense())\n"),
        ("import numpy as np\n\ndef f(x):\n    return np.array(x.toarray(), dtype=float)\n"),
        ("import numpy as np\n\ndef f(x):\n    return np.array(x)\n"),
        ("import numpy as np\n\ndef f(x):\n    return np.array([x.toarray()])\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Arrays made of dense copies."""
    for call in facts.walk(ast.Call):
        if patterns.is_call(facts, call, "numpy.array") and (matrix := sparse.densified(facts, call)):
            text = f"{sparse.as_operand(facts, matrix)}.toarray()"
            yield RULE.site(facts, call, "`toarray` makes a new array", facts.edits.replace(call, text))
