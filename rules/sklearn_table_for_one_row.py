"""A table of all pairs made to read one row.

What it does
    Finds `cosine_similarity(x)[i]` and `cdist(a, b)[0]` and makes the table of that row.

Why it costs memory
    The table has an entry for every pair.

Example
    scores = cosine_similarity(tfidf)[i]

Use instead
    scores = cosine_similarity(tfidf[[i]], tfidf)[0]

When it is safe
    For arrays and sparse matrices by row. A product of one row may round in another order. What
    is indexed otherwise, as a frame, fails, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.tables import table_of
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM517",
    name="sk-table-for-one-row",
    trust=Trust.CLOSE,
    summary="a table of all pairs is made to read one row",
    triggers=("_similarity(", "_kernel(", "_distances(", "cdist("),
    pair=Pair("S30", 30.85, 0.38),
    search_only=True,
    examples=(
        Example(
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def like(x, i):\n"
            "    return cosine_similarity(x)[i]\n",
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def like(x, i):\n"
            "    return cosine_similarity(x[[i]], x)[0]\n",
            call="like(__import__('numpy').random.default_rng(0).random((9, 3)), 2)",
        ),
        Example(
            "from scipy.spatial.distance import cdist\n"
            "\n"
            "def near(a, b):\n"
            '    return cdist(a, b, metric="cityblock")[0].argsort()\n',
            "from scipy.spatial.distance import cdist\n"
            "\n"
            "def near(a, b):\n"
            '    return cdist(a[[0]], b, metric="cityblock")[0].argsort()\n',
            call=(
                "near(__import__('numpy').random.default_rng(0).random((9, 3)), "
                "__import__('numpy').random.default_rng(1).random((4, 3)))"
            ),
        ),
    ),
    counterexamples=(
        (
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def f(x):\n"
            "    return cosine_similarity(x)[0:2]\n"
        ),
        (
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def f(x, q):\n"
            "    return cosine_similarity(q[[0]], x)[0]\n"
        ),
        (
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def f(x, q):\n"
            "    return cosine_similarity([q], x)[0]\n"
        ),
        (
            "from sklearn.metrics.pairwise import euclidean_distances\n"
            "\n"
            "def f(x):\n"
            "    return euclidean_distances(x)[0]\n"
        ),
        (
            "from sklearn.metrics.pairwise import cosine_similarity\n"
            "\n"
            "def f(query, x):\n"
            "    return cosine_similarity(query, x)[0]\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One row of a table made for it."""
    for node in facts.walk(ast.Subscript):
        table = table_of(facts, node.value) if isinstance(node.ctx, ast.Load) else None
        place = isinstance(node.slice, ast.Name) or isinstance(patterns.number(node.slice), int)
        if table is None or not place or not patterns.plain(table.first):
            continue
        # `similarity(query, documents)[0]`: the first matrix most likely has that row alone.
        if patterns.number(node.slice) == 0 and table.second is not table.first and not table.exact:
            name = (facts.names.dotted(table.call.func) or "").rpartition(".")[2]
            if name != "cdist":
                continue
        text = table.text(facts, f"{facts.text(table.first)}[[{facts.text(node.slice)}]]")
        yield RULE.site(
            facts,
            node,
            "one row of the table is read",
            facts.edits.replace(node, f"{text}[0]"),
        )
