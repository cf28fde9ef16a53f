"""A tensor copied from an array that nobody else has.

What it does
    Finds `torch.tensor(np.stack(...))` and the like, where the array is made for the tensor
    alone, and takes it over with `torch.as_tensor`. Where the array has a name, only a run can
    tell whether somebody writes to it.

Why it costs memory
    `torch.tensor` copies: array and tensor are alive together.

Example
    batch = torch.tensor(np.stack(images))

Use instead
    batch = torch.as_tensor(np.stack(images))

When it is safe
    Where the array has no name and comes from a call that makes new memory.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, library, patterns
from codeopt.rule import Example, Pair, Rule

_SMALL = library.NUMPY_SMALL | {f"numpy.{n}" for n in library.REDUCTIONS}

RULE = Rule(
    code="MEM315",
    name="torch-tensor-of-array",
    trust=Trust.EXACT,
    summary="a tensor is copied from an array that nobody else has",
    triggers=("tensor(",),
    pair=Pair("T07", 16.0, 8.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\nimport torch\n\ndef batch(rows):\n    return torch.tensor(np.stack(rows))\n",
            "import numpy as np\nimport torch\n\ndef batch(rows):\n"
            "    return torch.as_tensor(np.stack(rows))\n",
            call="batch([np.arange(3.0), np.ones(3)])",
        ),
        Example(
            "import numpy as np\nimport torch\n\ndef batch(rows):\n"
            '    return torch.tensor(rows.astype(np.float32), device="cpu")\n',
            "import numpy as np\nimport torch\n\ndef batch(rows):\n"
            '    return torch.as_tensor(rows.astype(np.float32), device="cpu")\n',
            call="batch(np.arange(3))",
        ),
    ),
    counterexamples=(
        "import numpy as np\nimport torch\n\ndef f(rows):\n    return torch.tensor(np.asarray(rows))\n",
        "import numpy as np\nimport torch\n\ndef f(rows):\n"
        "    return torch.tensor(np.stack(rows), requires_grad=True)\n",
        "import numpy as np\nimport torch\n\ndef f(rows):\n    return torch.tensor(rows)\n",
        "import numpy as np\nimport torch\n\ndef f(rows):\n    return torch.tensor(np.mean(rows))\n",
        "import numpy as np\nimport torch\n\ndef f(rows):\n"
        "    return torch.tensor(rows.astype(np.float32, copy=False))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Copies of new arrays into tensors."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "torch.tensor") or len(call.args) != 1:
            continue
        name = facts.names.spell("torch.as_tensor", call)
        if name is None or any(k.arg not in ("dtype", "device") for k in call.keywords):
            continue
        fresh = _fresh(facts, call.args[0])
        named = isinstance(call.args[0], ast.Name) and patterns.kind(facts, call.args[0]) == "ndarray"
        if fresh or named:
            edits = facts.edits.replace(call.func, name)
            yield RULE.site(facts, call, "the array can become the tensor", edits)


def _fresh(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression is a call that makes a new array."""
    if not isinstance(node, ast.Call) or any(k.arg in ("copy", "out", None) for k in node.keywords):
        return False
    dotted = facts.names.dotted(node.func)
    if dotted is None:
        return patterns.method(node, "astype") is not None and len(node.args) < 2
    if dotted in library.NUMPY_OUT:
        return patterns.kind(facts, node) == "ndarray"
    return dotted in library.NUMPY_MAKERS and dotted not in _SMALL
