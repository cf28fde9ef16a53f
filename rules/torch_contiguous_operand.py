"""A transposed tensor copied for a product or a sum.

What it does
    Finds `.contiguous()` on a transposed, permuted or expanded tensor that goes straight into a
    product of matrices or a reduction, and leaves it out.

Why it costs memory
    Products and reductions read any layout; the copy in another order is alive beside the
    original.

Example
    gram = x.t().contiguous() @ x

Use instead
    gram = x.t() @ x

When it is safe
    The copy is an operand and nothing else. Another routine may add in another order, so
    results agree to rounding; a run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, library, patterns
from codeopt.rule import Example, Pair, Rule

_TURNED = library.words("t transpose permute swapaxes movedim expand expand_as mT T")
_PRODUCTS = tuple(f"torch.{n}" for n in ("matmul", "mm", "bmm", "mv", "einsum", "nn.functional.linear"))
_METHODS = library.words("matmul mm bmm mv")
_REDUCED = library.words("sum mean max min norm amax amin prod any all argmax argmin")

RULE = Rule(
    code="MEM329",
    name="torch-contiguous-operand",
    trust=Trust.CLOSE,
    summary="a transposed tensor is copied for an operation that reads any layout",
    triggers=(".contiguous()",),
    pair=Pair("X6", 8.0, 4.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef gram(x):\n    return x.t().contiguous() @ x\n",
            "import torch\n\ndef gram(x):\n    return x.t() @ x\n",
            call="gram(torch.arange(6.0).reshape(2, 3))",
        ),
        Example(
            "import torch\n\ndef gram(x):\n"
            "    return torch.bmm(x, x.transpose(1, 2).contiguous()) + x.permute(0, 2, "
            "1).contiguous().sum()\n",
            "import torch\n\ndef gram(x):\n"
            "    return torch.bmm(x, x.transpose(1, 2)) + x.permute(0, 2, 1).sum()\n",
            call="gram(torch.ones(2, 3, 4))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x):\n    return x.t().contiguous()\n",
        "import torch\n\ndef f(x):\n    return x.t().contiguous().view(-1)\n",
        "import torch\n\ndef f(x, y):\n    return x.contiguous() @ y\n",
        "import torch\n\ndef f(x, y):\n    return x.t().contiguous() + y\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Copies of turned tensors that an operation reads."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "contiguous")
        if found is None or call.args or call.keywords or not _is_turned(found[0]):
            continue
        if _is_operand(facts, call):
            edits = (Edit(facts.range(found[0])[1], facts.range(call)[1], ""),)
            if "#" not in facts.text(call):
                yield RULE.site(facts, call, "the operation reads any layout", edits)


def _is_turned(node: ast.expr) -> bool:
    target = node.func if isinstance(node, ast.Call) else node
    return isinstance(target, ast.Attribute) and target.attr in _TURNED


def _is_operand(facts: Facts, call: ast.Call) -> bool:
    """Whether a product or a reduction reads a value where it stands."""
    parent = facts.parent(call)
    if isinstance(parent, ast.BinOp):
        return isinstance(parent.op, ast.MatMult)
    if isinstance(parent, ast.Attribute):
        outer = facts.parent(parent)
        called = isinstance(outer, ast.Call) and outer.func is parent
        return called and parent.attr in _METHODS | _REDUCED
    if not isinstance(parent, ast.Call) or call not in parent.args:
        return False
    return patterns.is_call(facts, parent, *_PRODUCTS) or patterns.method(parent, *_METHODS) is not None
