"""All pairs at once by broadcasting.

What it does
    Finds a reduction over an array of all pairs, `((x[:, None] - y) ** 2).sum(-1)`, and
    evaluates it for blocks of rows of `x`; a following `argmin(axis=1)` goes into the blocks too.

Why it costs memory
    `x[:, None] - y` has a row for every pair: n times m times d numbers, of which the reduction
    keeps n times m, and an `argmin` only n.

Example
    distances = ((x[:, None] - y) ** 2).sum(-1)

Use instead
    distances = np.concatenate(
        [((rows[:, None] - y) ** 2).sum(-1) for rows in np.array_split(x, max(1, len(x) // 64))]
    )

When it is safe
    Each row of the result depends on one row of `x` only, so the numbers are the same to the
    bit and in the same memory order; an empty `x` is one empty block. Not where the other
    operand has an axis of its own beside the rows of `x`, which facts cannot always tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import COMPREHENSIONS
from codeopt.rule import Example, Pair, Rule

_BLOCKS = (64, 8)
_AXES = (-1, 1, 2)
_REDUCERS = ("sum", "mean", "max", "min", "argmin", "argmax", "any", "all", "prod")
_ELEMENTWISE = {f"numpy.{n}" for n in ("abs", "absolute", "square", "sqrt", "exp", "negative", "fabs", "log")}

RULE = Rule(
    code="MEM210",
    name="np-pairwise-broadcast",
    trust=Trust.EXACT,
    summary="a reduction over all pairs builds the array of all pairs",
    triggers=("None", "newaxis"),
    pair=Pair("N13", 259.40, 30.52),
    examples=(
        Example(
            "import numpy as np\n\ndef nearest(x: np.ndarray, y: np.ndarray) -> np.ndarray:\n"
            "    return ((x[:, None, :] - y[None]) ** 2).sum(axis=-1).argmin(axis=1)\n",
            "import numpy as np\n\ndef nearest(x: np.ndarray, y: np.ndarray) -> np.ndarray:\n"
            "    return np.concatenate([((rows[:, None, :] - y[None]) ** 2).sum(axis=-1).argmin(axis=1) "
            "for rows in np.array_split(x, max(1, len(x) // 64))])\n",
            call="nearest(np.random.default_rng(0).random((300, 3)), "
            "np.random.default_rng(1).random((40, 3)))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef table(points):\n"
            "    d = np.linalg.norm(points[:, np.newaxis] - points, axis=-1)\n    return np.exp(-d)\n",
            "import numpy as np\n\ndef table(points):\n"
            "    d = np.concatenate([np.linalg.norm(rows[:, np.newaxis] - points, axis=-1) "
            "for rows in np.array_split(points, max(1, len(points) // 64))])\n    return np.exp(-d)\n",
            call="table(np.random.default_rng(0).random((200, 5)))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef table(a, b):\n    gap = a[:, None, :] - b[None, :, :]\n"
            "    return (gap**2).sum(axis=2)\n",
            "import numpy as np\n\ndef table(a, b):\n"
            "    return np.concatenate([((rows[:, None, :] - b[None, :, :])**2).sum(axis=2) "
            "for rows in np.array_split(a, max(1, len(a) // 64))])\n",
            call="table(np.random.default_rng(0).random((200, 5)), np.ones((7, 5)))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, y):\n    d = x[:, None] - y\n    return (d**2).sum(-1), d\n",
        "import numpy as np\n\ndef f(x, y):\n    return x[:, None] - y\n",
        "import numpy as np\n\ndef f(x, y):\n    return ((x[:, None] - y) ** 2).sum(axis=0)\n",
        "import numpy as np\n\ndef f(x, y):\n    return ((x[:, None] - y) ** 2).sum()\n",
        "import numpy as np\n\ndef f(x, w):\n    return (x[:, None] * w[:, :, None]).sum(-1)\n",
        "import torch\n\ndef f(x, y):\n    return ((x[:, None] - y) ** 2).sum(-1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions over a pairwise expression, widest first."""
    for rows in facts.walk(ast.Subscript):
        if not _is_rows(rows) or patterns.in_class_body(facts, rows) or _is_block(facts, rows.value):
            continue
        join, split = (facts.names.spell(f"numpy.{n}", rows) for n in ("concatenate", "array_split"))
        whole, certain, made = _reduced(facts, rows)
        kind = patterns.kind(facts, rows.value)
        if whole is None or join is None or split is None or kind not in ("unknown", "ndarray"):
            continue
        name = facts.names.fresh_name("rows", rows)
        body = _inlined(facts, whole, rows, name, made)
        base = facts.text(rows.value)
        for block in _BLOCKS:
            text = f"{join}([{body} for {name} in {split}({base}, max(1, len({base}) // {block}))])"
            edits = [*facts.edits.replace(whole, text), *(e for s in made for e in facts.edits.delete(s))]
            yield RULE.site(
                facts, whole, "all pairs are held at once; blocks of rows give the same numbers",
                edits, group="blocks", label=f"blocks of {block} rows",
                certain=certain and kind == "ndarray" and block == _BLOCKS[0],
            )  # fmt: skip


