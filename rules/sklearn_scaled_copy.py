"""An array scaled in a copy and then dropped.

What it does
    Finds `x = normalize(x)` and other functions of `sklearn.preprocessing` where the function
    made `x` itself, and adds `copy=False`.

Why it costs memory
    The copy and the array it was made of exist at once.

Example
    x = np.log1p(counts)
    x = normalize(x)

Use instead
    x = np.log1p(counts)
    x = normalize(x, copy=False)

When it is safe
    The function alone holds the array and drops or rebinds its only name. A memory order or type
    that is not the usual one may show, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_FUNCTIONS = tuple(
    f"sklearn.preprocessing.{name}"
    for name in ("normalize", "scale", "minmax_scale", "robust_scale", "binarize", "quantile_transform")
)


RULE = Rule(
    code="MEM523",
    name="sk-scaled-copy",
    trust=Trust.EXACT,
    summary="an array is scaled in a copy and dropped",
    triggers=("scale(", "normalize(", "binarize(", "_transform("),
    pair=Pair("S34", 27.49, 15.26),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n"
            "from sklearn.preprocessing import normalize\n"
            "\n"
            "def unit(n):\n"
            "    x = np.random.default_rng(0).random((n, 3))\n"
            "    x = normalize(x)\n"
            "    return x\n",
            "import numpy as np\n"
            "from sklearn.preprocessing import normalize\n"
            "\n"
            "def unit(n):\n"
            "    x = np.random.default_rng(0).random((n, 3))\n"
            "    x = normalize(x, copy=False)\n"
            "    return x\n",
            call="unit(5)",
        ),
        Example(
            "import numpy as np\n"
            "from sklearn import preprocessing\n"
            "\n"
            "def scaled(a):\n"
            "    x = np.exp(a)\n"
            "    return preprocessing.minmax_scale(x, axis=0)\n",
            "import numpy as np\n"
            "from sklearn import preprocessing\n"
            "\n"
            "def scaled(a):\n"
            "    x = np.exp(a)\n"
            "    return preprocessing.minmax_scale(x, axis=0, copy=False)\n",
            call="scaled(np.arange(6.0).reshape(3, 2))",
        ),
    ),
    counterexamples=(
        ("from sklearn.preprocessing import normalize\n\ndef f(x):\n    x = normalize(x)\n    return x\n"),
        (
            "import numpy as np\n"
            "from sklearn.preprocessing import normalize\n"
            "\n"
            "def f(a):\n"
            "    x = np.exp(a)\n"
            "    y = normalize(x)\n"
            "    return x, y\n"
        ),
        (
            "import numpy as np\n"
            "from sklearn.preprocessing import normalize\n"
            "\n"
            "def f(a):\n"
            "    x = np.exp(a)\n"
            "    return normalize(x, copy=True)\n"
        ),
        ("import numpy as np\n\ndef f(a, normalize):\n    x = np.exp(a)\n    return normalize(x)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Scaled copies of arrays that the function made and drops."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, *_FUNCTIONS) or len(call.args) != 1:
            continue
        data, function, stmt = call.args[0], facts.function(call), facts.statement(call)
        if not isinstance(data, ast.Name) or not isinstance(function, DEFS):
            continue
        if any(k.arg in ("copy", "return_norm", None) for k in call.keywords):
            continue
        uses = [n for n in ast.walk(stmt) if isinstance(n, ast.Name) and n.id == data.id]
        reads = [n for n in uses if isinstance(n.ctx, ast.Load)]
        rebound = len(uses) > len(reads)
        if len(reads) != 1 or (not rebound and data.id in facts.flow(function).live_after(stmt)):
            continue
        owner = facts.aliases.owner(data.id, stmt, function)
        known = facts.arrays.value(data, stmt).kind == "ndarray"
        if owner.wrong or not (owner.owned or known):
            continue
        edits = patterns.add_argument(facts, call, "copy=False")
        yield RULE.site(facts, call, "nothing else holds the array", edits)
