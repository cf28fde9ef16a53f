"""A triangular mask built of floats.

What it does
    Finds `torch.tril(torch.ones(n, n)) == 0` and its relatives (`triu`, the methods, `!= 0`,
    `== 1`, `> 0`, `.bool()`), and builds the mask of booleans.

Why it costs memory
    The ones and their triangle have four bytes for every place, the mask has one.

Example
    hidden = torch.tril(torch.ones(n, n)) == 0

Use instead
    hidden = ~torch.tril(torch.ones(n, n, dtype=torch.bool))

When it is safe
    Always: a triangle of ones holds only zeros and ones, and nothing else reads it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM313",
    name="torch-float-mask",
    trust=Trust.EXACT,
    summary="a triangular mask is built of floats",
    triggers=(
        "tril",
        "triu",
    ),
    pair=Pair("T34", 32.0, 8.0),
    examples=(
        Example(
            "import torch\n\ndef hidden(n):\n    return torch.tril(torch.ones(n, n)) == 0\n",
            "import torch\n\ndef hidden(n):\n    return ~torch.tril(torch.ones(n, n, dtype=torch.bool))\n",
            call="hidden(4)",
        ),
        Example(
            "import torch\n\ndef seen(s, n):\n    later = torch.triu(torch.ones(n, n), 1)\n"
            "    return s.masked_fill(later == 1, -1.0)\n",
            "import torch\n\ndef seen(s, n):\n"
            "    return s.masked_fill(torch.triu(torch.ones(n, n, dtype=torch.bool), 1), -1.0)\n",
            call="seen(torch.zeros(3, 3), 3)",
        ),
        Example(
            "import torch\n\ndef ahead(n):\n    return torch.ones(n, n).triu(1).bool()\n",
            "import torch\n\ndef ahead(n):\n    return torch.ones(n, n, dtype=torch.bool).triu(1)\n",
            call="ahead(4)",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(n):\n    return torch.tril(torch.ones(n, n))\n",
        "import torch\n\ndef f(n):\n    mask = torch.tril(torch.ones(n, n))\n    return mask == 0, mask\n",
        "import torch\n\ndef f(x):\n    return torch.tril(x) == 0\n",
        "import torch\n\ndef f(n):\n    return torch.tril(torch.ones(n, n, dtype=torch.bool)) == 0\n",
        "import torch\n\ndef f(n):\n    return torch.tril(torch.ones(n, n)) == 2\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Comparisons and casts of a triangle of ones."""
    for node in facts.walk(ast.Compare, ast.Call):
        found = _asked(facts, node)
        if found is None:
            continue
        subject, negated = found
        triangle, made = patterns.value_of(facts, subject, (subject,))
        ones = _ones(facts, triangle)
        dtype = facts.names.spell("torch.bool", node)
        if ones is None or dtype is None or "\n" in facts.text(triangle):
            continue
        text = f"{facts.text(ones)[:-1].rstrip(', ')}, dtype={dtype})"
        whole = patterns.with_parts(facts, triangle, {ones: text})
        edits = facts.edits.replace(node, f"~{whole}" if negated else whole)
        edits += facts.edits.delete(made) if made is not None else ()
        yield RULE.site(facts, node, "a mask needs one byte a place, not four", edits)


def _asked(facts: Facts, node: ast.expr) -> tuple[ast.expr, bool] | None:
    """What is turned into a mask, and whether the mask is of its zeros."""
    if isinstance(node, ast.Compare):
        value = patterns.number(node.comparators[0])
        if len(node.ops) != 1 or value not in (0, 1):
            return None
        asked = {(ast.Eq, 0): True, (ast.NotEq, 0): False, (ast.Gt, 0): False, (ast.Eq, 1): False,
                 (ast.NotEq, 1): True, (ast.Lt, 1): True}  # fmt: skip
        negated = asked.get((type(node.ops[0]), int(value)))
        return None if negated is None else (node.left, negated)
    found = patterns.method(node, "bool", "to")
    if found is None or not isinstance(node, ast.Call) or node.keywords:
        return None
    to_bool = len(node.args) == 1 and facts.names.dotted(node.args[0]) == "torch.bool"
    plain = not node.args and isinstance(node.func, ast.Attribute) and node.func.attr == "bool"
    return (found[0], False) if plain or to_bool else None


def _ones(facts: Facts, node: ast.expr) -> ast.Call | None:
    """The call of `torch.ones` whose triangle a node is."""
    inner: ast.expr | None = None
    if isinstance(node, ast.Call) and patterns.is_call(facts, node, "torch.tril", "torch.triu"):
        inner = node.args[0] if node.args and not any(k.arg == "out" for k in node.keywords) else None
    elif (found := patterns.method(node, "tril", "triu")) is not None:
        inner = found[0]
    if not isinstance(inner, ast.Call) or not patterns.is_call(facts, inner, "torch.ones"):
        return None
    return inner if inner.args and all(k.arg == "device" for k in inner.keywords) else None
