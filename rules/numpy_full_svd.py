"""A full decomposition of which only the singular values are read.

What it does
    Finds `np.linalg.svd(a)[1]`, and unpackings whose other parts are never read, and asks for
    the values alone; `torch.linalg.svd` too.

Why it costs memory
    By default U and V are completed to square matrices: for 2,000 rows of 40 numbers U alone
    has 2,000 times 2,000.

Example
    s = np.linalg.svd(a)[1]

Use instead
    s = np.linalg.svd(a, full_matrices=False)[1]

When it is safe
    Only the values are read: the completed parts are the sole difference. Where U or V is read
    its shape may matter, and sites are left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM220",
    name="np-full-svd",
    trust=Trust.EXACT,
    summary="a full decomposition of which only a part is read",
    triggers=("svd(",),
    pair=Pair("X8", 62.18, 1.91),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef values(a):\n    return np.linalg.svd(a)[1]\n",
            "import numpy as np\n\ndef values(a):\n    return np.linalg.svd(a, full_matrices=False)[1]\n",
            call="values(np.random.default_rng(0).random((9, 4)))",
        ),
        Example(
            "import numpy as np\n\ndef rank(a):\n    _, s, _ = np.linalg.svd(a)\n"
            "    return (s > 1e-9).sum()\n",
            "import numpy as np\n\ndef rank(a):\n    _, s, _ = np.linalg.svd(a, full_matrices=False)\n"
            "    return (s > 1e-9).sum()\n",
            call="rank(np.random.default_rng(0).random((9, 4)))",
        ),
        Example(
            "import numpy as np\n\ndef top(a, k):\n    u, s, vt = np.linalg.svd(a)\n"
            "    return u[:, :k] * s[:k]\n",
            "import numpy as np\n\ndef top(a, k):\n    u, s, vt = np.linalg.svd(a, full_matrices=False)\n"
            "    return u[:, :k] * s[:k]\n",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(a):\n    return np.linalg.svd(a)\n",
        "import numpy as np\n\ndef f(a):\n    return np.linalg.svd(a, full_matrices=False)[1]\n",
        "import numpy as np\n\ndef f(a):\n    u, s, vt = np.linalg.svd(a, full_matrices=True)\n"
        "    return u\n",
        "import numpy as np\n\ndef f(a):\n    return np.linalg.svd(a, compute_uv=False)\n",
        "import numpy as np\n\ndef f(a):\n    u, s, vt = np.linalg.svd(a)\n    return u, vt\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Decompositions by the default arguments whose U and V are not taken whole."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "numpy.linalg.svd", "scipy.linalg.svd", "torch.linalg.svd"):
            continue
        if len(call.args) != 1 or call.keywords:
            continue
        if facts.extents.is_slight(call.args[0], facts.statement(call)):
            continue
        values = _values_only(facts, call)
        if values is None:
            continue
        # Gradients of the values go through U and V, which differ in the last place.
        graphs = patterns.is_call(facts, call, "torch.linalg.svd")
        # Values and leading vectors agree to rounding only once U or V themselves are read.
        yield RULE.site(
            facts, call, "the square completion of U and V is not read",
            patterns.add_argument(facts, call, "full_matrices=False"),
            trust=Trust.EXACT if values and not graphs else Trust.CLOSE,
        )  # fmt: skip


def _values_only(facts: Facts, call: ast.Call) -> bool | None:
    """True where only the values are read, False where parts of U or V are, None where all may be."""
    parent = facts.parent(call)
    if isinstance(parent, ast.Subscript) and parent.value is call:
        return True if patterns.number(parent.slice) == 1 else None
    function = facts.function(call)
    if not isinstance(parent, ast.Assign) or not isinstance(parent.targets[0], ast.Tuple):
        return None
    targets = parent.targets[0].elts
    if len(targets) != 3 or len(parent.targets) != 1 or not isinstance(function, DEFS):
        return None
    if not all(isinstance(t, ast.Name) for t in targets):
        return None
    left, _, right = (_reads(facts, t, parent, function) for t in targets if isinstance(t, ast.Name))
    if targets[0].id == targets[2].id == targets[1].id:  # type: ignore[attr-defined]
        return None
    if not left and not right:
        return True
    return False if all(_sliced(facts, n) for n in (*left, *right)) else None


def _reads(facts: Facts, name: ast.Name, made: ast.Assign, function: ast.AST) -> list[ast.Name]:
    home = facts.names.home(name)
    if home is not function:
        return [name]
    return [
        use for use in facts.names.uses(name.id, function)
        if facts.function(use) is not function
        or made in facts.flow(function).definitions(name.id, facts.statement(use))  # type: ignore[arg-type]
    ]  # fmt: skip


def _sliced(facts: Facts, use: ast.Name) -> bool:
    """Whether a use takes a leading part: `u[:, :k]`, `vt[:k]`, `vt[0]`."""
    parent = facts.parent(use)
    if not isinstance(parent, ast.Subscript) or parent.value is not use:
        return False
    last = parent.slice.elts[-1] if isinstance(parent.slice, ast.Tuple) else parent.slice
    return (isinstance(last, ast.Slice) and last.upper is not None) or patterns.number(last) == 0
