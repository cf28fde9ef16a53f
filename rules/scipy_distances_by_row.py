"""All distances held to reduce each row of them.

What it does
    Finds `cdist(a, b).min(axis=1)`, also `argmin`, `max`, `sum` and `mean`, and makes the table
    for blocks of rows.

Why it costs memory
    The table has a distance for every pair; its rows serve one at a time.

Example
    nearest = cdist(points, centres).argmin(axis=1)

Use instead
    nearest = np.concatenate(
        [cdist(rows, centres).argmin(axis=1) for rows in np.array_split(points, max(1, len(points) // 64))]
    )

When it is safe
    A distance depends on its pair only, so the numbers are the same to the bit. Metrics that
    measure the spread of all points are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, pairwise, patterns
from codeopt.facts.tables import table_of
from codeopt.rule import Example, Pair, Rule

_BLOCKS = (64, 512)


RULE = Rule(
    code="MEM515",
    name="sp-distances-by-row",
    trust=Trust.EXACT,
    summary="all distances are held to reduce each row of them",
    triggers=("cdist(",),
    pair=Pair("S28", 22.91, 0.75),
    examples=(
        Example(
            "import numpy as np\n"
            "from scipy.spatial.distance import cdist\n"
            "\n"
            "def nearest(a: np.ndarray, b: np.ndarray):\n"
            "    return cdist(a, b).argmin(axis=1)\n",
            "import numpy as np\n"
            "from scipy.spatial.distance import cdist\n"
            "\n"
            "def nearest(a: np.ndarray, b: np.ndarray):\n"
            "    return np.concatenate([cdist(rows, b).argmin(axis=1) for rows in "
            "np.array_split(a, max(1, len(a) // 64))])\n",
            call=(
                "nearest(__import__('numpy').random.default_rng(0).random((9, 3)), "
                "__import__('numpy').random.default_rng(1).random((4, 3)))"
            ),
            sites=2,
        ),
        Example(
            "import numpy as np\n"
            "from scipy.spatial import distance\n"
            "\n"
            "def gap(a, b):\n"
            "    return np.min(distance.cdist(a, b), axis=1).max()\n",
            "import numpy as np\n"
            "from scipy.spatial import distance\n"
            "\n"
            "def gap(a, b):\n"
            "    return np.concatenate([np.min(distance.cdist(rows, b), axis=1) for rows "
            "in np.array_split(np.asarray(a), max(1, len(a) // 64))]).max()\n",
            call=(
                "gap(__import__('numpy').random.default_rng(0).random((9, 3)), "
                "__import__('numpy').random.default_rng(1).random((4, 3)))"
            ),
            sites=2,
        ),
    ),
    counterexamples=(
        (
            "import numpy as np\n"
            "from scipy.spatial.distance import cdist\n"
            "\n"
            "def f(a, b):\n"
            "    return cdist(a, b).min(axis=0)\n"
        ),
        (
            "import numpy as np\n"
            "from scipy.spatial.distance import cdist\n"
            "\n"
            "def f(a, b):\n"
            "    return cdist(a, b, 'seuclidean').min(axis=1)\n"
        ),
        (
            "import numpy as np\n"
            "from scipy.spatial.distance import cdist\n"
            "\n"
            "def f(a, b):\n"
            "    d = cdist(a, b)\n"
            "    return d.min(axis=1), d\n"
        ),
        ("from scipy.spatial.distance import cdist\n\ndef f(a, b):\n    return cdist(a, b).min(axis=1)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions of each row of a table."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "argmin", "argmax", "min", "max", "sum", "mean")
        if found is None or set(found[1]) != {"axis"} or patterns.number(found[1]["axis"]) not in (1, -1):
            continue
        table = table_of(facts, found[0])
        spelled = [facts.names.spell(f"numpy.{n}", call) for n in ("concatenate", "array_split", "asarray")]
        if (
            table is None
            or pairwise.is_block(facts, table.first)
            or not table.exact
            or None in spelled
            or patterns.in_class_body(facts, call)
        ):
            continue
        name = facts.names.fresh_name("rows", call)
        body = patterns.with_parts(facts, call, {table.call: table.text(facts, name)})
        join, split, asarray = spelled
        known = patterns.kind(facts, table.first) == "ndarray"
        base = facts.text(table.first) if known else f"{asarray}({facts.text(table.first)})"
        for block in _BLOCKS:
            count = f"max(1, len({facts.text(table.first)}) // {block})"
            text = f"{join}([{body} for {name} in {split}({base}, {count})])"
            yield RULE.site(
                facts, call, "rows of the table can be made in blocks", facts.edits.replace(call, text),
                group="blocks", label=f"blocks of {block} rows",
                certain=known and block == _BLOCKS[0],
            )  # fmt: skip
