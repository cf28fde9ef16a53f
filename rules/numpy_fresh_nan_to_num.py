"""A fresh array is copied to replace its NaNs.

What it does
    Finds `np.nan_to_num(a / b)` and the like, where the argument is an array just made, and adds
    `copy=False`.

Why it costs memory
    `nan_to_num` works on a copy, while the array it was given has no other use.

Example
    shares = np.nan_to_num(counts / totals)

Use instead
    shares = np.nan_to_num(counts / totals, copy=False)

When it is safe
    Nobody else holds the argument, so it may be changed. Columns of frames may refuse to be
    written: a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, library, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM230",
    name="np-fresh-nan-to-num",
    trust=Trust.EXACT,
    summary="a fresh array is copied to replace its NaNs",
    triggers=("nan_to_num(",),
    pair=Pair("N27", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(a, b):\n    return np.nan_to_num(a / b)\n",
            "import numpy as np\n\ndef f(a, b):\n    return np.nan_to_num(a / b, copy=False)\n",
            call="f(np.arange(3.0), np.ones(3))",
        ),
        Example(
            "import numpy as np\n\ndef f(a: np.ndarray):\n    return np.nan_to_num(np.log(a), nan=1.0)\n",
            "import numpy as np\n\ndef f(a: np.ndarray):\n"
            "    return np.nan_to_num(np.log(a), nan=1.0, copy=False)\n",
            call="f(np.arange(1.0, 3.0))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(a):\n    return np.nan_to_num(a)\n",
        "import numpy as np\n\ndef f(a):\n    return np.nan_to_num(a / 2, copy=True)\n",
        "import numpy as np\n\ndef f(a):\n    return np.nan_to_num(a[1:])\n",
        "import numpy as np\n\ndef f(a):\n    return np.nan_to_num(a.T)\n",
        "import numpy as np\n\ndef f(a, b):\n    return np.nan_to_num(np.sqrt(a, out=b))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Replacements in arrays that were made for them."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "numpy.nan_to_num") or len(call.args) != 1:
            continue
        made = call.args[0]
        fresh = isinstance(made, ast.BinOp) or (
            isinstance(made, ast.Call) and facts.names.dotted(made.func) in library.NUMPY_MAKERS
        )
        if not fresh or any(k.arg in (None, "copy") for k in call.keywords):
            continue
        if not facts.aliases.fresh(made).owned:
            continue
        yield RULE.site(
            facts, call, "the array was made for this and may be changed",
            patterns.add_argument(facts, call, "copy=False"),
        )  # fmt: skip
