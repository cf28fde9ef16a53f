"""Distances made of the differences of all pairs.

What it does
    Finds `scipy.spatial.distance_matrix(a, b)` and calls `cdist`.

Why it costs memory
    `distance_matrix` holds the difference of every pair in every coordinate, and its powers.

Example
    gaps = distance_matrix(points, centres)

Use instead
    gaps = cdist(points, centres)

When it is safe
    Both give the Euclidean distances up to rounding. With another order `p`, and for points of
    more than one axis or of complex numbers, they differ, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM519",
    name="sp-distance-matrix",
    trust=Trust.CLOSE,
    summary="distances are made of the differences of all pairs",
    triggers=("distance_matrix(",),
    pair=Pair("S32", 12.86, 0.80),
    search_only=True,
    examples=(
        Example(
            "from scipy.spatial import distance_matrix\n"
            "from scipy.spatial.distance import cdist\n"
            "\n"
            "def gaps(a, b):\n"
            "    return distance_matrix(a, b)\n",
            "from scipy.spatial import distance_matrix\n"
            "from scipy.spatial.distance import cdist\n"
            "\n"
            "def gaps(a, b):\n"
            "    return cdist(a, b)\n",
            call=(
                "gaps(__import__('numpy').random.default_rng(0).random((9, 3)), "
                "__import__('numpy').random.default_rng(1).random((4, 3)))"
            ),
        ),
        Example(
            "import scipy.spatial\n"
            "\n"
            "def nearest(a, b):\n"
            "    return scipy.spatial.distance_matrix(a, b).argmin(axis=1)\n",
            "import scipy.spatial\n"
            "\n"
            "def nearest(a, b):\n"
            "    return scipy.spatial.distance.cdist(a, b).argmin(axis=1)\n",
            call=(
                "nearest(__import__('numpy').random.default_rng(0).random((9, 3)), "
                "__import__('numpy').random.default_rng(1).random((4, 3)))"
            ),
        ),
    ),
    counterexamples=(
        (
            "from scipy.spatial import distance_matrix\n"
            "\n"
            "def f(a, b):\n"
            "    return distance_matrix(a, b, p=1)\n"
        ),
        ("def f(a, distance_matrix):\n    return distance_matrix(a, a)\n"),
        ("from mine import distance_matrix\n\ndef f(a, b):\n    return distance_matrix(a, b)\n"),
        ("from scipy.spatial import distance_matrix\n\ndef f(*a):\n    return distance_matrix(*a)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Calls of `distance_matrix` for Euclidean distances."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "scipy.spatial.distance_matrix") or call.keywords:
            continue
        if len(call.args) != 2 or any(isinstance(a, ast.Starred) for a in call.args):
            continue
        name = facts.names.spell("scipy.spatial.distance.cdist", call)
        imports = () if name else ("from scipy.spatial.distance import cdist",)
        yield RULE.site(
            facts, call, "`cdist` makes no differences of all pairs",
            facts.edits.replace(call.func, name or "cdist"), imports=imports,
        )  # fmt: skip
