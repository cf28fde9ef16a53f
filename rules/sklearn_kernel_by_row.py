"""A whole kernel matrix held to reduce each row of it.

What it does
    Finds `cosine_similarity(a, b).argmax(axis=1)` and other kernels and reductions and makes
    the matrix for blocks of rows.

Why it costs memory
    The matrix has an entry for every pair; its rows serve one at a time.

Example
    best = cosine_similarity(queries, documents).argmax(axis=1)

Use instead
    best = np.concatenate(
        [
            cosine_similarity(queries[start : start + 64], documents).argmax(axis=1)
            for start in range(0, queries.shape[0], 64)
        ]
    )

When it is safe
    For arrays and sparse matrices by row. A product of fewer rows may round in another order.
    Distances of one matrix to itself have exact zeros on the diagonal and are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.tables import table_of
from codeopt.rule import Example, Pair, Rule

_BLOCKS = (64, 512)


RULE = Rule(
    code="MEM516",
    name="sk-kernel-by-row",
    trust=Trust.CLOSE,
    summary="a whole kernel matrix is held to reduce each row of it",
    triggers=("_similarity", "_kernel", "_distances", "cdist("),
    pair=Pair("S29", 23.45, 0.98),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n"
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def best(queries, documents):\n"
            "    return cosine_similarity(queries, documents).argmax(axis=1)\n",
            "import numpy as np\n"
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def best(queries, documents):\n"
            "    return np.concatenate([cosine_similarity(queries[start : start + 64], "
            "documents).argmax(axis=1) for start in range(0, queries.shape[0], 64)])\n",
            call=(
                "best(__import__('numpy').random.default_rng(0).random((9, 3)), "
                "__import__('numpy').random.default_rng(1).random((4, 3)))"
            ),
            sites=2,
        ),
        Example(
            "import numpy as np\n"
            "from sklearn.metrics import pairwise\n"
            "\n"
            "def density(x):\n"
            "    return np.mean(pairwise.rbf_kernel(x, gamma=0.5), axis=1)\n",
            "import numpy as np\n"
            "from sklearn.metrics import pairwise\n"
            "\n"
            "def density(x):\n"
            "    return np.concatenate([np.mean(pairwise.rbf_kernel(x[start : start + 64], "
            "x, gamma=0.5), axis=1) for start in range(0, x.shape[0], 64)])\n",
            call="density(__import__('numpy').random.default_rng(0).random((9, 3)))",
            sites=2,
        ),
    ),
    counterexamples=(
        (
            "import numpy as np\n"
            "from sklearn.metrics.pairwise import euclidean_distances\n"
            "\n"
            "def f(a):\n"
            "    return euclidean_distances(a).min(axis=1)\n"
        ),
        (
            "import numpy as np\n"
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def f(a):\n"
            "    return cosine_similarity(a).max(axis=0)\n"
        ),
        (
            "import numpy as np\n"
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def f(a):\n"
            "    s = cosine_similarity(a)\n"
            "    return s.max(axis=1), s\n"
        ),
        ("import numpy as np\n\ndef f(a, rbf_kernel):\n    return rbf_kernel(a).max(axis=1)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions of each row of a table of a kernel."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "argmin", "argmax", "min", "max", "sum", "mean")
        if found is None or set(found[1]) != {"axis"} or patterns.number(found[1]["axis"]) not in (1, -1):
            continue
        table = table_of(facts, found[0])
        join = facts.names.spell("numpy.concatenate", call)
        if table is None or table.exact or join is None or not patterns.plain(table.first):
            continue
        if patterns.in_class_body(facts, call):
            continue
        start, base = facts.names.fresh_name("start", call), facts.text(table.first)
        for block in _BLOCKS:
            rows = f"{base}[{start} : {start} + {block}]"
            body = patterns.with_parts(facts, call, {table.call: table.text(facts, rows)})
            text = f"{join}([{body} for {start} in range(0, {base}.shape[0], {block})])"
            yield RULE.site(
                facts, call, "rows of the table can be made in blocks", facts.edits.replace(call, text),
                group="blocks", label=f"blocks of {block} rows",
            )  # fmt: skip
