"""Dense copies stacked.

What it does
    Finds `np.vstack([a.toarray(), b.toarray()])` and `np.hstack` and stacks the sparse matrices
    before they are made dense.

Why it costs memory
    All dense parts and the stacked array exist at once: twice the result.

Example
    table = np.hstack([words.toarray(), tags.toarray()])

Use instead
    table = scipy.sparse.hstack([words, tags]).toarray()

When it is safe
    For sparse matrices; types of different width give the wider one both ways. What has
    `toarray` may be something else, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, sparse
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM513",
    name="sp-dense-stacked",
    trust=Trust.EXACT,
    summary="dense copies are stacked",
    triggers=("toarray()",),
    pair=Pair("S26", 122.07, 61.52),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n"
            "import scipy.sparse\n"
            "\n"
            "def table(words, tags):\n"
            "    return np.hstack([words.toarray(), tags.toarray()])\n",
            "import numpy as np\n"
            "import scipy.sparse\n"
            "\n"
            "def table(words, tags):\n"
            '    return scipy.sparse.hstack([words, tags], format="csr").toarray()\n',
            call=(
                "table(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], "
                "[0, 2, 3]]), __import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, "
                "0, 0], [0, 2, 3]]))"
            ),
        ),
        Example(
            "import numpy as np\n"
            "from scipy import sparse\n"
            "\n"
            "def table(words, tags):\n"
            "    return np.vstack((words.toarray(), tags[:2].toarray())).sum()\n",
            "import numpy as np\n"
            "from scipy import sparse\n"
            "\n"
            "def table(words, tags):\n"
            '    return sparse.vstack([words, tags[:2]], format="csr").toarray().sum()\n',
            call=(
                "table(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], "
                "[0, 2, 3]]), __import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, "
                "0, 0], [0, 2, 3]]))"
            ),
        ),
    ),
    counterexamples=(
        ("import numpy as np\n\ndef f(a, b):\n    return np.hstack([a.toarray(), b])\n"),
        ("import numpy as np\n\ndef f(a):\n    return np.vstack(a.toarray())\n"),
        ("import numpy as np\n\ndef f(a, b):\n    return np.stack([a.toarray(), b.toarray()])\n"),
        ("import numpy as np\n\ndef f(a):\n    return np.hstack([x.toarray() for x in a])\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Stacks of dense copies alone."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "numpy.hstack", "numpy.vstack") or len(call.args) != 1:
            continue
        parts, name = call.args[0], (facts.names.dotted(call.func) or "").rpartition(".")[2]
        if call.keywords or not isinstance(parts, (ast.List, ast.Tuple)):
            continue
        matrices = [m for p in parts.elts if (m := sparse.densified(facts, p)) is not None]
        if len(matrices) < 2 or len(matrices) != len(parts.elts):
            continue
        stack = facts.names.spell(f"scipy.sparse.{name}", call)
        imports = () if stack else ("import scipy.sparse",)
        listed = ", ".join(facts.text(m) for m in matrices)
        text = f'{stack or f"scipy.sparse.{name}"}([{listed}], format="csr").toarray()'
        yield RULE.site(
            facts, call, "sparse matrices can be stacked first", facts.edits.replace(call, text),
            imports=imports,
        )  # fmt: skip
