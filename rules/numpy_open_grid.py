"""A whole grid of coordinates is made where two axes would meet by broadcasting.

What it does
    Finds `x, y = np.meshgrid(a, b)`, `y, x = np.mgrid[:h, :w]` and `np.indices(shape)` whose
    parts only ever meet one another in element-by-element arithmetic, and makes open grids.

Why it costs memory
    Every part repeats its axis to the size of the whole grid, and what is computed of one part
    alone has that size too.

Example
    x, y = np.meshgrid(columns, rows)
    distance = np.sqrt((x - cx) ** 2 + (y - cy) ** 2)

Use instead
    x, y = np.meshgrid(columns, rows, sparse=True)
    distance = np.sqrt((x - cx) ** 2 + (y - cy) ** 2)

When it is safe
    Each element is computed of the same numbers by the same operations, so the bits are the same.
    Every use of a part must be in an expression that all parts are in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, few, library, patterns
from codeopt.facts.index import DEFS, DefNode
from codeopt.rule import Example, Pair, Rule

_ELEMENTWISE = library.NUMPY_OUT | frozenset(
    f"numpy.{n}" for n in ("where", "logical_and", "logical_or", "logical_not", "isclose", "sinc")
)

RULE = Rule(
    code="MEM252",
    name="np-open-grid",
    trust=Trust.EXACT,
    summary="a whole grid of coordinates is made where two axes would do",
    triggers=("meshgrid(", "mgrid[", "indices("),
    pair=Pair("N19", 24.0, 8.02),
    examples=(
        Example(
            "import numpy as np\n\ndef f(a, b):\n    x, y = np.meshgrid(a, b)\n"
            "    return np.sqrt(x**2 + y**2)\n",
            "import numpy as np\n\ndef f(a, b):\n    x, y = np.meshgrid(a, b, sparse=True)\n"
            "    return np.sqrt(x**2 + y**2)\n",
            call="f(np.arange(3.0), np.arange(4.0))",
        ),
        Example(
            "import numpy as np\n\ndef f(h, w, r):\n    y, x = np.mgrid[:h, :w]\n"
            "    return (x - 2) ** 2 + (y - 2) ** 2 <= r * r\n",
            "import numpy as np\n\ndef f(h, w, r):\n    y, x = np.ogrid[:h, :w]\n"
            "    return (x - 2) ** 2 + (y - 2) ** 2 <= r * r\n",
            call="f(5, 6, 2)",
        ),
        Example(
            "import numpy as np\n\ndef f(n):\n    i, j = np.indices((n, n))\n    return np.abs(i - j)\n",
            "import numpy as np\n\ndef f(n):\n    i, j = np.indices((n, n), sparse=True)\n"
            "    return np.abs(i - j)\n",
            call="f(4)",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(a, b):\n    x, y = np.meshgrid(a, b)\n    return x**2 + y, x.ravel()\n",
        "import numpy as np\n\ndef f(a, b):\n    x, y = np.meshgrid(a, b)\n    return np.exp(x)\n",
        "import numpy as np\n\ndef f(a, b):\n    x, y = np.meshgrid(a, b)\n    x -= 1\n    return x * y\n",
        "import numpy as np\n\ndef f(a, b):\n    x, y = np.meshgrid(a, b)\n    return np.stack([x, y])\n",
        "import numpy as np\n\ndef f(a, b):\n    x, y = np.meshgrid(a, b)\n    z = x + 1\n    return z * y\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Grids that are unpacked and whose parts always meet."""
    for stmt in facts.walk(ast.Assign):
        target, function = stmt.targets[0], facts.function(stmt)
        if len(stmt.targets) != 1 or not isinstance(target, (ast.Tuple, ast.List)):
            continue
        edits = _opened(facts, stmt.value, len(target.elts))
        if not edits or not isinstance(function, DEFS):
            continue
        names = [e.id for e in target.elts if isinstance(e, ast.Name) and facts.names.home(e) is function]
        if len(set(names)) == len(target.elts) >= 2 and _always_meet(facts, names, function):
            yield RULE.site(
                facts, stmt.value, "the parts of the grid meet by broadcasting", edits,
                certain=_of_plain_arrays(facts, stmt),
            )  # fmt: skip


