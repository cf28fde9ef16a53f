"""A new array is made from one that is not needed any more.

What it does
    Finds `z = y * 2` and `return e / e.sum()` where `y` and `e` were made in the same function,
    are held by nothing else and are read here for the last time, and reuses their memory.

Why it costs memory
    NumPy reuses the memory of temporaries that have no name. Naming each stage of a computation
    keeps every stage alive: three named stages take 24 MiB where one buffer of 8 MiB will do.

Example
    y = np.sqrt(a)
    z = y * 2
    return z + 1

Use instead
    y = np.sqrt(a)
    y *= 2
    z = y
    z += 1
    return z

When it is safe
    As for `numpy-rebound-in-place`: fresh memory of this function that has not escaped, dead
    behind the statement on every path, and a result of the same shape and no wider type. What
    static facts cannot show is left to a proof by running.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts

RULE = Rule(
    code="MEM202",
    name="numpy-used-up-operand",
    trust=Trust.EXACT,
    summary="a new array is made where an operand's memory is free to take",
    triggers=("numpy", "torch"),
    pair=Pair("N09", 24.0, 8.0),
    examples=(
        Example(
            before=(
                "import numpy as np\n\ndef f(n, m):\n    y = np.sqrt(np.ones((n, m)))\n    z = y * 2\n"
                "    w = z + 1\n    return float(w.sum())\n"
            ),
            after=(
                "import numpy as np\n\ndef f(n, m):\n    y = np.sqrt(np.ones((n, m)))\n    y *= 2\n"
                "    z = y\n    z += 1\n    w = z\n    return float(w.sum())\n"
            ),
            call="f(2, 3)",
            sites=2,
        ),
        Example(
            before=(
                "import numpy as np\n\ndef f(n, m):\n    e = np.exp(np.ones((n, m)))  # stable\n"
                "    return e / e.sum(axis=1, keepdims=True)\n"
            ),
            after=(
                "import numpy as np\n\ndef f(n, m):\n    e = np.exp(np.ones((n, m)))  # stable\n"
                "    e /= e.sum(axis=1, keepdims=True)\n    return e\n"
            ),
            call="f(2, 3)",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return x / x.sum()\n",
        "import numpy as np\n\ndef f(a):\n    y = np.sqrt(a)\n    z = y * 2\n    return z, y\n",
        "import numpy as np\n\ndef f(a):\n    y = a[1:]\n    return y * 2\n",
        "import numpy as np\n\ndef f(a):\n    y = np.sqrt(a)\n    g = lambda: y\n    return y * 2, g\n",
        "import numpy as np\n\ndef f(a):\n    n = len(a)\n    return n + 1\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Last uses of an owned array as the operand of a new one."""
    for found in facts.overwrites.all:
        if found.target == found.name:
            continue
        last = f"return {found.name}" if found.target is None else f"{found.target} = {found.name}"
        message = f"`{found.name}` is used up here; its memory would do for the result"
        group = "ways" if found.guarded else ""
        for label, lines in found.ways:
            edits = facts.edits.replace_statement(found.stmt, [*lines, last])
            yield RULE.site(
                facts, found.stmt, message, edits, certain=found.certain, group=group, label=label
            )
