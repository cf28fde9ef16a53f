"""A conversion copies even where there is nothing to convert.

What it does
    Finds `x.astype(np.float64)` whose result is only read at once, and adds `copy=False`.

Why it costs memory
    `astype` copies an array that has the wanted type already.

Example
    total = x.astype(np.float64).sum()

Use instead
    total = x.astype(np.float64, copy=False).sum()

When it is safe
    The result is read at once and nobody keeps it, so it may be the array itself. Where that is a
    view with gaps, a sum over it may round differently than one over the compact copy: exact only
    for readers that round nothing. Certain where `x` is seen to be a NumPy array.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, copies, patterns
from codeopt.facts.copies import Fate
from codeopt.rule import Example, Pair, Rule

_ROUNDLESS = ("max", "min", "argmax", "argmin", "any", "all")

RULE = Rule(
    code="MEM227",
    name="np-astype-only-read",
    trust=Trust.CLOSE,
    summary="a conversion copies even where there is nothing to convert",
    triggers=(".astype(",),
    pair=Pair("N05", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x: np.ndarray):\n    return x.astype(np.float64).max()\n",
            "import numpy as np\n\ndef f(x: np.ndarray):\n"
            "    return x.astype(np.float64, copy=False).max()\n",
            call="f(np.arange(3.0)), f(np.arange(3))",
        ),
        Example(
            "import numpy as np\n\ndef f(x, y):\n"
            "    return x.astype('float64') * 2 + y.astype(float).sum()\n",
            "import numpy as np\n\ndef f(x, y):\n"
            "    return x.astype('float64', copy=False) * 2 + y.astype(float, copy=False).sum()\n",
            call="f(np.arange(3.0), np.arange(3.0))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return x.astype(float)\n",
        "import numpy as np\n\ndef f(x):\n    y = x.astype(float)\n    y[0] = 1\n    return y\n",
        "import numpy as np\n\ndef f(x):\n    return x.astype(float, copy=True).sum()\n",
        "import numpy as np\n\ndef f(x):\n    return (x > 0).astype(float).sum()\n",
        "import pandas as pd\n\ndef f(path):\n    return pd.read_csv(path).astype(float).sum()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Conversions of something with a name, read where they stand."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "astype")
        if found is None or len(call.args) != 1 or call.keywords or not patterns.plain(found[0]):
            continue
        kind = patterns.kind(facts, found[0])
        if kind not in ("ndarray", "unknown") or copies.fate(facts, call) is not Fate.READ:
            continue
        if facts.names.spell("numpy", call) is None:
            continue
        reader = facts.parent(call)
        roundless = isinstance(reader, ast.Attribute) and reader.attr in _ROUNDLESS
        stored = isinstance(reader, (ast.BinOp, ast.Compare))
        yield RULE.site(
            facts, call, "an array of this type already is copied to be read",
            patterns.add_argument(facts, call, "copy=False"),
            trust=Trust.EXACT if roundless or stored else None,
        )  # fmt: skip