def _of_plain_arrays(facts: Facts, stmt: ast.Assign) -> bool:
    """Whether nothing masked can be spread out: the mask would be dropped by a full grid alone."""
    call = stmt.value
    if _is_small(facts, stmt):
        return False
    if not isinstance(call, ast.Call) or not patterns.is_call(facts, call, "numpy.meshgrid"):
        return True
    return all(facts.arrays.value(a, stmt).kind in ("ndarray", "list") for a in call.args)


def _is_small(facts: Facts, stmt: ast.Assign) -> bool:
    """Whether the grid is of a size that the text bounds, or that of a kernel around one point."""
    if few.tell(facts.under(facts.function(stmt)), few.STENCILS):
        return True
    sizes = stmt.value.args if isinstance(stmt.value, ast.Call) else []
    return bool(sizes) and all(facts.extents.named(size, stmt) == 0 for size in sizes)


def _opened(facts: Facts, value: ast.expr, parts: int) -> tuple[Edit, ...]:
    """Edits that make a grid open; none where it is no grid of that many parts."""
    if isinstance(value, ast.Subscript) and facts.names.dotted(value.value) == "numpy.mgrid":
        spelled = facts.names.spell("numpy.ogrid", value)
        axes = value.slice.elts if isinstance(value.slice, ast.Tuple) else []
        if spelled is None or len(axes) != parts or not all(isinstance(a, ast.Slice) for a in axes):
            return ()
        return facts.edits.replace(value.value, spelled)
    if not isinstance(value, ast.Call) or any(isinstance(a, ast.Starred) for a in value.args):
        return ()
    if {k.arg for k in value.keywords} - {"indexing", "dtype"}:
        return ()
    if patterns.is_call(facts, value, "numpy.meshgrid") and len(value.args) == parts:
        return patterns.add_argument(facts, value, "sparse=True")
    if patterns.is_call(facts, value, "numpy.indices") and len(value.args) == 1:
        return patterns.add_argument(facts, value, "sparse=True")
    return ()


def _always_meet(facts: Facts, names: list[str], function: DefNode) -> bool:
    """Whether every use of a part is in an element-by-element expression of all parts."""
    flow = facts.flow(function)
    if flow.opaque or set(names) & flow.captured:
        return False
    for name in names:
        seen = facts.names.occurrences(name, function)
        uses = [n for n in seen if isinstance(n.ctx, ast.Load)]
        if len(seen) != len(uses) + 1 or not uses:
            return False
        for whole in (_whole(facts, use) for use in uses):
            met = {n.id for n in facts.under(whole) if isinstance(n, ast.Name)}
            if not met >= set(names) or isinstance(facts.parent(whole), ast.Attribute):
                return False
    return True


def _whole(facts: Facts, node: ast.expr) -> ast.expr:
    """The largest expression around a part in which elements meet elements."""
    while (parent := facts.parent(node)) is not None and _elementwise(facts, parent, node):
        node = parent  # type: ignore[assignment]
    return node


def _elementwise(facts: Facts, parent: ast.AST, node: ast.expr) -> bool:
    match parent:
        case ast.BinOp():
            return not isinstance(parent.op, ast.MatMult)
        case ast.UnaryOp():
            return not isinstance(parent.op, ast.Not)
        case ast.Compare():
            return len(parent.ops) == 1 and not isinstance(
                parent.ops[0], (ast.In, ast.NotIn, ast.Is, ast.IsNot)
            )
        case ast.Call():
            known = facts.names.dotted(parent.func) in _ELEMENTWISE
            return known and node in parent.args and not parent.keywords
    return False
