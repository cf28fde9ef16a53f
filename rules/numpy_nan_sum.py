"""A whole array is copied to add up what is not NaN.

What it does
    Finds `np.nansum(x)` and `np.nanmean(x)` and adds up where a mask allows it.

Why it costs memory
    The functions copy the array and put zeros where it has NaNs, eight bytes an element; a mask
    takes one.

Example
    total = np.nansum(readings, axis=0)

Use instead
    total = np.sum(readings, axis=0, where=~np.isnan(readings))

When it is safe
    To rounding, for arrays. A frame or series takes no mask, and a mean of nothing warns in other
    words, so where facts do not say a run decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_PLAIN = {"numpy.nansum": "numpy.sum", "numpy.nanmean": "numpy.mean"}

RULE = Rule(
    code="MEM254",
    name="np-nan-sum",
    trust=Trust.CLOSE,
    summary="a whole array is copied to add up what is not NaN",
    triggers=("nansum(", "nanmean("),
    pair=Pair("N43", 9.0, 1.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x):\n    return np.nansum(x)\n",
            "import numpy as np\n\ndef f(x):\n    return np.sum(x, where=~np.isnan(x))\n",
            call="f(np.array([1.0, np.nan, 2.5]))",
        ),
        Example(
            "import numpy as np\n\ndef f(x):\n    return np.nanmean(x, axis=1, keepdims=True)\n",
            "import numpy as np\n\ndef f(x):\n"
            "    return np.mean(x, axis=1, keepdims=True, where=~np.isnan(x))\n",
            call="f(np.array([[1.0, np.nan, 2.5], [1.0, 2.0, 4.0]]))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return np.nanmax(x)\n",
        "import numpy as np\n\ndef f(x):\n    return np.nansum(x * 2)\n",
        "import numpy as np\n\ndef f(x, m):\n    return np.nansum(x, where=m)\n",
        "import numpy as np\nimport pandas as pd\n\ndef f(x: pd.Series):\n    return np.nansum(x)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums and means of a named array that leave NaN out."""
    for call in facts.walk(ast.Call):
        dotted = facts.names.dotted(call.func)
        given = patterns.arguments(call, "a", "axis") if dotted in _PLAIN else None
        if dotted is None or given is None or "a" not in given or set(given) - {"a", "axis", "keepdims"}:
            continue
        plain, mask = facts.names.spell(_PLAIN[dotted], call), facts.names.spell("numpy.isnan", call)
        array = given["a"]
        if plain is None or mask is None or not patterns.plain(array):
            continue
        found = facts.arrays.value(array, facts.statement(call))
        if found.kind not in ("ndarray", "unknown"):
            continue
        where = patterns.add_argument(facts, call, f"where=~{mask}({facts.text(array)})")
        edits = (*facts.edits.replace(call.func, plain), *where)
        yield RULE.site(facts, call, "a mask leaves NaN out without a copy", edits)
