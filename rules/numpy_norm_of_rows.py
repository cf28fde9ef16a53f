"""The norm of every row squares a whole array.

What it does
    Finds `np.linalg.norm(x, axis=1)` and sums the squares without keeping them.

Why it costs memory
    The norm along an axis makes an array of all squares before it adds them up.

Example
    lengths = np.linalg.norm(vectors, axis=-1)

Use instead
    lengths = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))

When it is safe
    For real numbers in floating point, to rounding. Whole numbers may overflow and complex ones
    need their conjugates, so a run decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_LETTERS = "ijkl"

RULE = Rule(
    code="MEM253",
    name="np-norm-of-rows",
    trust=Trust.CLOSE,
    summary="the norm of every row squares a whole array",
    triggers=("norm(",),
    pair=Pair("N42", 8.02, 0.02),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(x):\n    return x / np.linalg.norm(x, axis=-1, keepdims=True)\n",
            "import numpy as np\n\ndef f(x):\n"
            '    return x / np.sqrt(np.einsum("...i,...i->...", x, x))[..., None]\n',
            call="f(np.arange(1.0, 7.0).reshape(2, 3))",
        ),
        Example(
            "import numpy as np\n\ndef f(a, b):\n    d = np.linalg.norm(a - b, axis=1)\n    return d\n",
            "import numpy as np\n\ndef f(a, b):\n    difference = a - b\n"
            '    d = np.sqrt(np.einsum("ij...,ij...->i...", difference, difference))\n    return d\n',
            call="f(np.arange(6.0).reshape(2, 3), np.ones(3))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x):\n    return np.linalg.norm(x)\n",
        "import numpy as np\n\ndef f(x):\n    return np.linalg.norm(x, ord=1, axis=1)\n",
        "import numpy as np\n\ndef f(x):\n    return np.linalg.norm(x, axis=(1, 2))\n",
        "import numpy as np\n\ndef f(x, k):\n    return np.linalg.norm(x, axis=k)\n",
        "import torch\n\ndef f(x):\n    return torch.linalg.norm(x, dim=1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Euclidean norms along one axis."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "numpy.linalg.norm"):
            continue
        given = patterns.arguments(call, "x", "ord", "axis", "keepdims")
        axis = patterns.number(given.get("axis")) if given else None
        if given is None or "x" not in given or axis not in (-1, 0, 1, 2, 3):
            continue
        order, keep = given.get("ord"), given.get("keepdims")
        if order is not None and not (isinstance(order, ast.Constant) and order.value in (None, 2)):
            continue
        if keep is not None and not (isinstance(keep, ast.Constant) and isinstance(keep.value, bool)):
            continue
        kept = isinstance(keep, ast.Constant) and keep.value is True
        yield from _site(facts, call, given["x"], int(axis), kept)


def _site(facts: Facts, call: ast.Call, array: ast.expr, axis: int, kept: bool) -> Iterator[Site]:
    root, einsum = (facts.names.spell(f"numpy.{n}", call) for n in ("sqrt", "einsum"))
    if root is None or einsum is None:
        return
    before: tuple[Edit, ...] = ()
    text = facts.text(array)
    if not patterns.plain(array):
        if not isinstance(array, ast.BinOp) or not patterns.can_hoist(facts, call) or "\n" in text:
            return
        name = facts.names.fresh_name("difference" if isinstance(array.op, ast.Sub) else "vectors", call)
        before, text = facts.edits.insert_before(facts.statement(call), f"{name} = {text}"), name
    if axis < 0:
        indices, back = "...i,...i->...", "[..., None]"
    else:
        letters = _LETTERS[: axis + 1]
        indices = f"{letters}...,{letters}...->{letters[:-1]}..."
        back = f"[{':, ' * axis}None]"
    edits = facts.edits.replace(call, f'{root}({einsum}("{indices}", {text}, {text})){back if kept else ""}')
    yield RULE.site(
        facts, call, "the squares can be added without being kept", (*before, *edits),
    )  # fmt: skip
