"""Distances of all pairs by broadcasting.

What it does
    Finds `((x[:, None] - y) ** 2).sum(-1)`, `np.linalg.norm(x[:, None] - y, axis=-1)` and
    `np.abs(x[:, None] - y).sum(-1)`, and uses `scipy.spatial.distance.cdist`.

Why it costs memory
    The differences have n times m times d numbers, the distances n times m.

Example
    distances = ((x[:, None, :] - y[None, :, :]) ** 2).sum(axis=-1)

Use instead
    distances = cdist(x, y, "sqeuclidean")

When it is safe
    `x` and `y` have two axes and double precision: the sums are the same but for the last place.
    Other types come back as doubles: a proof by running decides. SciPy must be there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, pairwise, patterns
from codeopt.rule import Example, Pair, Rule

_IMPORT = "from scipy.spatial.distance import cdist"

RULE = Rule(
    code="MEM237",
    name="np-pairwise-distance",
    trust=Trust.CLOSE,
    summary="distances of all pairs are made by broadcasting",
    triggers=("None", "newaxis"),
    pair=Pair("N13", 44.63, 0.69),
    search_only=True,
    examples=(
        Example(
            "from scipy.spatial.distance import cdist\nimport numpy as np\n\ndef f(x, y):\n"
            "    return ((x[:, None, :] - y[None]) ** 2).sum(axis=-1)\n",
            "from scipy.spatial.distance import cdist\nimport numpy as np\n\ndef f(x, y):\n"
            '    return cdist(x, y, "sqeuclidean")\n',
            call="f(np.arange(12.0).reshape(4, 3), np.eye(3))",
        ),
        Example(
            "import numpy as np\n\ndef f(x, y):\n    near = np.linalg.norm(x[:, None] - y, axis=2)\n"
            "    return near, np.abs(x[:, np.newaxis] - y).sum(axis=-1)\n",
            "import numpy as np\nfrom scipy.spatial.distance import cdist\n\ndef f(x, y):\n"
            '    near = cdist(x, y)\n    return near, cdist(x, y, "cityblock")\n',
            call="f(np.arange(12.0).reshape(4, 3), np.eye(3))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, y):\n    return ((x[:, None] - y) ** 2).sum(axis=1)\n",
        "import numpy as np\n\ndef f(x, y):\n    return (x[:, None] - y) ** 2\n",
        "import numpy as np\n\ndef f(x, y):\n    return ((x[:, None] + y) ** 2).sum(axis=-1)\n",
        "import numpy as np\n\ndef f(x, y):\n    return np.linalg.norm(x[:, None] - y, 1, axis=-1)\n",
        "import torch\n\ndef f(x, y):\n    return ((x[:, None] - y) ** 2).sum(-1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions of the differences of all pairs over their last axis."""
    for call in facts.walk(ast.Call):
        found = _gap(facts, call)
        parts = _pairs(found[0]) if found is not None else None
        if found is None or parts is None or facts.names.spell("numpy", call) is None:
            continue
        if any(patterns.kind(facts, p) not in ("ndarray", "unknown") for p in parts):
            continue
        spelled = facts.names.spell("scipy.spatial.distance.cdist", call)
        metric = f', "{found[1]}"' if found[1] else ""
        text = f"{spelled or 'cdist'}({facts.text(parts[0])}, {facts.text(parts[1])}{metric})"
        yield RULE.site(
            facts, call, "the differences of all pairs are held to be added up",
            facts.edits.replace(call, text), imports=() if spelled else (_IMPORT,),
        )  # fmt: skip


def _gap(facts: Facts, call: ast.Call) -> tuple[ast.expr, str] | None:
    """The differences that a call reduces, and the name of the distance."""
    if patterns.is_call(facts, call, "numpy.linalg.norm"):
        given = patterns.arguments(call, "x", "ord", "axis") or {}
        whole = set(given) == {"x", "axis"} and patterns.number(given["axis"]) in (-1, 2)
        return (given["x"], "") if whole else None
    found = patterns.reduction(facts, call, "sum")
    if found is None or set(found[1]) != {"axis"} or patterns.number(found[1]["axis"]) not in (-1, 2):
        return None
    inner = found[0]
    if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Pow):
        return (inner.left, "sqeuclidean") if patterns.number(inner.right) == 2 else None
    if isinstance(inner, ast.Call) and len(inner.args) == 1 and not inner.keywords:
        names = {"numpy.square": "sqeuclidean", "numpy.abs": "cityblock", "numpy.absolute": "cityblock"}
        metric = names.get(facts.names.dotted(inner.func) or "")
        return (inner.args[0], metric) if metric else None
    return None


def _pairs(gap: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """The two sets whose differences these are."""
    if not isinstance(gap, ast.BinOp) or not isinstance(gap.op, ast.Sub):
        return None
    rows, other = gap.left, gap.right
    if not isinstance(rows, ast.Subscript) or not pairwise.is_rows(rows):
        return None
    if isinstance(other, ast.Subscript):
        first = next(iter(other.slice.elts), other) if isinstance(other.slice, ast.Tuple) else other.slice
        new = isinstance(first, ast.Constant) and first.value is None
        if not new and not (isinstance(first, ast.Attribute) and first.attr == "newaxis"):
            return None
        other = other.value
    return (rows.value, other) if patterns.plain(other) else None
