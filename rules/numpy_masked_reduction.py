"""Elements selected by a mask only to be reduced.

What it does
    Finds `x[x > 0].sum()` and `np.mean(x[mask])` and passes the mask as `where=`.

Why it costs memory
    The selected elements are copied, up to the size of the whole array.

Example
    total = x[x > 0].sum()

Use instead
    total = x.sum(where=x > 0)

When it is safe
    For arrays and a mask of their own shape. The order of additions changes, so floats agree
    to rounding only. A mask by another name may be an index array or have fewer axes, and a
    Series or a tensor has no `where=`: such sites are left to a run, and so are
    those whose value the function compares with something.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.compared import is_compared
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM212",
    name="np-masked-reduction",
    trust=Trust.CLOSE,
    summary="elements are selected by a mask only to be reduced",
    triggers=(".sum(", ".mean(", ".std(", ".var("),
    pair=Pair("N15", 4.77, 1.02),
    examples=(
        Example(
            "import numpy as np\n\ndef total(x: np.ndarray):\n    return x[x > 0].sum()\n",
            "import numpy as np\n\ndef total(x: np.ndarray):\n    return x.sum(where=x > 0)\n",
            call="total(np.random.default_rng(0).standard_normal((50, 7)))",
        ),
        Example(
            "import numpy as np\n\ndef centre(x, low):\n    return np.mean(x[(x > -1) & ~(x == 0)])\n",
            "import numpy as np\n\ndef centre(x, low):\n    return np.mean(x, where=(x > -1) & ~(x == 0))\n",
            call="centre(np.random.default_rng(0).standard_normal((50, 7)), -1)",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, mask):\n    return x[mask]\n",
        "import numpy as np\n\ndef f(x):\n    return x[x > 0].max()\n",
        "import numpy as np\n\ndef f(x, i):\n    return x[i].sum()\n",
        "import numpy as np\n\ndef f(x):\n    return x[x > 0].sum(axis=0)\n",
        "import pandas as pd\n\ndef f(x):\n    return x[x > 0].sum()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions over a boolean selection."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "sum", "mean", "std", "var")
        if found is None or found[1] or not isinstance(found[0], ast.Subscript):
            continue
        selected = found[0]
        array, mask = selected.value, selected.slice
        if not patterns.plain(array) or not _is_mask(mask, array):
            continue
        kind = patterns.kind(facts, array)
        if kind not in ("ndarray", "unknown") or facts.names.spell("numpy.sum", call) is None:
            continue
        edits = [*facts.edits.replace(selected, facts.text(array))]
        edits += patterns.add_argument(facts, call, f"where={facts.text(mask)}")
        certain = kind == "ndarray" and patterns.mask_of(mask, array) and not is_compared(facts, call)
        yield RULE.site(facts, call, "the selection is copied only to be reduced", edits, certain=certain)


def _is_mask(mask: ast.expr, array: ast.expr) -> bool:
    if patterns.mask_of(mask, array):
        return True
    return (isinstance(mask, ast.Name) and ("mask" in mask.id.lower() or mask.id == "valid")) or (
        isinstance(mask, ast.Compare) and not isinstance(mask.ops[0], (ast.Is, ast.IsNot, ast.In, ast.NotIn))
    )
