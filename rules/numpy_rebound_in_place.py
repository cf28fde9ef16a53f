"""An array is replaced by a new one computed from it, under the same name.

What it does
    Finds `x = x + y`, `x = np.exp(x)` and `x = (x - x.mean(0)) / x.std(0)` where `x` was made in
    the same function and nothing else holds it, and computes the new value in the old memory.

Why it costs memory
    The old array is alive until the new one is finished: two of them at the peak, and with two
    operations of different shapes in a row three. In place it is one.

Example
    x = rng.random((n, m))
    x = (x - x.mean(0)) / x.std(0)

Use instead
    x = rng.random((n, m))
    std = x.std(0)
    x -= x.mean(0)
    x /= std

When it is safe
    The name must hold memory made in this function and must not have escaped: not an argument,
    not a view, not stored, yielded or captured. The result must fit: the same shape, and no wider
    type than the array. Both are certain for a table of floats with Python numbers, its own
    reductions and one-argument ufuncs; everything else is for a proof by running, either as it
    stands or with a test that overwrites the array only where type and shape fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts

RULE = Rule(
    code="MEM201",
    name="numpy-rebound-in-place",
    trust=Trust.EXACT,
    summary="an array is replaced by a new one instead of being overwritten",
    triggers=("numpy", "torch"),
    pair=Pair("N30", 16.07, 8.08),
    examples=(
        Example(
            before=(
                "import numpy as np\n\ndef f(n, m):\n    x = np.ones((n, m))\n"
                "    x = x * 2\n    x = np.exp(x)\n    return x\n"
            ),
            after=(
                "import numpy as np\n\ndef f(n, m):\n    x = np.ones((n, m))\n"
                "    x *= 2\n    np.exp(x, out=x)\n    return x\n"
            ),
            call="f(5, 2)",
            sites=2,
        ),
        Example(
            before=(
                "import numpy as np\n\ndef f(n):\n    x = np.sin(np.arange(n * 3.0)).reshape(n, 3).copy()\n"
                "    x = (x - x.mean(0)) / x.std(0)\n    return x\n"
            ),
            after=(
                "import numpy as np\n\ndef f(n):\n    x = np.sin(np.arange(n * 3.0)).reshape(n, 3).copy()\n"
                "    std = x.std(0)\n    x -= x.mean(0)\n    x /= std\n    return x\n"
            ),
            call="f(5)",
            sites=2,
        ),
        Example(
            before=(
                "import numpy as np\n"
                "\n"
                "def f(a, w):\n"
                "    x = np.sqrt(a)\n"
                "    if w: x = np.clip(x, 0, w)\n"
                "    return x\n"
            ),
            after=(
                "import numpy as np\n"
                "\n"
                "def f(a, w):\n"
                "    x = np.sqrt(a)\n"
                "    if w: np.clip(x, 0, w, out=x)\n"
                "    return x\n"
            ),
            call="f(np.arange(4.0), 1.5)",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    x = x + 1\n    return x\n",
        "import numpy as np\n\ndef f(x):\n    x = np.asarray(x)\n    x = np.exp(x)\n    return x\n",
        (
            "import numpy as np\n"
            "\n"
            "def f(n, keep):\n"
            "    x = np.ones(n)\n"
            "    keep.append(x)\n"
            "    x = x * 2\n"
            "    return x\n"
        ),
        (
            "import numpy as np\n"
            "\n"
            "def f(n):\n"
            "    x = np.ones(n)\n"
            "    y = x[1:]\n"
            "    x = x * 2\n"
            "    return x, y\n"
        ),
        (
            "import numpy as np\n"
            "\n"
            "def f(n):\n"
            "    i = 0\n"
            "    while i < n:\n"
            "        i = i + 1\n"
            "    return np.ones(i)\n"
        ),
        "import numpy as np\n\ndef f(n):\n    x = np.ones(n)\n    x = (x + 1) * x\n    return x\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Statements that bind a name to a value computed from its last use."""
    for found in facts.overwrites.all:
        if found.target == found.name:
            message = f"`{found.name}` is rebound to a new array; its old memory would do"
            group = "ways" if found.guarded else ""
            for label, lines in found.ways:
                edits = facts.edits.replace_statement(found.stmt, list(lines))
                yield RULE.site(
                    facts, found.stmt, message, edits, certain=found.certain, group=group, label=label
                )
