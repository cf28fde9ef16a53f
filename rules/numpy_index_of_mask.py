"""A mask is turned into positions to select by.

What it does
    Finds `x[np.where(mask)]` and `x[np.nonzero(mask)]`, reading or writing, with a mask that is a
    comparison, and selects by the mask.

Why it costs memory
    The positions take 8 bytes for each hit and axis; the mask is there anyway.

Example
    x[np.where(x < 0)] = 0

Use instead
    x[x < 0] = 0

When it is safe
    A boolean mask selects the same elements in the same order as the positions of its true
    elements, if it has the shape of what it selects from; lists and frames are something else, so
    a run decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM228",
    name="np-index-of-mask",
    trust=Trust.EXACT,
    summary="a mask is turned into positions to select by",
    triggers=("where(", "nonzero("),
    pair=Pair("N15", 5.60, 0.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x):\n    x = np.sqrt(x)\n    x[np.where(x < 2)] = 0\n"
            "    return x, x[np.nonzero((x > 2) & (x < 9))]\n",
            "import numpy as np\n\ndef f(x):\n    x = np.sqrt(x)\n    x[x < 2] = 0\n"
            "    return x, x[(x > 2) & (x < 9)]\n",
            call="f(np.arange(12.0).reshape(3, 4))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef f(x, y):\n    return x[np.where(y == 1)]\n",
            "import numpy as np\n\ndef f(x, y):\n    return x[y == 1]\n",
            call="f(np.arange(4.0).reshape(2, 2), np.array([0, 1]))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, m):\n    return x[np.where(m)]\n",
        "import numpy as np\n\ndef f(x):\n    return x[np.where(x > 0, 1, 0)]\n",
        "import numpy as np\n\ndef f(x):\n    return x[np.where(x > 0)[0]]\n",
        "import numpy as np\n\ndef f(x, y):\n    return x[np.where(x is y)]\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Subscripts by the positions of a comparison."""
    for node in facts.walk(ast.Subscript):
        call = node.slice
        if not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords:
            continue
        if not patterns.is_call(facts, call, "numpy.where", "numpy.nonzero") or not _is_mask(call.args[0]):
            continue
        mask = call.args[0]
        kinds = {patterns.kind(facts, n) for n in (node.value, *_compared(mask))}
        if kinds & {"list", "frame", "series", "tensor", "sparse"}:
            continue
        edits = facts.edits.replace(call, facts.text(mask))
        yield RULE.site(facts, node, "the mask selects the same without positions", edits)


def _is_mask(node: ast.expr) -> bool:
    match node:
        case ast.Compare(ops=[op]):
            return not isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn))
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor(), left=left, right=right):
            return _is_mask(left) and _is_mask(right)
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return _is_mask(operand)
    return False


def _compared(node: ast.expr) -> Iterator[ast.expr]:
    for part in ast.walk(node):
        if isinstance(part, ast.Compare):
            yield from (part.left, *part.comparators)
