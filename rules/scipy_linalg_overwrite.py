"""A matrix made for a determinant or a factorisation and copied for it.

What it does
    Finds `scipy.linalg.det(a - b)` and `lu` of an expression and adds `overwrite_a=True`.

Why it costs memory
    The function copies what it is given before it factorises it in place, here an array that
    nobody else holds.

Example
    volume = scipy.linalg.det(gram + noise)

Use instead
    volume = scipy.linalg.det(gram + noise, overwrite_a=True)

When it is safe
    The array is the result of arithmetic in the call itself, so nothing can see what becomes of
    it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM527",
    name="sp-linalg-overwrite",
    trust=Trust.EXACT,
    summary="a matrix made for a determinant is copied",
    triggers=("det(", "lu("),
    pair=Pair("S35", 15.26, 8.58),
    examples=(
        Example(
            "import scipy.linalg\n\ndef volume(gram, noise):\n    return scipy.linalg.det(gram + noise)\n",
            "import scipy.linalg\n"
            "\n"
            "def volume(gram, noise):\n"
            "    return scipy.linalg.det(gram + noise, overwrite_a=True)\n",
            call="volume(__import__('numpy').eye(3) * 2, __import__('numpy').ones((3, 3)))",
        ),
        Example(
            "import numpy as np\n"
            "from scipy.linalg import lu\n"
            "\n"
            "def parts(a):\n"
            "    return lu(a @ a.T + np.eye(len(a)))\n",
            "import numpy as np\n"
            "from scipy.linalg import lu\n"
            "\n"
            "def parts(a):\n"
            "    return lu(a @ a.T + np.eye(len(a)), overwrite_a=True)\n",
            call="parts(np.arange(9.0).reshape(3, 3))",
        ),
    ),
    counterexamples=(
        ("import scipy.linalg\n\ndef f(a):\n    return scipy.linalg.det(a)\n"),
        ("import numpy as np\n\ndef f(a, b):\n    return np.linalg.det(a - b)\n"),
        ("from scipy.linalg import det\n\ndef f(a, b):\n    return det(a - b, overwrite_a=False)\n"),
        ("def f(det, a, b):\n    return det(a - b)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Factorisations of what arithmetic has just made."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "scipy.linalg.det", "scipy.linalg.lu") or len(call.args) != 1:
            continue
        if any(k.arg in ("overwrite_a", None) for k in call.keywords):
            continue
        if isinstance(call.args[0], ast.BinOp):
            edits = patterns.add_argument(facts, call, "overwrite_a=True")
            certain = patterns.is_call(facts, call, "scipy.linalg.det")
            yield RULE.site(facts, call, "nothing else holds the matrix", edits, certain=certain)
