"""A full table of distances made of half of it to find the greatest.

What it does
    Finds `squareform(pdist(x)).max()` and takes the greatest of `pdist(x)`.

Why it costs memory
    `pdist` holds each pair once, the square twice, with the zeros between.

Example
    reach = squareform(pdist(points)).max()

Use instead
    reach = pdist(points).max()

When it is safe
    For two points or more; of one point the square is a zero and `pdist` has nothing, so the
    site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM518",
    name="sp-squareform-reduced",
    trust=Trust.EXACT,
    summary="a full table of distances is made of half of it to be reduced",
    triggers=("squareform(",),
    pair=Pair("S31", 16.48, 5.49),
    search_only=True,
    examples=(
        Example(
            "from scipy.spatial.distance import pdist, squareform\n"
            "\n"
            "def reach(points):\n"
            "    return squareform(pdist(points)).max()\n",
            "from scipy.spatial.distance import pdist, squareform\n"
            "\n"
            "def reach(points):\n"
            "    return pdist(points).max()\n",
            call="reach(__import__('numpy').random.default_rng(0).random((9, 3)))",
        ),
        Example(
            "import numpy as np\n"
            "from scipy.spatial import distance as d\n"
            "\n"
            "def reach(points):\n"
            '    return np.max(d.squareform(d.pdist(points, "cityblock"))) / 2\n',
            "import numpy as np\n"
            "from scipy.spatial import distance as d\n"
            "\n"
            "def reach(points):\n"
            '    return np.max(d.pdist(points, "cityblock")) / 2\n',
            call="reach(__import__('numpy').random.default_rng(0).random((9, 3)))",
        ),
    ),
    counterexamples=(
        (
            "from scipy.spatial.distance import pdist, squareform\n"
            "\n"
            "def f(x):\n"
            "    return squareform(pdist(x)).min()\n"
        ),
        (
            "from scipy.spatial.distance import pdist, squareform\n"
            "\n"
            "def f(x):\n"
            "    return squareform(pdist(x)).max(axis=1)\n"
        ),
        (
            "from scipy.spatial.distance import pdist, squareform\n"
            "\n"
            "def f(x):\n"
            "    return squareform(pdist(x))\n"
        ),
        ("from scipy.spatial.distance import squareform\n\ndef f(x):\n    return squareform(x).max()\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Greatest entries of square tables made of condensed ones."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "max")
        square = found[0] if found and not found[1] else None
        if not isinstance(square, ast.Call) or len(square.args) != 1 or square.keywords:
            continue
        half = square.args[0]
        made = patterns.is_call(facts, half, "scipy.spatial.distance.pdist")
        if made and patterns.is_call(facts, square, "scipy.spatial.distance.squareform"):
            yield RULE.site(
                facts, call, "each pair is there once", facts.edits.replace(square, facts.text(half)),

            )  # fmt: skip
