"""A diagonal matrix built only to scale rows or columns.

What it does
    Finds `np.diag(v) @ x` and `x @ np.diag(v)` and scales by broadcasting.

Why it costs memory
    The diagonal matrix has n times n numbers, n of which are not zero.

Example
    scaled = x @ np.diag(1.0 / s)

Use instead
    scaled = x * (1.0 / s)

When it is safe
    `v` has one axis and `x` two, and both are finite: the zeros of the matrix turn a NaN or an
    infinity into NaN all over a row or column. What the arrays hold only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM224",
    name="diagonal-product",
    trust=Trust.CLOSE,
    summary="a diagonal matrix is built only to scale rows or columns",
    triggers=("diag(",),
    pair=Pair("N18", 15.26, 7.69),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef scaled(x, s):\n    return x @ np.diag(1.0 / s)\n",
            "import numpy as np\n\ndef scaled(x, s):\n    return x * (1.0 / s)\n",
            call="scaled(np.arange(12.0).reshape(3, 4), np.arange(1.0, 5.0))",
        ),
        Example(
            "import torch\n\ndef scaled(x, s):\n    return torch.matmul(torch.diag(s), x)\n",
            "import torch\n\ndef scaled(x, s):\n    return s[:, None] * x\n",
            call="scaled(torch.arange(12.0).reshape(3, 4), torch.arange(1.0, 4.0))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(v):\n    return np.diag(v)\n",
        "import numpy as np\n\ndef f(v, x):\n    return np.diag(v, k=1) @ x\n",
        "import numpy as np\n\ndef f(v, x):\n    d = np.diag(v)\n    return d @ x, d\n",
        "import numpy as np\n\ndef f(v, x):\n    return np.diag(v) * x\n",
        "import numpy as np\n\ndef f(v, x):\n    return np.diag(*v) @ x\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Products with a diagonal matrix made for them alone."""
    for node in facts.walk(ast.BinOp, ast.Call):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            left, right = node.left, node.right
        elif isinstance(node, ast.Call) and len(node.args) == 2 and not node.keywords:
            if not patterns.is_call(facts, node, "numpy.dot", "numpy.matmul", "torch.matmul", "torch.mm"):
                continue
            left, right = node.args
        else:
            continue
        for one, other in ((left, right), (right, left)):
            source, made = patterns.value_of(facts, one, (one,))
            if not isinstance(source, ast.Call) or not patterns.is_call(
                facts, source, "numpy.diag", "torch.diag"
            ):
                continue
            if len(source.args) != 1 or source.keywords or isinstance(source.args[0], ast.Starred):
                continue
            vector, matrix = patterns.operand(facts, source.args[0]), patterns.operand(facts, other)
            text = f"{vector}[:, None] * {matrix}" if one is left else f"{matrix} * {vector}"
            edits = facts.edits.replace(node, text) + (facts.edits.delete(made) if made else ())
            yield RULE.site(facts, node, "scaling needs no matrix", edits)
            break
