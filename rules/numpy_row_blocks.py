"""Several steps over all rows at once.

What it does
    Finds a run of statements that treat each row of their arrays by itself and keep little of it
    (a sum, a maximum, a product with something narrow), and does the run for blocks of rows.

Why it costs memory
    Every step makes an array with all rows. In blocks only one block of each exists, and the
    small results of the blocks are put together: 64 rows instead of 100,000.

Example
    similarity = queries @ documents.T
    best = similarity.argmax(axis=1)

Use instead
    best_blocks = []
    for start in range(0, max(1, len(queries)), 64):
        similarity = queries[start:start + 64] @ documents.T
        best = similarity.argmax(axis=1)
        best_blocks.append(best)
    best = np.concatenate(best_blocks)

When it is safe
    Where the first axis of the named arrays really is that of the rows, and nothing else has it:
    code does not always tell, so this is for a proof by running. Element-wise steps and reductions
    give the same bits; products and transforms of blocks may round differently in the last place.
"""

from __future__ import annotations

from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, row_regions
from codeopt.facts.blockwise import Blockwise
from codeopt.rule import Example, Pair, Rule

_BLOCKS = (64, 512)
_HEAD = "import numpy as np\n\ndef nearest(queries, documents):\n"

RULE = Rule(
    code="MEM240",
    name="np-row-blocks",
    trust=Trust.CLOSE,
    summary="steps over all rows at once could go over blocks of rows",
    triggers=("axis=1", "axis=-1", "axis=2", "(1)", "(-1)", " @ ", "dot("),
    pair=Pair("N32", 8.01, 1.01),
    search_only=True,
    examples=(
        Example(
            f"{_HEAD}    similarity = queries @ documents.T\n    best = similarity.argmax(axis=1)\n"
            "    return best\n",
            f"{_HEAD}    best_blocks = []\n    for start in range(0, max(1, len(queries)), 64):\n"
            "        rows = slice(start, start + 64)\n"
            "        similarity = queries[rows] @ documents.T\n"
            "        best = similarity.argmax(axis=1)\n        best_blocks.append(best)\n"
            "    best = np.concatenate(best_blocks)\n    return best\n",
            call="nearest(np.random.default_rng(0).random((200, 4)), np.eye(4))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef density(table, weights):\n    kernel = np.exp(-0.5 * table)\n"
            "    weighted = kernel * weights[None, :]\n    return float(weighted.sum(axis=1).mean())\n",
            "import numpy as np\n\ndef density(table, weights):\n    blocks = []\n"
            "    for start in range(0, max(1, len(table)), 64):\n"
            "        rows = slice(start, start + 64)\n"
            "        kernel = np.exp(-0.5 * table[rows])\n"
            "        weighted = kernel * weights[None, :]\n"
            "        blocks.append(weighted.sum(axis=1))\n"
            "    return float(np.concatenate(blocks).mean())\n",
            call="density(np.random.default_rng(0).random((150, 5)), np.arange(5.0))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef unit(x):\n    return x / np.linalg.norm(x, axis=1, keepdims=True)\n\n"
            "def scores(x, w):\n    y = unit(x)\n    # the worst\n    z = (y - 0.5) ** 2\n"
            "    least = z.min(axis=0)\n    p = np.exp(z @ w)\n    p = p / p.sum(axis=1, keepdims=True)\n"
            "    return p, least\n",
            "import numpy as np\n\ndef unit(x):\n    return x / np.linalg.norm(x, axis=1, keepdims=True)\n\n"
            "def scores(x, w):\n    for start in range(0, max(1, len(x)), 64):\n"
            "        rows = slice(start, start + 64)\n        y = unit(x[rows])\n        # the worst\n"
            "        z = (y - 0.5) ** 2\n        least_block = z.min(axis=0)\n"
            "        p_block = np.exp(z @ w)\n"
            "        p_block = p_block / p_block.sum(axis=1, keepdims=True)\n        if start == 0:\n"
            "            p = np.empty_like(p_block, shape=(len(x), *p_block.shape[1:]))\n"
            "        least = least_block if start == 0 else np.minimum(least, least_block)\n"
            "        p[rows] = p_block\n    return p, least\n",
            call="scores(np.random.default_rng(0).random((150, 5)), np.eye(5))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef slope(x, y, w):\n    error = np.tanh(x @ w)\n    error -= y\n"
            "    each = error[:, None] * x\n    return 2 * each.mean(axis=0)\n",
            "import numpy as np\n\ndef slope(x, y, w):\n    total = 0\n"
            "    for start in range(0, max(1, len(x)), 64):\n        rows = slice(start, start + 64)\n"
            "        error = np.tanh(x[rows] @ w)\n        error -= y[rows]\n"
            "        each = error[:, None] * x[rows]\n"
            "        total += each.mean(axis=0) * len(x[rows])\n    return 2 * (total / len(x))\n",
            call="slope(np.random.default_rng(0).random((150, 5)), np.ones(150), np.ones(5))",
            sites=4,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, w):\n    y = x @ w\n    return y\n",
        "import numpy as np\n\ndef g(x):\n    return x.sum(axis=1)\n",
        "import numpy as np\n\ndef f(x):\n    y = np.exp(x)\n    return y, y.sum(axis=1)\n",
        "import numpy as np\n\ndef f(x, w):\n    y = np.exp(x)\n    return y, x @ w\n",
        "import numpy as np\n\ndef f(x):\n    y = np.exp(x)\n    return y[::-1] @ y[0]\n",
        "import numpy as np\n\ndef f(x):\n    return x.mean(axis=0), x @ x.T\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Regions, with the arrays that surely have rows and with all that may."""
    if facts.names.spell("numpy.concatenate") is None:
        return
    seen: set[tuple[str, ...]] = set()
    for spread in (True, False):
        for region, rows in row_regions.regions(facts, spread=spread):
            key = (str(facts.range(region.stmts[0])), *sorted(region.inputs))
            if key in seen or not all(facts.edits.alone(s) for s in region.stmts):
                continue
            seen.add(key)
            for block in _BLOCKS:
                edits = Blockwise(facts, region, rows, block).edits()
                if edits:
                    names = " and ".join(sorted(region.inputs))
                    yield RULE.site(
                        facts, region.last, "these steps need only a block of rows at a time", edits,
                        group="blocks", label=f"blocks of {block} rows of {names}",
                        trust=None if region.products else Trust.EXACT,
                    )  # fmt: skip
