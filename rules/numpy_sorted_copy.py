"""A new array is copied to be sorted.

What it does
    Finds `y = np.sort(...)` of an array that is made in the same expression, and `x = np.sort(x)`
    where the function alone holds `x`, and sorts it where it is; `permutation` becomes `shuffle`.

Why it costs memory
    `np.sort` and `permutation` work on a copy; the array they were given is dropped a moment later.

Example
    distances = np.sort(np.abs(values - middle))

Use instead
    distances = np.abs(values - middle)
    distances.sort()

When it is safe
    Nothing else holds the array; a shuffle draws the same numbers as a permutation. That it is an
    array, and no handful, a run has to show.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_SMALL = 4096
_MASKS = ("numpy.isnan", "numpy.isfinite", "numpy.isinf", "numpy.logical_and", "numpy.logical_not")

RULE = Rule(
    code="MEM255",
    name="np-sorted-copy",
    trust=Trust.EXACT,
    summary="a new array is copied to be sorted or shuffled",
    triggers=("sort(", "permutation("),
    pair=Pair("N17", 16.0, 8.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(n):\n    y = np.sort(np.zeros(n) + 1)\n    return y\n",
            "import numpy as np\n\ndef f(n):\n    y = np.zeros(n) + 1\n    y.sort()\n    return y\n",
            call="f(4)",
        ),
        Example(
            "import numpy as np\n\ndef f(a, b):\n    x = np.concatenate([a, b])\n"
            "    x = np.sort(x, axis=0)\n    return x\n",
            "import numpy as np\n\ndef f(a, b):\n    x = np.concatenate([a, b])\n"
            "    x.sort(axis=0)\n    return x\n",
            call="f(np.ones((2, 2)), np.zeros((1, 2)))",
        ),
        Example(
            "import numpy as np\n\ndef f(x):\n    kept = np.sort(x[~np.isnan(x)])\n    return kept[0]\n",
            "import numpy as np\n\ndef f(x):\n    kept = x[~np.isnan(x)]\n    kept.sort()\n"
            "    return kept[0]\n",
            call="f(np.array([2.0, np.nan, 1.0]))",
        ),
        Example(
            "import numpy as np\n\ndef f(n):\n    np.random.seed(0)\n    x = np.linspace(0, 1, n) * 2\n"
            "    x = np.random.permutation(x)\n    return x, np.random.random()\n",
            "import numpy as np\n\ndef f(n):\n    np.random.seed(0)\n    x = np.linspace(0, 1, n) * 2\n"
            "    np.random.shuffle(x)\n    return x, np.random.random()\n",
            call="f(50)",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(n):\n    order = np.random.permutation(n + 1)\n    return order\n",
        "import numpy as np\n\ndef f(x):\n    x = np.sort(x)\n    return x\n",
        "import numpy as np\n\ndef f(n):\n    x = np.zeros(n)\n    y = np.sort(x)\n    return x, y\n",
        "import numpy as np\n\ndef f(xs):\n    y = np.sort([x for x in xs])\n    return y\n",
        "import numpy as np\n\ndef f(n):\n    y = np.sort(np.zeros((n, n)), axis=None)\n    return y\n",
        "import numpy as np\n\ndef f():\n    y = np.sort(np.random.rand(13))\n    return y\n",
        "import numpy as np\n\ndef f(x):\n    y = np.sort(x[2:])\n    return y\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Sorted copies of arrays that nothing else holds."""
    for stmt in facts.walk(ast.Assign):
        call, target = stmt.value, stmt.targets[0]
        if len(stmt.targets) != 1 or not isinstance(target, ast.Name) or not isinstance(call, ast.Call):
            continue
        made, text = _ordered(facts, call, target.id)
        if made is None or not _may_be_alone(facts, made, target, stmt) or _is_small(facts, made):
            continue
        # A number may stand for a range.
        shuffled = not patterns.is_call(facts, call, "numpy.sort")
        if shuffled and facts.arrays.value(made, stmt).kind != "ndarray":
            continue
        edits = _edits(facts, stmt, made, text)
        yield RULE.site(facts, call, "the array can be put in order where it is", edits)


def _ordered(facts: Facts, call: ast.Call, name: str) -> tuple[ast.expr | None, str]:
    """What a call sorts or shuffles a copy of, and the text that does so in place under a name."""
    if patterns.is_call(facts, call, "numpy.sort"):
        given = patterns.arguments(call, "a", "axis", "kind")
        made = given.pop("a", None) if given is not None else None
        axis = given.get("axis") if given else None
        if given is None or (isinstance(axis, ast.Constant) and axis.value is None):
            return None, ""
        words = ", ".join(f"{key}={facts.text(value)}" for key, value in given.items())
        return made, f"{name}.sort({words})"
    if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred):
        return None, ""
    if patterns.is_call(facts, call, "numpy.random.permutation"):
        spelled = facts.names.spell("numpy.random.shuffle", call)
        return (call.args[0], f"{spelled}({name})") if spelled else (None, "")
    found = patterns.method(call, "permutation") if facts.names.dotted(call.func) is None else None
    if found is None or not patterns.plain(found[0]):
        return None, ""
    return call.args[0], f"{facts.text(found[0])}.shuffle({name})"


def _edits(facts: Facts, stmt: ast.Assign, made: ast.expr, sorting: str) -> tuple[Edit, ...]:
    if isinstance(made, ast.Name):
        return facts.edits.replace_statement(stmt, [sorting])
    edits = facts.edits.replace(stmt.value, facts.text(made))
    return (*edits, *facts.edits.insert_after(stmt, sorting))


def _may_be_alone(facts: Facts, made: ast.expr, target: ast.Name, stmt: ast.Assign) -> bool:
    """Whether nothing else holds what may be an array."""
    function = facts.function(stmt)
    if isinstance(made, ast.Name):
        if made.id != target.id or not isinstance(function, DEFS):
            return False
        owner = facts.aliases.owner(made.id, stmt, function)
    elif _selection(facts, made):
        return True
    else:
        owner = facts.aliases.fresh(made)
    value = facts.arrays.value(made, stmt)
    return owner.owned and value.kind in ("ndarray", "unknown") and value.rank != 0


def _is_small(facts: Facts, made: ast.expr) -> bool:
    """Whether an expression is made of nothing but a few numbers that are written out."""
    names = [n for n in facts.under(made) if isinstance(n, ast.Name)]
    numbers = [n.value for n in facts.under(made) if isinstance(n, ast.Constant)]
    known = all(facts.names.dotted(n) is not None for n in names)
    return known and all(isinstance(n, (int, float)) and n < _SMALL for n in numbers)


def _selection(facts: Facts, made: ast.expr) -> bool:
    """Whether an expression selects by a mask: such a selection is a copy."""
    if not isinstance(made, ast.Subscript):
        return False
    mask = made.slice
    while isinstance(mask, ast.UnaryOp) and isinstance(mask.op, ast.Invert):
        mask = mask.operand
    both = isinstance(mask, ast.BinOp) and isinstance(mask.op, (ast.BitAnd, ast.BitOr))
    return both or isinstance(mask, ast.Compare) or patterns.is_call(facts, mask, *_MASKS)
