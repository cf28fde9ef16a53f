"""All distances computed to find the nearest.

What it does
    Finds `pairwise_distances(a, b).argmin(axis=1)` and asks for the nearest directly.

Why it costs memory
    The table has a distance for every pair; `pairwise_distances_argmin` works in chunks and
    keeps one index a row.

Example
    nearest = pairwise_distances(points, centres).argmin(axis=1)

Use instead
    nearest = pairwise_distances_argmin(points, centres)

When it is safe
    Both take the first of equal distances and give the same type of index. With one array, or
    another metric than the default, the site is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_TABLES = (
    "sklearn.metrics.pairwise_distances", "sklearn.metrics.pairwise.pairwise_distances",
    "sklearn.metrics.euclidean_distances", "sklearn.metrics.pairwise.euclidean_distances",
)  # fmt: skip
_DIRECT = "pairwise_distances_argmin"

RULE = Rule(
    code="MEM502",
    name="sk-pairwise-argmin",
    trust=Trust.EXACT,
    summary="all distances are computed to find the nearest",
    triggers=("pairwise_distances", "euclidean_distances"),
    pair=Pair("S05", 15.50, 0.66),
    examples=(
        Example(
            "from sklearn.metrics import pairwise_distances\n\ndef nearest(a, b):\n"
            "    return pairwise_distances(a, b).argmin(axis=1)\n",
            "from sklearn.metrics import pairwise_distances\n"
            "from sklearn.metrics import pairwise_distances_argmin\n\n"
            "def nearest(a, b):\n    return pairwise_distances_argmin(a, b)\n",
            call="nearest([[0.0, 1], [3, 4]], [[3.0, 3], [0, 0]])",
        ),
        Example(
            "import numpy as np\nfrom sklearn import metrics\n\ndef nearest(a, b):\n"
            "    return np.argmin(metrics.pairwise_distances(a, b, metric='euclidean'), axis=1)\n",
            "import numpy as np\nfrom sklearn import metrics\n\ndef nearest(a, b):\n"
            "    return metrics.pairwise_distances_argmin(a, b)\n",
            call="nearest([[0.0, 1], [3, 4]], [[3.0, 3], [0, 0]])",
        ),
    ),
    counterexamples=(
        "from sklearn.metrics import pairwise_distances\n\ndef f(a):\n"
        "    return pairwise_distances(a).argmin(axis=1)\n",
        "from sklearn.metrics import pairwise_distances\n\ndef f(a, b):\n"
        "    d = pairwise_distances(a, b)\n    return d.argmin(axis=1), d\n",
        "from sklearn.metrics import pairwise_distances\n\ndef f(a, b):\n"
        "    return pairwise_distances(a, b).argmin(axis=0)\n",
        "from sklearn.metrics import pairwise_distances\n\ndef f(a, b):\n"
        "    return pairwise_distances(a, b, metric='cosine').argmin(axis=1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Positions of the least distance in a table made for them alone."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "argmin")
        if found is None or set(found[1]) != {"axis"} or patterns.number(found[1]["axis"]) not in (1, -1):
            continue
        table, made = patterns.value_of(facts, found[0], (found[0],))
        if not isinstance(table, ast.Call) or not patterns.is_call(facts, table, *_TABLES):
            continue
        given = patterns.arguments(table, "X", "Y", "metric")
        metric = given.pop("metric", None) if given else None
        usual = metric is None or (isinstance(metric, ast.Constant) and metric.value == "euclidean")
        if given is None or set(given) != {"X", "Y"} or not usual:
            continue
        name = facts.names.spell(f"sklearn.metrics.{_DIRECT}", call)
        name = name or facts.names.spell(f"sklearn.metrics.pairwise.{_DIRECT}", call)
        imports = () if name else (f"from sklearn.metrics import {_DIRECT}",)
        text = f"{name or _DIRECT}({facts.text(given['X'])}, {facts.text(given['Y'])})"
        if name is None and facts.names.fresh_name(_DIRECT, call) != _DIRECT:
            continue
        message = "the table of distances is built for its smallest entries"
        edits = facts.edits.replace(call, text) + (facts.edits.delete(made) if made else ())
        yield RULE.site(facts, call, message, edits, imports=imports)
