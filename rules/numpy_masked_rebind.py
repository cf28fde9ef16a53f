"""`np.where` builds a new array to change some items of the old one.

What it does
    Finds `x = np.where(mask, x, value)` and `x = np.where(mask, value, x)` where `x` was made in
    the same function, and stores the value into the masked items.

Why it costs memory
    `np.where` always returns a new array while the old one is still alive; a masked store needs
    the mask only: 1 MiB instead of 8.

Example
    x = np.where(x > 0, x, 0)

Use instead
    x[~(x > 0)] = 0

When it is safe
    `x` must own memory that has not escaped (see `numpy-rebound-in-place`), the mask must have
    the shape of `x`, and the value must fit its type. That is certain for a float array, a mask
    that compares the array itself with a number, and a value that is a number.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.facts.index import DEFS
from codeopt.facts.overwrite import value_and_target
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts

RULE = Rule(
    code="MEM204",
    name="numpy-masked-rebind",
    trust=Trust.EXACT,
    summary="np.where copies an array to change some of its items",
    triggers=("where(",),
    pair=Pair("N26", 8.0, 1.0),
    examples=(
        Example(
            before=(
                "import numpy as np\n\ndef f(n):\n    x = np.linspace(-1, 1, n)\n"
                "    x = np.where(x > 0, x, 0)\n    return x\n"
            ),
            after=(
                "import numpy as np\n\ndef f(n):\n    x = np.linspace(-1, 1, n)\n"
                "    x[~(x > 0)] = 0\n    return x\n"
            ),
            call="f(5)",
        ),
        Example(
            before=(
                "import numpy as np\n"
                "\n"
                "def f(a, m):\n"
                "    x = np.sqrt(a)\n"
                "    x = np.where(m, 1.5, x)\n"
                "    return x\n"
            ),
            after="import numpy as np\n\ndef f(a, m):\n    x = np.sqrt(a)\n    x[m] = 1.5\n    return x\n",
            call="f(np.arange(3.0), np.array([True, False, True]))",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, m):\n    x = np.where(m, x, 0)\n    return x\n",
        (
            "import numpy as np\n"
            "\n"
            "def f(a, m):\n"
            "    x = np.sqrt(a)\n"
            "    y = np.where(m, x, 0)\n"
            "    return x, y\n"
        ),
        (
            "import numpy as np\n"
            "\n"
            "def f(a, m, b):\n"
            "    x = np.sqrt(a)\n"
            "    x = np.where(m, x, b)\n"
            "    return x\n"
        ),
        "import numpy as np\n\ndef f(a, m):\n    x = np.sqrt(a)\n    x = np.where(*m, x, 0)\n    return x\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Rebinding of an owned array to `np.where` of itself."""
    for stmt in facts.walk(ast.Assign):
        call, target = value_and_target(stmt)
        function = facts.function(stmt)
        if target is None or not isinstance(call, ast.Call) or not isinstance(function, DEFS):
            continue
        if facts.names.dotted(call.func) != "numpy.where" or len(call.args) != 3 or call.keywords:
            continue
        mask, yes, no = call.args
        if isinstance(mask, ast.Starred):
            continue
        kept, value = (yes, no) if isinstance(yes, ast.Name) and yes.id == target else (no, yes)
        if not isinstance(kept, ast.Name) or kept.id != target or not _is_number(value):
            continue
        owner = facts.aliases.owner(target, stmt, function)
        if owner.wrong:
            continue
        text = facts.in_place.text(mask)
        index = text if kept is no else f"~{text}" if isinstance(mask, (ast.Name, ast.Call)) else f"~({text})"
        edits = facts.edits.replace_statement(stmt, [f"{target}[{index}] = {facts.text(value)}"])
        certain = owner.owned and _fits(mask, target, stmt, facts)
        yield RULE.site(
            facts, stmt, "`np.where` copies the array to change part of it", edits, certain=certain
        )


def _is_number(value: ast.expr) -> bool:
    node = value.operand if isinstance(value, ast.UnaryOp) else value
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _fits(mask: ast.expr, target: str, stmt: ast.stmt, facts: Facts) -> bool:
    value = facts.arrays.value(ast.Name(target, ast.Load()), stmt)
    owner = next((n for n in ast.walk(stmt) if isinstance(n, ast.Name) and n.id == target), None)
    value = facts.arrays.value(owner, stmt) if owner is not None else value
    own_mask = (
        isinstance(mask, ast.Compare)
        and isinstance(mask.left, ast.Name)
        and mask.left.id == target
        and len(mask.ops) == 1
        and _is_number(mask.comparators[0])
    )
    return own_mask and value.is_block and value.is_float
