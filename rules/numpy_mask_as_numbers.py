"""A mask turned into numbers only to be counted.

What it does
    Finds `(x > 0).astype(float).mean()` and its kin, where a comparison is converted and then
    summed or averaged, and reduces the mask itself.

Why it costs memory
    The converted copy has eight bytes an element where the mask has one.

Example
    rate = (scores > 0.5).astype(float).mean()

Use instead
    rate = (scores > 0.5).mean()

When it is safe
    Counts of a mask are exact whole numbers in float64 and in int64, so sum and mean are the
    same to the bit, for any axis and for empty input. Only conversions to Python's `float` and
    `int` and their 64-bit names qualify: in float32 the order of additions shows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_FLOATS = ("builtins.float", "numpy.float64", "numpy.double")
_INTS = ("builtins.int", "numpy.int64", "numpy.intp")

RULE = Rule(
    code="MEM213",
    name="np-mask-as-numbers",
    trust=Trust.EXACT,
    summary="a mask is converted to 64-bit numbers only to be counted",
    triggers=("astype",),
    pair=Pair("N25", 8.58, 1.02),
    examples=(
        Example(
            "import numpy as np\n\ndef rate(x):\n    return (x > 0.5).astype(float).mean()\n",
            "import numpy as np\n\ndef rate(x):\n    return (x > 0.5).mean()\n",
            call="rate(np.random.default_rng(0).random((50, 7)))",
        ),
        Example(
            "import numpy as np\n\ndef hits(x, y):\n    return np.sum((x == y).astype(np.float64), axis=1)\n",
            "import numpy as np\n\ndef hits(x, y):\n    return np.sum((x == y), axis=1, dtype=np.float64)\n",
            call="hits(np.eye(4), np.ones((4, 4)))",
        ),
        Example(
            "def hits(x, y):\n    return ((x == y) & (y > 0)).astype(int).sum()\n",
            "def hits(x, y):\n    return ((x == y) & (y > 0)).sum()\n",
            call="hits(__import__('numpy').arange(4), __import__('numpy').ones(4))",
        ),
    ),
    counterexamples=(
        "def f(x):\n    return x.astype(float).mean()\n",
        "import numpy as np\n\ndef f(x):\n    return (x > 0).astype(np.float32).mean()\n",
        "def f(x):\n    return (x > 0).astype(float).std()\n",
        "def f(x):\n    return (x > 0).astype(float)\n",
        "def f(x):\n    return (x > 0).astype(float).sum(dtype='float32')\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums and means over a converted mask."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "sum", "mean")
        if found is None or not set(found[1]) <= {"axis", "keepdims"}:
            continue
        converted = patterns.method(found[0], "astype")
        if converted is None or len(converted[1].args) != 1 or converted[1].keywords:
            continue
        mask, dtype = converted[0], converted[1].args[0]
        target = facts.names.dotted(dtype)
        total = patterns.reduction(facts, call, "sum") is not None
        if not _is_mask(mask) or target not in (*_FLOATS, *_INTS) or (not total and target in _INTS):
            continue
        name = facts.range(converted[1].func)[1]
        dot = facts.source.data.rindex(b".", facts.range(mask)[1], name)
        edits = [Edit(dot, facts.range(converted[1])[1], "")]
        if total and target in _FLOATS:
            edits += patterns.add_argument(facts, call, f"dtype={facts.text(dtype)}")
        yield RULE.site(facts, call, "the mask can be reduced as it is", edits)


def _is_mask(node: ast.expr) -> bool:
    match node:
        case ast.Compare(ops=[op]):
            return not isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn))
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr(), left=left, right=right):
            return _is_mask(left) and _is_mask(right)
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return _is_mask(operand)
    return False
