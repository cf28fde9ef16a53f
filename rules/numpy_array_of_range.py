"""Numbers of a range are made one by one to be put into an array.

What it does
    Finds `np.array(range(n))`, `np.array(list(range(n)))` and `np.array([0] * n)` and makes the
    array itself.

Why it costs memory
    A list holds a pointer for every item, and a range's items are objects of their own; the array
    needs eight bytes each.

Example
    labels = np.array([1] * len(hits) + [0] * len(misses))

Use instead
    labels = np.repeat([1, 0], [len(hits), len(misses)])

When it is safe
    Where there are items. An empty list becomes an array of floats, whatever it would have held, so
    unless the type is said or the items are floats the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM257",
    name="np-array-of-range",
    trust=Trust.EXACT,
    summary="numbers are made one by one to be put into an array",
    triggers=("array(",),
    pair=Pair("N45", 32.0, 16.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(n):\n    return np.array(range(n)), np.asarray(list(range(2, n)))\n",
            "import numpy as np\n\ndef f(n):\n    return np.arange(n), np.arange(2, n)\n",
            call="f(5)",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef f(a, b):\n    y = np.array([1] * len(a) + [0] * len(b))\n"
            "    return y, np.array([0.5] * len(a), dtype=np.float32)\n",
            "import numpy as np\n\ndef f(a, b):\n    y = np.repeat([1, 0], [len(a), len(b)])\n"
            "    return y, np.full(len(a), 0.5, dtype=np.float32)\n",
            call="f([1, 2], [3])",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(xs):\n    return np.array([xs] * 3)\n",
        "import numpy as np\n\ndef f():\n    return np.array(range(9))\n",
        "import numpy as np\n\ndef f(n):\n    return np.array([0, 1] * n)\n",
        'import numpy as np\n\ndef f(n):\n    return np.array(["a"] * n)\n',
        "import numpy as np\n\ndef f(n):\n    return np.array([i * i for i in range(n)])\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Arrays of ranges and of one number many times."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "numpy.array", "numpy.asarray") or len(call.args) != 1:
            continue
        if {k.arg for k in call.keywords} - {"dtype"} or listed.short(facts, call.args[0]):
            continue
        made = _range(facts, call.args[0]) or _repeats(facts, call.args[0])
        if made is None:
            continue
        function, arguments = made
        spelled = facts.names.spell(f"numpy.{function}", call)
        # `repeat` takes no type, and `arange` may count in the type it is given.
        if spelled is None or (call.keywords and function != "full"):
            continue
        words = [arguments, *(f"dtype={facts.text(k.value)}" for k in call.keywords)]
        yield RULE.site(
            facts, call, "the array can be made without the list",
            facts.edits.replace(call, f"{spelled}({', '.join(words)})"),
        )  # fmt: skip


def _range(facts: Facts, node: ast.expr) -> tuple[str, str] | None:
    inner = listed.listed(facts, node) or node
    if not isinstance(inner, ast.Call) or not patterns.is_call(facts, inner, "builtins.range"):
        return None
    if listed.short(facts, inner) or any(isinstance(a, ast.Starred) for a in inner.args):
        return None
    return "arange", ", ".join(facts.text(a) for a in inner.args)


def _repeats(facts: Facts, node: ast.expr) -> tuple[str, str] | None:
    """The call for `[a] * n + [b] * m`."""
    terms = _terms(node)
    pairs = [_repeat(term) for term in terms]
    known = [pair for pair in pairs if pair is not None]
    if len(known) != len(pairs):
        return None
    values = [value for value, _ in known]
    times = [facts.text(count) for _, count in known]
    if len({type(v.value) for v in values}) > 1 or any("\n" in t for t in times):
        return None
    if len(known) == 1:
        return "full", f"{times[0]}, {facts.text(values[0])}"
    numbers = ", ".join(facts.text(v) for v in values)
    return "repeat", f"[{numbers}], [{', '.join(times)}]"


def _terms(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _repeat(node: ast.expr) -> tuple[ast.Constant, ast.expr] | None:
    """Value and count of `[value] * count` for a number or a truth value that is written out."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return None
    if not isinstance(node.left, ast.List) or len(node.left.elts) != 1 or isinstance(node.right, ast.List):
        return None
    value = node.left.elts[0]
    number = isinstance(value, ast.Constant) and isinstance(value.value, (int, float))
    small = patterns.number(node.right)
    return (value, node.right) if number and (small is None or small > 100) else None  # type: ignore[return-value]
