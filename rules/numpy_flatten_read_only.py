"""A flattened copy that is only read.

What it does
    Finds `x.flatten()` whose result goes straight into a computation and makes it `x.ravel()`.

Why it costs memory
    `flatten` always copies; `ravel` copies only what has no contiguous view.

Example
    total = image.flatten().sum()

Use instead
    total = image.ravel().sum()

When it is safe
    The result is read by the same expression and nothing can write to it or keep it. Both give
    the elements in the same order, so the numbers are the same to the bit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, library, patterns
from codeopt.rule import Example, Pair, Rule

_METHODS = frozenset(
    [
        "sum",
        "mean",
        "std",
        "var",
        "min",
        "max",
        "prod",
        "argmax",
        "argmin",
        "argsort",
        "all",
        "any",
        "dot",
        "cumsum",
        "tolist",
    ]
)
_GIVES_BACK = library.VIEW_CALLS | {"builtins.max", "builtins.min", "builtins.sum", "numpy.array"}

RULE = Rule(
    code="MEM214",
    name="np-flatten-read-only",
    trust=Trust.EXACT,
    summary="a flattened copy is only read",
    triggers=(".flatten()",),
    pair=Pair("N10", 7.63, 0.00),
    search_only=True,
    examples=(
        Example(
            "def total(image):\n    return image.flatten().sum()\n",
            "def total(image):\n    return image.ravel().sum()\n",
            call="total(__import__('numpy').eye(9))",
        ),
        Example(
            "import numpy as np\n\ndef counts(a, b):\n"
            "    return np.histogram(a.flatten(), 10)[0], a.flatten() - b.flatten()\n",
            "import numpy as np\n\ndef counts(a, b):\n"
            "    return np.histogram(a.ravel(), 10)[0], a.ravel() - b.ravel()\n",
            call="counts(np.eye(5), np.ones((5, 5)).T)",
            sites=3,
        ),
    ),
    counterexamples=(
        "def f(x):\n    return x.flatten()\n",
        "import numpy as np\n\ndef f(x):\n    return np.asarray(x.flatten())\n",
        "def f(x, out):\n    out.append(x.flatten())\n",
        "def f(x):\n    return x.flatten('F').sum()\n",
        "def f(x):\n    y = x.flatten()\n    y[0] = 1\n    return y\n",
        "import torch\n\ndef f(t: torch.Tensor):\n    return t.flatten().tolist()\n",
        "from torch import nn\n\ndef f(x):\n    return nn.functional.relu(x.flatten(), inplace=True)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Copies by `flatten()` that a computation reads at once."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "flatten")
        if found is None or call.args or call.keywords or not _only_read(facts, call):
            continue
        # `flatten` of a tensor copies no more than `ravel` does.
        kind = facts.arrays.value(found[0], facts.statement(call)).kind
        if kind == "tensor":
            continue
        name = call.func
        end = facts.range(name)[1]
        edit = Edit(end - len("flatten"), end, "ravel")
        yield RULE.site(facts, call, "the flattened copy is only read", (edit,))


def _only_read(facts: Facts, node: ast.Call) -> bool:
    parent = facts.parent(node)
    match parent:
        case ast.BinOp() | ast.Compare():
            return not isinstance(getattr(parent, "op", None), ast.Mod)
        case ast.Attribute():
            outer = facts.parent(parent)
            called = isinstance(outer, ast.Call) and outer.func is parent
            return called and parent.attr in _METHODS
        case ast.List() | ast.Tuple():
            joined = (
                "numpy.concatenate",
                "numpy.hstack",
                "numpy.stack",
                "numpy.vstack",
                "numpy.column_stack",
            )
            outer = facts.parent(parent)
            return isinstance(outer, ast.Call) and facts.names.dotted(outer.func) in joined
        case ast.Call():
            dotted = facts.names.dotted(parent.func) or ""
            # torch may give its input back where NumPy computes a new array.
            known = dotted in library.READERS and not dotted.startswith("torch.")
            return (
                known and dotted not in _GIVES_BACK and not {"out", None} & {k.arg for k in parent.keywords}
            )
    return False
