"""A tensor made of an array and cast at once.

What it does
    Finds `torch.tensor(array).float()` and the like, and makes the tensor in its final type.

Why it costs memory
    The array is copied in its own type first: the copy and the cast one are alive together.

Example
    x = torch.tensor(features).float()

Use instead
    x = torch.tensor(features, dtype=torch.float)

When it is safe
    For arrays of real numbers, to the bit. Lists of numbers pass through another type on their
    way, and complex numbers cannot be given a real type; where the array is not known, only a
    run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, library, patterns
from codeopt.rule import Example, Pair, Rule

_TYPES = library.words(
    "long int bool double half bfloat16 short float int64 int32 int16 int8 uint8 float64 float32 float16"
)
_SMALL = (ast.Constant, ast.List, ast.Tuple, ast.ListComp, ast.BinOp, ast.UnaryOp, ast.JoinedStr)

RULE = Rule(
    code="MEM320",
    name="torch-tensor-then-cast",
    trust=Trust.EXACT,
    summary="an array is copied in its own type to be cast",
    triggers=("tensor(",),
    pair=Pair("T66", 12.0, 4.0),
    examples=(
        Example(
            "import numpy as np\nimport torch\n\ndef features(n):\n"
            "    return torch.tensor(np.linspace(0, 1, n)).float()\n",
            "import numpy as np\nimport torch\n\ndef features(n):\n"
            "    return torch.tensor(np.linspace(0, 1, n), dtype=torch.float)\n",
            call="features(5)",
        ),
        Example(
            "import numpy as np\nimport torch\n\ndef features(rows):\n"
            "    return torch.tensor(rows).to(torch.float32)\n",
            "import numpy as np\nimport torch\n\ndef features(rows):\n"
            "    return torch.tensor(rows, dtype=torch.float32)\n",
            call="features(np.arange(3))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(rows):\n    return torch.tensor(rows, dtype=torch.int).float()\n",
        "import torch\n\ndef f(rows):\n    return torch.tensor([1, 2]).float()\n",
        "import torch\n\ndef f(rows, x):\n    return torch.tensor(rows).to(x)\n",
        "import torch\n\ndef f(rows):\n    return torch.as_tensor(rows).float()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Casts of tensors that are made for them."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "to", "type", *_TYPES)
        if found is None or call.keywords or not patterns.is_call(facts, found[0], "torch.tensor"):
            continue
        made, dtype = found[0], _dtype(facts, call)
        if not isinstance(made, ast.Call) or len(made.args) != 1 or isinstance(made.args[0], _SMALL):
            continue
        if dtype is None or any(k.arg != "device" for k in made.keywords) or "\n" in facts.text(call):
            continue
        kind = patterns.kind(facts, made.args[0])
        if kind != "ndarray" and (kind != "unknown" or not _arrays(facts, made.args[0])):
            continue
        _, inner = facts.range(made)
        _, end = facts.range(call)
        value = facts.arrays.value(made.args[0], facts.statement(call))
        edits = [*patterns.add_argument(facts, made, f"dtype={dtype}"), Edit(inner, end, "")]
        sure = kind == "ndarray" and value.is_float
        yield RULE.site(facts, call, "the copy can have its final type", edits, certain=sure)


def _arrays(facts: Facts, node: ast.expr) -> bool:
    """Whether a value may be an array: the file knows NumPy, and it is no setting of an object."""
    return facts.names.spell("numpy") is not None and not isinstance(node, ast.Attribute)


def _dtype(facts: Facts, call: ast.Call) -> str | None:
    """The type that a cast asks for, as the file spells it."""
    attribute = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if attribute in _TYPES:
        return None if call.args else facts.names.spell(f"torch.{attribute}", call)
    dotted = facts.names.dotted(call.args[0]) if len(call.args) == 1 else None
    return facts.text(call.args[0]) if (dotted or "").removeprefix("torch.") in _TYPES else None
