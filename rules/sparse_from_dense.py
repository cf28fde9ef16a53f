"""A dense array of zeros made to be stored sparsely.

What it does
    Finds `csr_matrix(np.zeros((n, m)))` and `csr_matrix(np.eye(n))` and makes them sparse from
    the start.

Why it costs memory
    The array of all entries exists, with a mask of those that are not zero, for a matrix that
    stores few or none.

Example
    graph = csr_matrix(np.zeros((n, n)))

Use instead
    graph = csr_matrix((n, n))

When it is safe
    For a shape of two written lengths or lengths of other arrays: the empty matrix has the same
    type, and so have its indices. A length that may be negative raises another error.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_FORMATS = ("csr", "csc", "coo", "lil", "dok")
_DTYPES = ("float", "int", "bool", "float32", "float64", "int32", "int64", "uint8")


RULE = Rule(
    code="MEM510",
    name="sp-sparse-from-dense",
    trust=Trust.EXACT,
    summary="a dense array of zeros is made to be stored sparsely",
    triggers=("zeros(", "eye(", "identity("),
    pair=Pair("S23", 17.22, 0.09),
    examples=(
        Example(
            "import numpy as np\n"
            "from scipy.sparse import csr_matrix\n"
            "\n"
            "def graph(n):\n"
            "    return csr_matrix(np.zeros((n, n + 1)))\n",
            "import numpy as np\n"
            "from scipy.sparse import csr_matrix\n"
            "\n"
            "def graph(n):\n"
            "    return csr_matrix((n, n + 1))\n",
            call="graph(3).toarray()",
        ),
        Example(
            "import numpy as np\n"
            "import scipy.sparse as sp\n"
            "\n"
            "def start(n):\n"
            "    return sp.lil_matrix(np.zeros((n, 4), dtype=np.int32)), "
            "sp.csr_matrix(np.eye(n))\n",
            "import numpy as np\n"
            "import scipy.sparse as sp\n"
            "\n"
            "def start(n):\n"
            '    return sp.lil_matrix((n, 4), dtype=np.int32), sp.eye(n, format="csr")\n',
            call="[(x.toarray(), x.format, x.dtype.name) for x in start(3)]",
            sites=2,
        ),
    ),
    counterexamples=(
        (
            "import numpy as np\n"
            "from scipy.sparse import csr_matrix\n"
            "\n"
            "def f(s):\n"
            "    return csr_matrix(np.zeros(s))\n"
        ),
        (
            "import numpy as np\n"
            "from scipy.sparse import csr_matrix\n"
            "\n"
            "def f(x):\n"
            "    return csr_matrix(np.zeros_like(x))\n"
        ),
        (
            "import numpy as np\n"
            "from scipy.sparse import csr_matrix\n"
            "\n"
            "def f(x):\n"
            "    return csr_matrix(np.eye(3, 4, 1))\n"
        ),
        ("import numpy as np\n\ndef f(csr_matrix):\n    return csr_matrix(np.zeros((3, 4)))\n"),
        (
            "import numpy as np\n"
            "from scipy.sparse import csr_matrix\n"
            "\n"
            "def f(n):\n"
            "    return csr_matrix(np.zeros((n, n)), shape=(n, n))\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sparse matrices made of dense zeros and identities."""
    for call in facts.walk(ast.Call):
        name = (facts.names.dotted(call.func) or "").removeprefix("scipy.sparse.")
        form, _, kind = name.partition("_")
        if form not in _FORMATS or kind not in ("matrix", "array") or len(call.args) != 1 or call.keywords:
            continue
        dense = call.args[0]
        if not isinstance(dense, ast.Call):
            continue
        if patterns.is_call(facts, dense, "numpy.zeros"):
            given = patterns.arguments(dense, "shape", "dtype")
            shape = given.get("shape") if given else None
            if given is None or not isinstance(shape, ast.Tuple) or len(shape.elts) != 2:
                continue
            dtype = f", dtype={facts.text(given['dtype'])}" if "dtype" in given else ""
            text = f"{facts.text(call.func)}({facts.text(shape)}{dtype})"
            yield RULE.site(
                facts, call, "the empty matrix needs no zeros", facts.edits.replace(call, text),
                certain=form != "dok" and all(_is_length(e) for e in shape.elts) and _usual(given, facts),
            )  # fmt: skip
        elif patterns.is_call(facts, dense, "numpy.eye", "numpy.identity"):
            maker = facts.names.spell(f"scipy.sparse.eye{'_array' if kind == 'array' else ''}", call)
            if maker is not None and len(dense.args) == 1 and not dense.keywords:
                text = f'{maker}({facts.text(dense.args[0])}, format="{form}")'
                yield RULE.site(
                    facts, call, "the identity can be made sparse", facts.edits.replace(call, text),
                    certain=False,
                )  # fmt: skip


def _is_length(node: ast.expr) -> bool:
    """Whether an expression surely is a number that is not negative: other ones raise another error."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
    number = patterns.number(node)
    return isinstance(number, int) and number >= 0


def _usual(given: dict[str, ast.expr], facts: Facts) -> bool:
    """Whether the type of the entries is one that sparse matrices store."""
    if not set(given) <= {"shape", "dtype"}:
        return False
    dtype = facts.names.dotted(given["dtype"]) if "dtype" in given else "builtins.float"
    return (dtype or "").rpartition(".")[2] in _DTYPES
