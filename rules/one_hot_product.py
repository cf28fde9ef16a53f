"""A one-hot matrix built only to pick rows.

What it does
    Finds `np.eye(n)[labels] @ table` and `F.one_hot(labels, n).float() @ table` and takes the
    rows by index.

Why it costs memory
    The one-hot matrix has a number for every label and every class, one of which is not zero.

Example
    embedded = np.eye(len(table))[tokens] @ table

Use instead
    embedded = table[tokens]

When it is safe
    Labels lie between zero and the number of rows, and the table is finite: a NaN or an
    infinity spreads over every row of the product, and over the picked rows only; one alternative
    asks for that. Values and gradients agree to rounding. What the labels hold only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM223",
    name="one-hot-product",
    trust=Trust.CLOSE,
    summary="a one-hot matrix is built only to pick rows",
    triggers=("eye(", "identity(", "one_hot("),
    pair=Pair("T08", 24.00, 1.00),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef embed(tokens, table):\n"
            "    return np.eye(len(table))[tokens] @ table\n",
            "import numpy as np\n\ndef embed(tokens, table):\n    return table[tokens]\n",
            call="embed(np.array([2, 0, 1, 1]), np.arange(12.0).reshape(3, 4))",
            sites=2,
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef embed(tokens, table):\n"
            "    onehot = F.one_hot(tokens, table.shape[0]).float()\n"
            "    return torch.matmul(onehot, table)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef embed(tokens, table):\n"
            "    return table[tokens]\n",
            call="embed(torch.tensor([2, 0, 1, 1]), torch.arange(12.0).reshape(3, 4))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(n, table):\n    return np.eye(n) @ table\n",
        "import numpy as np\n\ndef f(y, n, table):\n    h = np.eye(n)[y]\n    return h @ table, h\n",
        "import numpy as np\n\ndef f(y, n, table):\n    return table @ np.eye(n)[y]\n",
        "import numpy as np\n\ndef f(y, n, k, table):\n    return np.eye(n, k)[y] @ table\n",
        "import numpy as np\n\ndef f(y, n, table):\n    return np.eye(n)[y] * table\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Products whose left factor is a one-hot matrix made for them alone."""
    for node in facts.walk(ast.BinOp, ast.Call):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            left, table = node.left, node.right
        elif isinstance(node, ast.Call) and len(node.args) == 2 and not node.keywords:
            if not patterns.is_call(facts, node, "numpy.dot", "numpy.matmul", "torch.matmul"):
                continue
            left, table = node.args
        else:
            continue
        source, made = patterns.value_of(facts, left, (left,))
        labels = _labels(facts, source)
        if labels is not None and patterns.pure(facts, table):
            message, drop = "the rows can be taken by index", facts.edits.delete(made) if made else ()
            picked = f"{patterns.operand(facts, table)}[{facts.text(labels)}]"
            edits = (*facts.edits.replace(node, picked), *drop)
            yield RULE.site(facts, node, message, edits, group="ways")
            guarded = _guarded(facts, node, left, source, table, picked)
            if guarded:
                edits, label = (*guarded, *drop), "where the table is finite"
                yield RULE.site(facts, node, message, edits, group="ways", label=label)


def _guarded(
    facts: Facts, node: ast.expr, left: ast.expr, source: ast.expr, table: ast.expr, picked: str
) -> tuple[Edit, ...]:
    """Edits that take the rows only where no NaN or infinity of the table can spread."""
    finite, kind = (facts.names.spell(f"numpy.{name}", node) for name in ("isfinite", "result_type"))
    if not finite or not kind or not patterns.plain(table) or not isinstance(source, ast.Subscript):
        return ()
    name, product = facts.text(table), patterns.with_parts(facts, node, {left: facts.text(source)})
    cast = f"{picked}.astype({kind}(float, {name}), copy=False)"
    return facts.edits.either(node, f"{finite}({name}).all()", cast, product)


def _labels(facts: Facts, node: ast.expr) -> ast.expr | None:
    """The labels that a one-hot matrix is made of."""
    cast = patterns.method(node, "float", "double", "to", "type", "astype")
    if cast is not None:
        node = cast[0]
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Call):
        square = patterns.is_call(facts, node.value, "numpy.eye", "numpy.identity", "torch.eye")
        plain = len(node.value.args) == 1 and not isinstance(node.slice, (ast.Slice, ast.Tuple))
        return node.slice if square and plain and patterns.pure(facts, node.slice) else None
    if isinstance(node, ast.Call) and patterns.is_call(facts, node, "torch.nn.functional.one_hot"):
        return node.args[0] if node.args and patterns.pure(facts, node.args[0]) else None
    return None
