"""All pairs at once by broadcasting.

What it does
    Finds a reduction over an array of all pairs, `((x[:, None] - y) ** 2).sum(-1)`, and
    evaluates it for blocks of rows of `x`, for arrays and for tensors; a following `argmin` over
    the other axis goes into the blocks too.

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
from codeopt.facts import Facts, pairwise, patterns
from codeopt.rule import Example, Pair, Rule

_BLOCKS = (64, 8)

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
        Example(
            "import torch\n\ndef table(x: torch.Tensor, y: torch.Tensor):\n"
            "    return torch.norm(x[:, None, :] - y[None], dim=-1).argmin(dim=1)\n",
            "import torch\n\ndef table(x: torch.Tensor, y: torch.Tensor):\n"
            "    return torch.cat([torch.norm(rows[:, None, :] - y[None], dim=-1).argmin(dim=1) "
            "for rows in x.split(64)])\n",
            call="table(torch.arange(600.0).reshape(200, 3), torch.ones(5, 3))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, y):\n    d = x[:, None] - y\n    return (d**2).sum(-1), d\n",
        "import numpy as np\n\ndef f(x, y):\n    return x[:, None] - y\n",
        "import numpy as np\n\ndef f(x, y):\n    return ((x[:, None] - y) ** 2).sum(axis=0)\n",
        "import numpy as np\n\ndef f(x, y):\n    return ((x[:, None] - y) ** 2).sum()\n",
        "import numpy as np\n\ndef f(x, w):\n    return (x[:, None] * w[:, :, None]).sum(-1)\n",
        "import torch\n\ndef f(x, y):\n    return ((x[:, None] - y) ** 2).sum(dim=0)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions over a pairwise expression, widest first."""
    for rows in facts.walk(ast.Subscript):
        if (
            not pairwise.is_rows(rows)
            or patterns.in_class_body(facts, rows)
            or pairwise.is_block(facts, rows.value)
        ):
            continue
        whole, certain, made = pairwise.reduced(facts, rows)
        kind = patterns.kind(facts, rows.value)
        spelled = None if whole is None else _spelled(facts, whole, kind)
        if whole is None or spelled is None:
            continue
        name = facts.names.fresh_name("rows", rows)
        body = _inlined(facts, whole, rows, name, made)
        base = facts.text(rows.value)
        for block in _BLOCKS:
            join, split = spelled
            text = f"{join}([{body} for {name} in {split.format(base=base, block=block)}])"
            edits = [*facts.edits.replace(whole, text), *(e for s in made for e in facts.edits.delete(s))]
            yield RULE.site(
                facts, whole, "all pairs are held at once; blocks of rows give the same numbers",
                edits, group="blocks", label=f"blocks of {block} rows",
                # Gradients of tensors are added up in another order.
                certain=certain and kind == "ndarray" and block == _BLOCKS[0],
            )  # fmt: skip


def _spelled(facts: Facts, whole: ast.expr, kind: str) -> tuple[str, str] | None:
    """How blocks are joined and cut: by torch for tensors, by NumPy for arrays; None if it is neither."""
    stack, cut, cat = (
        facts.names.spell(n, whole) for n in ("numpy.concatenate", "numpy.array_split", "torch.cat")
    )
    says_dim = any(isinstance(n, ast.keyword) and n.arg == "dim" for n in ast.walk(whole))
    # torch's `max` along an axis gives a pair of tensors, which cannot be joined.
    pairs = any(isinstance(n, ast.Attribute) and n.attr in ("max", "min") for n in ast.walk(whole))
    if (
        cat is not None
        and not pairs
        and (kind == "tensor" or (kind == "unknown" and (says_dim or stack is None)))
    ):
        return cat, "{base}.split({block})"
    if stack is None or cut is None or says_dim or kind not in ("unknown", "ndarray"):
        return None
    return stack, cut + "({base}, max(1, len({base}) // {block}))"


def _inlined(facts: Facts, whole: ast.expr, rows: ast.Subscript, name: str, made: list[ast.Assign]) -> str:
    """The text of the whole expression over `name`, with the names of its parts written out."""
    parts: dict[ast.expr, str] = {rows.value: name}
    for stmt in made:
        value = patterns.with_parts(facts, stmt.value, parts)
        parts = {pairwise.single_use(facts, stmt) or whole: f"({value})"}
    return patterns.with_parts(facts, whole, parts)
