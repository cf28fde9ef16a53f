"""A mask of all elements is made to ask for one NaN.

What it does
    Finds `np.isnan(x).any()` and `np.any(np.isnan(x))`, and asks whether the minimum is NaN.

Why it costs memory
    The mask takes a byte for every element; a minimum takes one number, and NaN prevails in it.

Example
    if np.isnan(x).any():
        raise ValueError("NaN in the data")

Use instead
    if np.isnan(np.min(x)):
        raise ValueError("NaN in the data")

When it is safe
    For arrays that are not empty; frames and series leave NaN out of a minimum: a proof by running
    decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM233",
    name="np-any-nan",
    trust=Trust.EXACT,
    summary="a mask of all elements is made to ask for one NaN",
    triggers=("isnan(",),
    pair=Pair("N25", 9.0, 1.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x):\n    return np.isnan(x).any()\n",
            "import numpy as np\n\ndef f(x):\n    return np.isnan(np.min(x))\n",
            call="f(np.arange(3.0)), f(np.array([[1.0, np.nan]]))",
        ),
        Example(
            "import numpy\n\ndef f(x):\n    if numpy.any(numpy.isnan(x)):\n        return 1\n    return 2\n",
            "import numpy\n\ndef f(x):\n    if numpy.isnan(numpy.min(x)):\n        return 1\n    return 2\n",
            call="f(numpy.ones(3)), f(numpy.array([numpy.nan]))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return np.isnan(x).any(axis=0)\n",
        "import numpy as np\n\ndef f(x):\n    return np.isnan(x).all()\n",
        "import numpy as np\n\ndef f(x):\n    m = np.isnan(x)\n    return m.any(), m\n",
        "import math\n\ndef f(x):\n    return any(math.isnan(v) for v in x)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Questions for any NaN."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "any")
        made = found[0] if found and not found[1] else None
        if not isinstance(made, ast.Call) or len(made.args) != 1 or made.keywords:
            continue
        spelled = facts.names.spell("numpy.min", call)
        if not patterns.is_call(facts, made, "numpy.isnan") or spelled is None:
            continue
        if patterns.kind(facts, made.args[0]) not in ("ndarray", "unknown"):
            continue
        text = f"{facts.text(made.func)}({spelled}({facts.text(made.args[0])}))"
        edits = facts.edits.replace(call, text)
        yield RULE.site(facts, call, "a minimum shows a NaN without a mask", edits)
