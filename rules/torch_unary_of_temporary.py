"""A function of a value that nothing else will read.

What it does
    Finds `torch.sqrt(a / b)` and the like: a function whose argument is a sum, product or
    quotient without a name. The function then works in the memory of that value.

Why it costs memory
    PyTorch keeps the nameless value while it makes the result: two tensors instead of one.

Example
    std = torch.sqrt(total / count)

Use instead
    std = torch.sqrt_(total / count)

When it is safe
    Where the value is a table and floating for certain, and neither its own gradient nor autocast depends
    on it: sums, products and quotients keep their operands, not their result. `exp` changes
    type under autocast unless it works in place, and roots are mostly taken of statistics that
    are too small to matter, so these are left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, library, stages, tensors
from codeopt.rule import Example, Pair, Rule

_SURE = library.words("sigmoid tanh relu")
_CAST = library.words("sqrt exp expm1")
_NUMBERS = library.words("item numel size dim tensor scalar_tensor")
_REDUCED = library.words("sum mean max min norm var std prod amax amin dot")
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)

RULE = Rule(
    code="MEM316",
    name="torch-unary-of-temporary",
    trust=Trust.EXACT,
    summary="a function leaves a nameless value of its size behind",
    triggers=("torch.",),
    pair=Pair("T62", 8.0, 4.0),
    examples=(
        Example(
            "import torch\n\ndef spread(total, count):\n    return torch.sqrt(total / count)\n",
            "import torch\n\ndef spread(total, count):\n    return torch.sqrt_(total / count)\n",
            call="spread(torch.arange(5.0), 3)",
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef gate(x, y):\n"
            "    return torch.sigmoid(0.5 * x + y) + F.relu(y - 1.5)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef gate(x, y):\n"
            "    return torch.sigmoid_(0.5 * x + y) + torch.relu_(y - 1.5)\n",
            call="gate(torch.arange(5.0), torch.ones(5))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(x):\n    return torch.sqrt(x)\n",
        "import torch\n\ndef f(x):\n    return torch.sqrt(torch.exp(x))\n",
        "import torch\n\ndef f(x, out):\n    return torch.sqrt(x / 2, out=out)\n",
        "import math\n\ndef f(x):\n    return math.sqrt(x / 2)\n",
        "import torch\n\ndef f(x):\n    return torch.sqrt(torch.tensor(2.0) * 3)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Functions of nameless arithmetic."""
    for call in facts.walk(ast.Call):
        prefix, _, function = (facts.names.dotted(call.func) or "").rpartition(".")
        if function not in _SURE | _CAST or prefix not in ("torch", "torch.nn.functional"):
            continue
        if len(call.args) != 1 or call.keywords or not _is_temporary(call.args[0]) or _is_small(call.args[0]):
            continue
        name = facts.names.spell(f"torch.{function}_", call)
        if name is not None:
            edits = facts.edits.replace(call.func, name)
            sure = function in _SURE and tensors.floating(facts, call.args[0])
            sure = sure and facts.axes.is_table(call.args[0], facts.statement(call))
            sure = sure and stages.is_last(facts, call) and stages.is_one_step(facts, call.args[0])
            yield RULE.site(facts, call, "the nameless value can be overwritten", edits, certain=sure)


def _is_temporary(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, (ast.Name, ast.Attribute)) or _is_temporary(node.operand)
    return isinstance(node, ast.BinOp) and isinstance(node.op, _ARITHMETIC)


def _is_small(node: ast.expr) -> bool:
    """Whether everything an expression is made of is a number or a reduction, as far as it shows."""
    if isinstance(node, ast.BinOp):
        return _is_small(node.left) and _is_small(node.right)
    if isinstance(node, ast.UnaryOp):
        return _is_small(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in _NUMBERS or (node.func.attr in _REDUCED and not node.args)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Subscript) and _is_small(node.value))
