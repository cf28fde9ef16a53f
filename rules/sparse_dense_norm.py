"""A sparse matrix made dense for its norm.

What it does
    Finds `np.linalg.norm(x.toarray(), axis=1)` and takes the norm of the sparse matrix.

Why it costs memory
    The dense copy stores every zero, and NumPy squares them in another array.

Example
    lengths = np.linalg.norm(x.toarray(), axis=1)

Use instead
    lengths = scipy.sparse.linalg.norm(x, axis=1)

When it is safe
    Norms agree to rounding. What has `toarray` may be something else, so the site is left to a
    run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, sparse
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM508",
    name="sp-dense-norm",
    trust=Trust.CLOSE,
    summary="a sparse matrix is made dense for its norm",
    triggers=("norm(",),
    pair=Pair("S21", 61.10, 0.50),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n"
            "import scipy.sparse.linalg\n"
            "\n"
            "def lengths(x):\n"
            "    return np.linalg.norm(x.toarray(), axis=1)\n",
            "import numpy as np\n"
            "import scipy.sparse.linalg\n"
            "\n"
            "def lengths(x):\n"
            "    return scipy.sparse.linalg.norm(x, axis=1)\n",
            call=(
                "lengths(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"
            ),
        ),
        Example(
            "import numpy as np\n"
            "from scipy.sparse.linalg import norm\n"
            "\n"
            "def size(x):\n"
            "    return float(np.linalg.norm(x.toarray()))\n",
            "import numpy as np\n"
            "from scipy.sparse.linalg import norm\n"
            "\n"
            "def size(x):\n"
            "    return float(norm(x))\n",
            call=("size(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"),
        ),
    ),
    counterexamples=(
        ("import numpy as np\n\ndef f(x):\n    return np.linalg.norm(x, axis=1)\n"),
        ("import numpy as np\n\ndef f(x):\n    return np.linalg.norm(x.toarray(), ord=2)\n"),
        ("import numpy as np\n\ndef f(x):\n    return np.linalg.norm(x.toarray() - 1)\n"),
        ("def f(x, norm):\n    return norm(x.toarray())\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Norms of dense copies."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "numpy.linalg.norm") or len(call.args) != 1:
            continue
        matrix = sparse.densified(facts, call.args[0])
        if matrix is None or not {k.arg for k in call.keywords} <= {"axis"}:
            continue
        name = facts.names.spell("scipy.sparse.linalg.norm", call)
        if name is None and (start := facts.names.spell("scipy.sparse", call)) is not None:
            name = f"{start}.linalg.norm"
        imports = () if name else ("import scipy.sparse.linalg",)
        words = ", ".join([facts.text(matrix), *(facts.text(k) for k in call.keywords)])
        yield RULE.site(
            facts, call, "the sparse matrix has norms",
            facts.edits.replace(call, f"{name or 'scipy.sparse.linalg.norm'}({words})"),
            imports=imports,
        )  # fmt: skip
