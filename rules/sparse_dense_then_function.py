"""A function of the entries applied to a dense copy.

What it does
    Finds `np.log1p(x.toarray())` and `x.toarray() > 0` and applies
    them to the sparse matrix first.

Why it costs memory
    Two dense arrays of the full size exist at once.

Example
    logs = np.log1p(counts.toarray())

Use instead
    logs = counts.log1p().toarray()

When it is safe
    For functions that leave zero at zero. What has `toarray` may be something else, so the site
    is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, sparse
from codeopt.rule import Example, Pair, Rule

_FUNCTIONS = ("log1p", "expm1", "sqrt", "sin", "tan", "tanh", "floor", "ceil", "sign", "abs")


RULE = Rule(
    code="MEM512",
    name="sp-dense-then-function",
    trust=Trust.EXACT,
    summary="a function of the entries is applied to a dense copy",
    triggers=("toarray()",),
    pair=Pair("S25", 61.04, 30.77),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef logs(counts):\n    return np.log1p(counts.toarray())\n",
            "import numpy as np\n\ndef logs(counts):\n    return counts.log1p().toarray()\n",
            call=("logs(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"),
        ),
        Example(
            "import numpy as np\n\ndef masks(x):\n    return np.sqrt(x.toarray()), x.toarray() > 0\n",
            "import numpy as np\n\ndef masks(x):\n    return x.sqrt().toarray(), (x > 0).toarray()\n",
            call=("masks(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"),
            sites=2,
        ),
    ),
    counterexamples=(
        ("import numpy as np\n\ndef f(x):\n    return np.exp(x.toarray())\n"),
        ("def f(x):\n    return x.toarray() == 0\n"),
        ("def f(x):\n    return x.toarray() > -1\n"),
        ("def f(x):\n    return x.toarray().astype(float)\n"),
        ("import numpy as np\n\ndef f(x, out):\n    return np.sqrt(x.toarray(), out=out)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Functions that keep zeros, of dense copies."""
    nodes: Iterator[ast.Call | ast.Compare] = facts.walk(ast.Call, ast.Compare)
    for node in nodes:
        if isinstance(node, ast.Compare):
            limit = patterns.number(node.comparators[0]) if len(node.ops) == 1 else None
            matrix = sparse.densified(facts, node.left)
            keeps = isinstance(node.ops[0], ast.Gt) and limit is not None and limit >= 0
            keeps = keeps or (isinstance(node.ops[0], ast.NotEq) and limit == 0)
            rest = facts.source.data[facts.range(node.left)[1] : facts.range(node)[1]].decode()
            made = f"({facts.text(matrix)}{rest})" if matrix is not None and keeps else ""
        elif len(node.args) != 1 or node.keywords:
            continue
        else:
            name = (facts.names.dotted(node.func) or "").removeprefix("numpy.")
            matrix = sparse.densified(facts, node.args[0]) if name in _FUNCTIONS else None
            made = f"{sparse.as_operand(facts, matrix)}.{_spelled(name)}()" if matrix is not None else ""
        if made:
            yield RULE.site(facts, node, "zeros stay zeros", facts.edits.replace(node, f"{made}.toarray()"))


def _spelled(name: str) -> str:
    """The method of sparse matrices for a function of NumPy."""
    return "__abs__" if name == "abs" else name
