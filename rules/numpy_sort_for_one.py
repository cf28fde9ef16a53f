"""A whole array is sorted to read its first or last item.

What it does
    Finds `np.sort(x)[-1]`, `np.sort(x)[0]`, `np.argsort(x)[0]` and `x.argsort()[-1]` and asks for
    the extreme itself.

Why it costs memory
    Sorting makes an array as long as the one it is given; the extreme is one number.

Example
    best = np.argsort(scores)[0]

Use instead
    best = np.argmin(scores)

When it is safe
    For arrays of one axis. Of equal items the order may choose another, and NaN sorts to the end,
    so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_EXTREMES = {("sort", 0): "min", ("sort", -1): "max", ("argsort", 0): "argmin", ("argsort", -1): "argmax"}

RULE = Rule(
    code="MEM256",
    name="np-sort-for-one",
    trust=Trust.EXACT,
    summary="a whole array is sorted to read its first or last item",
    triggers=("sort(",),
    pair=Pair("N44", 8.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x):\n    return np.sort(x)[-1], np.argsort(x)[0]\n",
            "import numpy as np\n\ndef f(x):\n    return np.max(x), np.argmin(x)\n",
            call="f(np.array([2.0, 3.0, 1.0]))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef f(scores):\n    best = scores.argsort()[-1]\n    return best\n",
            "import numpy as np\n\ndef f(scores):\n    best = np.argmax(scores)\n    return best\n",
            call="f(np.array([2.0, 3.0, 1.0]))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return np.sort(x)[-2]\n",
        "import numpy as np\n\ndef f(x):\n    return np.argsort(x)[-3:]\n",
        "import numpy as np\n\ndef f(x):\n    return np.sort(x, axis=1)[0]\n",
        "import torch\n\ndef f(x):\n    return torch.argsort(x)[0]\n",
        "import numpy as np\n\ndef f(x):\n    order = np.argsort(x)\n    return order[0], order\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """First and last items of sorted arrays."""
    for node in facts.walk(ast.Subscript):
        call, end = node.value, patterns.number(node.slice)
        if not isinstance(call, ast.Call) or end not in (0, -1) or not isinstance(node.ctx, ast.Load):
            continue
        dotted, array = facts.names.dotted(call.func), None
        found = patterns.method(call, "argsort") if dotted is None else None
        if dotted in ("numpy.sort", "numpy.argsort") and len(call.args) == 1:
            array, how = call.args[0], dotted.rpartition(".")[2]
        elif found is not None and not call.args and patterns.kind(facts, found[0]) in ("ndarray", "unknown"):
            array, how = found[0], "argsort"
        if array is None or call.keywords or isinstance(array, ast.Starred):
            continue
        spelled = facts.names.spell(f"numpy.{_EXTREMES[how, int(end)]}", node)
        if spelled is not None:
            yield RULE.site(
                facts, node, "the extreme needs no order",
                facts.edits.replace(node, f"{spelled}({facts.text(array)})"),
            )  # fmt: skip
