"""An array is made from a list of Python floats.

What it does
    Finds `np.array([float(x) for x in xs])` and `np.array(list(map(float, xs)))`, and fills the array
    from the iterator with `np.fromiter`.

Why it costs memory
    A Python float takes 24 bytes and its place in the list 8 more; in the array it takes 8.

Example
    values = np.array([float(text) for text in column])

Use instead
    values = np.fromiter((float(text) for text in column), dtype=float)

When it is safe
    Every item is a float by the look of it (`float(...)`), so the array has one axis and double
    precision either way, empty or not. Whether there are enough of them to gain something is for a
    run to tell, unless they come from lines, files or ranges. A comprehension with `await`,
    `yield`, a walrus or `next` is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM226",
    name="np-array-of-floats",
    trust=Trust.EXACT,
    summary="an array is made from a list of Python floats",
    triggers=("array([float(", "array(list(map(float", "asarray([float("),
    pair=Pair("P13", 43.69, 7.63),
    examples=(
        Example(
            "import numpy as np\n\ndef f(xs):\n    return np.array([float(x) for x in xs if x])\n",
            "import numpy as np\n\ndef f(xs):\n"
            "    return np.fromiter((float(x) for x in xs if x), dtype=float)\n",
            call="f(['1', '', '2.5']), f([])",
        ),
        Example(
            "from numpy import asarray, fromiter\n\ndef f(xs):\n    return asarray(list(map(float, xs)))\n",
            "from numpy import asarray, fromiter\n\ndef f(xs):\n"
            "    return fromiter(map(float, xs), dtype=float)\n",
            call="f(['1', '2.5'])",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(xs):\n    return np.array([x for x in xs])\n",
        "import numpy as np\n\ndef f(xs):\n    return np.array([float(x) for x in xs], dtype=object)\n",
        "import numpy as np\n\ndef f(xs):\n    return np.array([int(x) for x in xs])\n",
        "import numpy as np\n\ndef f(xs, float):\n    return np.array([float(x) for x in xs])\n",
        "import numpy as np\n\ndef f(xs):\n    return np.array(list(map(str, xs)))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Arrays of items that are surely floats."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "numpy.array", "numpy.asarray") or len(call.args) != 1:
            continue
        spelled = facts.names.spell("numpy.fromiter", call)
        text = _items(facts, call.args[0])
        if call.keywords or spelled is None or text is None or not patterns.builtin(facts, "float"):
            continue
        message = "the list holds a Python float for every item"
        edits = facts.edits.replace(call, f"{spelled}({text}, dtype=float)")
        inner = listed.listed(facts, call.args[0])
        yield RULE.site(facts, call, message, edits, certain=listed.many(facts, inner or call.args[0]))


def _items(facts: Facts, made: ast.expr) -> str | None:
    inner = listed.listed(facts, made)
    if isinstance(inner, ast.Call) and patterns.is_call(facts, inner, "builtins.map"):
        first = inner.args[0] if inner.args else None
        floats = first is not None and facts.names.dotted(first) == "builtins.float"
        return facts.text(inner) if floats else None
    if not isinstance(made, ast.ListComp) or not listed.lazy(facts, made):
        return None
    if not patterns.is_call(facts, made.elt, "builtins.float"):
        return None
    return f"({facts.text(made)[1:-1]})"
