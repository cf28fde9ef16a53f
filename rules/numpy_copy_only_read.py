"""A copy that is only read.

What it does
    Finds `y = x.copy()`, `np.copy(x)` and `np.array(x)` where nothing in the function writes to
    the copy or lets it out, nor to the original while the copy is read, and reads the original.

Why it costs memory
    Original and copy are both alive: 16 MiB for an array of 8 MiB.

Example
    y = x.copy()
    return float((y * 2).sum())

Use instead
    y = x
    return float((y * 2).sum())

When it is safe
    Nobody writes to either while the copy is read, under any name and in any callee: where an
    unknown function gets one of them, only a run can tell. A copy lies in C order whatever the
    order of `x`, and sums over another order round differently; the result is exact where that
    cannot show, and close elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, copies, patterns
from codeopt.facts.copies import Fate
from codeopt.rule import Example, Pair, Rule

_NOT_ARRAYS = ("scalar", "list", "frame", "series", "module", "tensor", "sparse")

RULE = Rule(
    code="MEM225",
    name="numpy-copy-only-read",
    trust=Trust.CLOSE,
    summary="a copy is only read",
    triggers=(".copy(", "array("),
    pair=Pair("N35", 16.0, 8.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef total(x: np.ndarray):\n    y = x.copy()\n"
            "    return float((y * 2).sum())\n",
            "import numpy as np\n\ndef total(x: np.ndarray):\n    y = x\n    return float((y * 2).sum())\n",
            call="total(np.arange(12.0).reshape(3, 4).T)",
        ),
        Example(
            "import numpy as np\n\ndef distance(data, work):\n    start = np.array(data)  # as it was\n"
            "    work(data)\n    return np.abs(data - start).max()\n",
            "import numpy as np\n\ndef distance(data, work):\n    start = np.asarray(data)  # as it was\n"
            "    work(data)\n    return np.abs(data - start).max()\n",
            call="distance(np.arange(3.0), len)",
        ),
        Example(
            "import numpy as np\n\ndef spread(x):\n    return np.sort(x.copy())[-1] - np.copy(x).min()\n",
            "import numpy as np\n\ndef spread(x):\n    return np.sort(x)[-1] - np.asarray(x).min()\n",
            call="spread(np.arange(4.0))",
            sites=2,
        ),
    ),
    counterexamples=(
        "def f(x):\n    y = x.copy()\n    y[0] = 1\n    return y.sum()\n",
        "def f(x):\n    y = x.copy()\n    x += 1\n    return (x * y).sum()\n",
        "def f(x):\n    y = x.copy()\n    return y.reshape(-1)\n",
        "def f(x, out):\n    y = x.copy()\n    out.append(y)\n",
        "import numpy as np\n\ndef f(x):\n    y = np.array(x)\n    np.exp(y, out=y)\n    return y.sum()\n",
        "def f(x):\n    y = x.copy()\n    y.sort()\n    return y[0]\n",
        "import numpy as np\n\ndef f(a, b):\n    y = np.array([a, b])\n    return y.sum()\n",
        "def f(x):\n    y = x.copy()\n    return lambda: y.sum()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Copies that are named, or used at once by something that only reads them."""
    for call in facts.walk(ast.Call):
        source = _source(facts, call)
        if source is None or patterns.kind(facts, source) in _NOT_ARRAYS:
            continue
        array = patterns.kind(facts, source) == "ndarray"
        stmt, uses = facts.parent(call), list[ast.Name]()
        if isinstance(stmt, ast.Assign) and isinstance(stmt.targets[0], ast.Name):
            uses = facts.names.uses(stmt.targets[0].id, facts.function(stmt))
            what = copies.of_name(facts, stmt, source)
        else:
            what = copies.fate(facts, call)
        edits = _without_copy(facts, call, source, array)
        if edits and what <= (Fate.PASSED if uses or array else Fate.READ):
            order = not uses or copies.order_matters(facts, source, uses)
            yield RULE.site(
                facts, call, "the copy is only read", edits,
                trust=None if order else Trust.EXACT,
            )  # fmt: skip


def _source(facts: Facts, call: ast.Call) -> ast.expr | None:
    """What a call copies, if that is something with a name."""
    found = patterns.method(call, "copy")
    if patterns.is_call(facts, call, "numpy.copy", "numpy.array"):
        source = call.args[0] if call.args else None
        if len(call.args) > 2 or any(k.arg != "dtype" for k in call.keywords):
            return None
    else:
        named = found is not None and facts.names.dotted(call.func) is None
        source = found[0] if found and named and not call.args and not call.keywords else None
    node = source
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return source if isinstance(node, ast.Name) else None


def _without_copy(facts: Facts, call: ast.Call, source: ast.expr, array: bool) -> tuple[Edit, ...]:
    """The original itself, or `np.asarray` where it may not be an array yet."""
    if patterns.method(call, "copy") and facts.names.dotted(call.func) is None:
        return facts.edits.replace(call, facts.text(source))
    if array and len(call.args) == 1 and not call.keywords:
        return facts.edits.replace(call, facts.text(source))
    name = facts.names.spell("numpy.asarray", call)
    return facts.edits.replace(call.func, name) if name else ()
