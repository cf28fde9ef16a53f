"""A product built only to be summed.

What it does
    Finds `(a * b).sum(axis=-1)` and `(a ** 2).sum(axis=1)` and adds up the products as they are
    made, by `np.einsum`; without an axis by `np.vdot`.

Why it costs memory
    The product has the full shape of its factors and is dropped once summed.

Example
    scores = (queries * keys).sum(axis=-1)

Use instead
    scores = np.einsum("...i,...i->...", queries, keys)

When it is safe
    For float arrays whose last axis is the one summed. The order of additions changes, so
    results agree to rounding only; narrow integers and masks would be summed in their own
    type. A run has to prove it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM211",
    name="np-product-then-sum",
    trust=Trust.CLOSE,
    summary="a product is built only to be summed",
    triggers=("sum",),
    pair=Pair("N28", 7.64, 0.01),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef scores(a, b):\n    return (a * b).sum(axis=-1)\n",
            'import numpy as np\n\ndef scores(a, b):\n    return np.einsum("...i,...i->...", a, b)\n',
            call="scores(np.random.default_rng(0).random((50, 7)), np.random.default_rng(1).random(7))",
        ),
        Example(
            "import numpy as np\n\ndef lengths(a, c):\n    return np.sqrt(np.sum((a - c) ** 2, axis=1))\n",
            "import numpy as np\n\ndef lengths(a, c):\n"
            '    return np.sqrt(np.einsum("...i,...i->...", factor := a - c, factor))\n',
            call="lengths(np.random.default_rng(0).random((50, 7)), np.random.default_rng(1).random(7))",
        ),
        Example(
            "import numpy as np\n\ndef energy(a):\n    return np.sum(a * a)\n",
            "import numpy as np\n\ndef energy(a):\n    return np.vdot(a, a)\n",
            call="energy(np.random.default_rng(0).random((50, 7)))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(a, b):\n    return (a * b).sum(axis=0)\n",
        "import numpy as np\n\ndef f(a):\n    return (2 * a).sum(axis=1)\n",
        "import numpy as np\n\ndef f(a):\n    return (a ** 3).sum()\n",
        "import numpy as np\n\ndef f(a, b):\n    return (a * b).sum(axis=1, keepdims=True)\n",
        "import numpy as np\n\ndef f(a, b):\n    return (a[:, None] * b).sum(-1)\n",
        "import numpy as np\n\ndef f(a, m):\n    return ((a > 0) * a).sum(-1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sums over the last axis, or over all, of a product or a square."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "sum")
        if found is None or not set(found[1]) <= {"axis"}:
            continue
        axis = patterns.number(found[1].get("axis"))
        if "axis" in found[1] and axis not in (-1, 1):
            continue
        factors = _factors(facts, found[0], call)
        name = facts.names.spell("numpy.vdot" if axis is None else "numpy.einsum", call)
        if factors is None or name is None:
            continue
        pattern = "" if axis is None else '"...i,...i->...", '
        yield RULE.site(
            facts, call, "the product is built only to be summed",
            facts.edits.replace(call, f"{name}({pattern}{factors[0]}, {factors[1]})"),
            )  # fmt: skip


def _factors(facts: Facts, product: ast.expr, call: ast.Call) -> tuple[str, str] | None:
    """The two factors as texts; an expression that is squared gets a name on the way."""
    if not isinstance(product, ast.BinOp):
        return None
    left, right = product.left, product.right
    if isinstance(product.op, ast.Pow) and patterns.number(right) == 2:
        if patterns.plain(left):
            return facts.text(left), facts.text(left)
        if not isinstance(left, ast.BinOp) or _pairwise(left) or not patterns.can_hoist(facts, call):
            return None
        name = facts.names.fresh_name("factor", call)
        return f"{name} := {facts.text(left)}", name
    if not isinstance(product.op, ast.Mult) or _pairwise(product):
        return None
    if any(not isinstance(e, (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp)) for e in (left, right)):
        return None
    return facts.text(left), facts.text(right)


def _pairwise(node: ast.expr) -> bool:
    """Whether operands are widened by `None` axes or are numbers: a table of pairs is another matter."""
    parts = list(ast.walk(node))
    widened = any(isinstance(n, ast.Constant) and n.value is None for n in parts)
    return widened or any(isinstance(n, ast.Attribute) and n.attr == "newaxis" for n in parts)
