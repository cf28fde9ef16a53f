"""Arrays are stacked to be reduced to one.

What it does
    Finds `np.stack([a, b]).sum(axis=0)`, `np.mean([a, b], axis=0)`, `np.max([a, b], axis=0)` of two to
    four named arrays, and combines the arrays themselves.

Why it costs memory
    The stack is a copy of all of them.

Example
    average = np.mean([first, second], axis=0)

Use instead
    average = (first + second) / 2

When it is safe
    For arrays of one shape and float type: the sum goes over the stack in the same order. Lists and
    booleans add up to something else: a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_STACKS = ("numpy.stack", "numpy.array", "numpy.asarray")
_UFUNCS = {"max": "maximum", "amax": "maximum", "min": "minimum", "amin": "minimum"}

RULE = Rule(
    code="MEM234",
    name="np-stack-then-reduce",
    trust=Trust.EXACT,
    summary="arrays are stacked to be reduced to one",
    triggers=("axis=0",),
    pair=Pair("N33", 16.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(a, b):\n"
            "    return np.stack([a, b]).sum(axis=0), np.mean([a, b], axis=0)\n",
            "import numpy as np\n\ndef f(a, b):\n    return a + b, (a + b) / 2\n",
            call="f(np.arange(3.0), np.ones(3))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef f(a, b, c):\n    return np.max(np.array([a, b, c]), axis=0)\n",
            "import numpy as np\n\ndef f(a, b, c):\n    return np.maximum(np.maximum(a, b), c)\n",
            call="f(np.arange(3.0), np.ones(3), np.zeros(3))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(a, b):\n    return np.stack([a, b]).sum(axis=1)\n",
        "import numpy as np\n\ndef f(a, b):\n    return np.stack([a, b], axis=1).sum(axis=0)\n",
        "import numpy as np\n\ndef f(xs):\n    return np.mean(xs, axis=0)\n",
        "import numpy as np\n\ndef f(a, b):\n    return np.std([a, b], axis=0)\n",
        "import numpy as np\n\ndef f(a):\n    return np.sum([a, 1], axis=0)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions over the first axis of a stack of names."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "sum", "mean", *_UFUNCS)
        if found is None or set(found[1]) != {"axis"} or patterns.number(found[1]["axis"]) != 0:
            continue
        stack, name = found[0], call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if isinstance(stack, ast.Call):
            plain = patterns.is_call(facts, stack, *_STACKS) and len(stack.args) == 1 and not stack.keywords
            stack = stack.args[0] if plain else stack
        if not isinstance(stack, (ast.List, ast.Tuple)) or not 2 <= len(stack.elts) <= 4:
            continue
        if not all(isinstance(e, ast.Name) for e in stack.elts):
            continue
        text = _combined(facts, [facts.text(e) for e in stack.elts], name, call)
        if text is not None:
            edits = facts.edits.replace(call, text)
            yield RULE.site(facts, call, "the stack copies all arrays", edits)


def _combined(facts: Facts, names: list[str], reducer: str, at: ast.AST) -> str | None:
    total = " + ".join(names)
    if reducer in ("sum", "mean"):
        return total if reducer == "sum" else f"({total}) / {len(names)}"
    spelled = facts.names.spell(f"numpy.{_UFUNCS[reducer]}", at) if reducer in _UFUNCS else None
    if spelled is None:
        return None
    text = names[0]
    for name in names[1:]:
        text = f"{spelled}({text}, {name})"
    return text
