"""An inverse built only to be multiplied.

What it does
    Finds `np.linalg.inv(a) @ b` and solves the equations instead.

Why it costs memory
    The inverse, and the identity it is solved against, are matrices of the full size.

Example
    weights = np.linalg.inv(gram) @ moment

Use instead
    weights = np.linalg.solve(gram, moment)

When it is safe
    For every square matrix: both raise the same error for a singular one. Results agree to
    rounding, and `solve` is the more accurate of the two on badly conditioned matrices.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM217",
    name="np-inverse-times",
    trust=Trust.CLOSE,
    summary="an inverse is built only to be multiplied",
    triggers=("inv(",),
    pair=Pair("N24", 8.24, 2.76),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef weights(gram: np.ndarray, moment: np.ndarray):\n"
            "    return np.linalg.inv(gram) @ moment\n",
            "import numpy as np\n\ndef weights(gram: np.ndarray, moment: np.ndarray):\n"
            "    return np.linalg.solve(gram, moment)\n",
            call="weights(np.eye(5) + 0.1, np.arange(5.0))",
        ),
        Example(
            "from numpy.linalg import inv, solve\n\ndef weights(x, y):\n"
            "    return inv(x.T @ x).dot(x.T @ y)\n",
            "from numpy.linalg import inv, solve\n\ndef weights(x, y):\n    return solve(x.T @ x, x.T @ y)\n",
            call="weights(__import__('numpy').random.default_rng(0).random((9, 3)), "
            "__import__('numpy').ones(9))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(a, b):\n    return b @ np.linalg.inv(a)\n",
        "import numpy as np\n\ndef f(a, b):\n    i = np.linalg.inv(a)\n    return i @ b, i\n",
        "import numpy as np\n\ndef f(a, b):\n    return np.linalg.pinv(a) @ b\n",
        "import numpy as np\n\ndef f(a, b):\n    return np.linalg.inv(a) * b\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Products whose left factor is an inverse made for them alone."""
    for call in facts.walk(ast.Call):
        library = (facts.names.dotted(call.func) or "").removesuffix(".inv")
        if library not in ("numpy.linalg", "scipy.linalg", "torch.linalg"):
            continue
        if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred):
            continue
        whole = facts.parent(call)
        right: ast.expr | None = None
        if isinstance(whole, ast.BinOp) and isinstance(whole.op, ast.MatMult) and whole.left is call:
            right = whole.right
        elif isinstance(whole, ast.Attribute) and whole.attr == "dot" and library != "torch.linalg":
            whole = facts.parent(whole)
            if isinstance(whole, ast.Call) and len(whole.args) == 1 and not whole.keywords:
                right = whole.args[0]
        solve = facts.names.spell(f"{library}.solve", call)
        if right is None or solve is None or not isinstance(whole, ast.expr):
            continue
        text = f"{solve}({facts.text(call.args[0])}, {facts.text(right)})"
        yield RULE.site(
            facts, whole, "the inverse is built only to be multiplied",
            facts.edits.replace(whole, text),
        )  # fmt: skip
