"""A range of numbers is made to draw from it.

What it does
    Finds `np.random.choice(np.arange(n), k)`, `np.random.permutation(np.arange(n))` and
    `random.sample(list(range(n)), k)`, and gives the number or the range itself.

Why it costs memory
    The numbers from 0 to n stand in memory beside what is drawn: 8 bytes each in an array, 36 in a
    list.

Example
    chosen = random.sample(list(range(n)), k)

Use instead
    chosen = random.sample(range(n), k)

When it is safe
    The same numbers are drawn. Certain for `random.sample` and `random.choice`, which ask a range
    and a list the same; NumPy treats `n` as a range only if it is an integer, which is certain where a
    length or a size is permuted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

_PLAIN = ("random.sample", "random.choice", "random.choices")
_NUMPY = ("numpy.random.choice", "numpy.random.permutation")

RULE = Rule(
    code="MEM236",
    name="np-range-to-draw",
    trust=Trust.EXACT,
    summary="a range of numbers is made to draw from it",
    triggers=("arange(", "list(range("),
    pair=Pair("P04", 37.63, 0.0),
    examples=(
        Example(
            "import random\n\ndef f(n, k):\n    random.seed(0)\n"
            "    return random.sample(list(range(n)), k)\n",
            "import random\n\ndef f(n, k):\n    random.seed(0)\n    return random.sample(range(n), k)\n",
            call="f(100, 5)",
        ),
        Example(
            "import numpy as np\n\ndef f(x, n):\n    np.random.seed(0)\n"
            "    return np.random.permutation(np.arange(len(x))), np.random.choice(np.arange(n), 3)\n",
            "import numpy as np\n\ndef f(x, n):\n    np.random.seed(0)\n"
            "    return np.random.permutation(len(x)), np.random.choice(n, 3)\n",
            call="f([1, 2, 3], 9)",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(n):\n    return np.random.permutation(np.arange(1, n))\n",
        "import random\n\ndef f(xs):\n    return random.sample(list(xs), 2)\n",
        "import numpy as np\n\ndef f(n):\n    return np.random.shuffle(np.arange(n))\n",
        "import numpy as np\n\ndef f(n):\n    return np.random.choice(np.arange(n, dtype=float))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Draws from a range that is made for it."""
    for call in facts.walk(ast.Call):
        drawn = facts.names.dotted(call.func) if call.args else None
        made = call.args[0] if call.args else None
        message = "the numbers need not be made to be drawn"
        if drawn in _PLAIN:
            inner = listed.listed(facts, made)
            if inner is not None and patterns.is_call(facts, inner, "builtins.range"):
                assert made is not None
                edits = facts.edits.replace(made, facts.text(inner))
                yield RULE.site(facts, call, message, edits, certain=not _are_few(facts, inner))
        elif drawn in _NUMPY and isinstance(made, ast.Call) and _is_range(facts, made):
            edits = facts.edits.replace(made, facts.text(made.args[0]))
            # Of an empty range `choice` complains in other words.
            certain = drawn == "numpy.random.permutation" and _is_size(facts, made.args[0])
            yield RULE.site(facts, call, message, edits, certain=certain)


def _are_few(facts: Facts, made: ast.expr) -> bool:
    """Whether the numbers are those of the columns of a table, or of another handful."""
    axes = [
        n for n in facts.under(made) if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Attribute)
    ]
    columns = any(getattr(n.value, "attr", "") == "shape" and patterns.number(n.slice) != 0 for n in axes)
    return columns or listed.few(facts, made)


def _is_range(facts: Facts, made: ast.Call) -> bool:
    return patterns.is_call(facts, made, "numpy.arange") and len(made.args) == 1 and not made.keywords


def _is_size(facts: Facts, node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
    return patterns.is_call(facts, node, "builtins.len")