def _is_rows(node: ast.Subscript) -> bool:
    """`x[:, None]` and its longer spellings, of something that is read twice for nothing."""
    if not (isinstance(node.slice, ast.Tuple) and patterns.plain(node.value)):
        return False
    if not isinstance(node.ctx, ast.Load) or len(node.slice.elts) < 2:
        return False
    first, second, *rest = node.slice.elts
    return _is_all(first) and _is_none(second) and all(_is_all(e) for e in rest)


def _is_all(node: ast.expr) -> bool:
    full = isinstance(node, ast.Slice) and not (node.lower or node.upper or node.step)
    return full or (isinstance(node, ast.Constant) and node.value is Ellipsis)


def _is_none(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.Attribute) and node.attr == "newaxis"


def _is_block(facts: Facts, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and isinstance(facts.names.home(node), COMPREHENSIONS)


def _inlined(facts: Facts, whole: ast.expr, rows: ast.Subscript, name: str, made: list[ast.Assign]) -> str:
    """The text of the whole expression over `name`, with the names of its parts written out."""
    parts: dict[ast.expr, str] = {rows.value: name}
    for stmt in made:
        value = patterns.with_parts(facts, stmt.value, parts)
        parts = {_single_use(facts, stmt) or whole: f"({value})"}
    return patterns.with_parts(facts, whole, parts)


def _single_use(facts: Facts, stmt: ast.AST | None) -> ast.Name | None:
    """The one place that reads what an assignment binds, if it can be read where it is made."""
    if not isinstance(stmt, ast.Assign) or not isinstance(stmt.targets[0], ast.Name):
        return None
    uses = facts.names.uses(stmt.targets[0].id, facts.function(stmt))
    return next((u for u in uses if patterns.value_of(facts, u, (u,))[1] is stmt), None)


def _reduced(facts: Facts, rows: ast.Subscript) -> tuple[ast.expr | None, bool, list[ast.Assign]]:
    """The widest row-wise expression around `rows` that ends in a reduction, whether that is sure,
    and the statements that only give names to parts of it."""
    whole: ast.expr | None = None
    node: ast.expr = rows
    certain, reductions, made, inside = True, 0, list[ast.Assign](), list[ast.Assign]()
    while (parent := facts.parent(node)) is not None:
        if isinstance(parent, ast.Assign) and (use := _single_use(facts, parent)) is not None:
            made.append(parent)
            node = use
            continue
        if isinstance(parent, ast.BinOp) and not isinstance(parent.op, ast.MatMult):
            other = parent.right if parent.left is node else parent.left
            sure = _rowless(other, rows)
            if sure is None or (reductions and patterns.number(other) is None):
                break
            certain = certain and sure
        elif isinstance(call := _reducing(facts, parent, node), ast.Call):
            whole, parent, reductions, inside = call, call, reductions + 1, list(made)
        elif not _is_elementwise(facts, parent, node):
            break
        node = parent  # type: ignore[assignment]
    depth = len(rows.slice.elts) if isinstance(rows.slice, ast.Tuple) else 0
    return whole, certain and (reductions < 2 or depth > 2), inside


def _is_elementwise(facts: Facts, parent: ast.AST, node: ast.expr) -> bool:
    if isinstance(parent, ast.Call):
        return (
            parent.args == [node] and not parent.keywords and facts.names.dotted(parent.func) in _ELEMENTWISE
        )
    return isinstance(parent, ast.UnaryOp)


def _reducing(facts: Facts, parent: ast.AST, node: ast.expr) -> ast.Call | None:
    """The call around a node that reduces it along another axis than the rows."""
    call = facts.parent(parent) if isinstance(parent, ast.Attribute) else parent
    return call if isinstance(call, ast.Call) and _reduces(facts, call, node) else None


def _reduces(facts: Facts, call: ast.Call, node: ast.expr) -> bool:
    if patterns.is_call(facts, call, "numpy.linalg.norm"):
        given = patterns.arguments(call, "x", "ord", "axis") or {}
        return given.pop("x", None) is node and set(given) == {"axis"} and _last(given["axis"])
    found = patterns.reduction(facts, call, *_REDUCERS)
    if found is None or found[0] is not node or "axis" not in found[1]:
        return False
    return _last(found[1]["axis"]) and set(found[1]) <= {"axis", "dtype"}


def _last(axis: ast.expr) -> bool:
    return patterns.number(axis) in _AXES


def _rowless(other: ast.expr, rows: ast.Subscript) -> bool | None:
    """True where an operand surely has no axis beside the rows, None where it has, False if unknown."""
    if patterns.number(other) is not None or patterns.same(other, rows.value):
        return True
    if isinstance(other, ast.Subscript):
        first = other.slice.elts[0] if isinstance(other.slice, ast.Tuple) else other.slice
        return True if _is_none(first) else None
    return False if patterns.plain(other) else None
