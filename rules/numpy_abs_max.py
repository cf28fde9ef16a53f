"""Absolute values are made for their maximum.

What it does
    Finds `np.abs(x).max()` and `np.max(np.abs(x))` of everything in `x`, and takes the larger of the
    maximum and the negated minimum.

Why it costs memory
    The absolute values are an array as large as `x`.

Example
    peak = np.abs(signal).max()

Use instead
    peak = abs(np.maximum(signal.max(), -signal.min()))

When it is safe
    For real floats and signed integers, NaN included. Unsigned and complex numbers and booleans have
    no such negation: a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM232",
    name="np-abs-max",
    trust=Trust.EXACT,
    summary="absolute values are made for their maximum",
    triggers=("abs(", "absolute("),
    pair=Pair("N27", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x):\n    return np.abs(x).max()\n",
            "import numpy as np\n\ndef f(x):\n    return abs(np.maximum(x.max(), -x.min()))\n",
            call="f(np.array([1.0, -3.0])), f(np.array([np.nan, 1])), f(np.array([-0.0]))",
        ),
        Example(
            "import numpy as np\n\ndef f(x):\n    return x / np.max(np.absolute(x))\n",
            "import numpy as np\n\ndef f(x):\n    return x / abs(np.maximum(x.max(), -x.min()))\n",
            call="f(np.array([1.0, -3.0]))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return np.abs(x).max(axis=0)\n",
        "import numpy as np\n\ndef f(x):\n    return np.abs(x).sum()\n",
        "import numpy as np\n\ndef f(x, y):\n    return np.abs(x - y).max()\n",
        "import torch\n\ndef f(x):\n    return torch.abs(x).max()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Largest absolute values of something with a name."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "max", "amax")
        made = found[0] if found and not found[1] else None
        if not isinstance(made, ast.Call) or len(made.args) != 1 or made.keywords:
            continue
        spelled, array = facts.names.spell("numpy.maximum", call), made.args[0]
        if not patterns.is_call(facts, made, "numpy.abs", "numpy.absolute") or spelled is None:
            continue
        kind = patterns.kind(facts, array)
        if patterns.plain(array) and kind in ("ndarray", "unknown") and patterns.builtin(facts, "abs"):
            x = facts.text(array)
            edits = facts.edits.replace(call, f"abs({spelled}({x}.max(), -{x}.min()))")
            yield RULE.site(facts, call, "two extremes tell the largest size", edits)
