"""A constant array is built in one type and cast to another.

What it does
    Finds `np.zeros(shape).astype(np.float32)`, also of `ones`, `eye`, `full`, `arange` and of the
    triangles of such arrays, and asks for the type at once.

Why it costs memory
    The array is built in eight bytes an element, and the cast stands beside it.

Example
    mask = np.triu(np.ones((n, n)), k=1).astype(bool)

Use instead
    mask = np.triu(np.ones((n, n), dtype=bool), k=1)

When it is safe
    Zeros, ones and small whole numbers are the same in every type of numbers. Other values and
    types that the text does not say are left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, dtypes, listed, patterns
from codeopt.rule import Example, Pair, Rule

# How many arguments stand before the type.
_BEFORE = {
    "zeros": 1, "ones": 1, "zeros_like": 1, "ones_like": 1, "identity": 1, "eye": 3, "tri": 3, "full": 2,
    "arange": 1,
}  # fmt: skip
_TRIANGLES = ("numpy.triu", "numpy.tril")
_RANGES = ("float32", "float64", "float", "double", "single")
_SMALL = 4096

RULE = Rule(
    code="MEM250",
    name="np-constructor-then-cast",
    trust=Trust.EXACT,
    summary="a constant array is built in one type and cast to another",
    triggers=(".astype(",),
    pair=Pair("N40", 12.0, 4.0),
    examples=(
        Example(
            "import numpy as np\n\ndef f(n):\n    return np.triu(np.ones((n, n)), k=1).astype(bool)\n",
            "import numpy as np\n\ndef f(n):\n    return np.triu(np.ones((n, n), dtype=bool), k=1)\n",
            call="f(4)",
        ),
        Example(
            "import numpy as np\n\ndef f(n):\n"
            "    return np.zeros((n, 2)).astype('uint8'), np.arange(n).astype(np.float32, copy=False)\n",
            "import numpy as np\n\ndef f(n):\n"
            "    return np.zeros((n, 2), dtype='uint8'), np.arange(n, dtype=np.float32)\n",
            call="f(4)",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(n):\n    return np.zeros(n).astype(str)\n",
        "import numpy as np\n\ndef f(n):\n    return np.zeros(n, dtype=int).astype(np.float32)\n",
        "import numpy as np\n\ndef f():\n    return np.eye(4).astype(np.float32)\n",
        "import numpy as np\n\ndef f(n):\n    return np.empty(n).astype(np.float32)\n",
        "import numpy as np\n\ndef f(n):\n    return np.linspace(0, 1, n).astype(np.float32)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Casts of arrays whose values the text says."""
    for call in facts.walk(ast.Call):
        cast = dtypes.cast(facts, call)
        made = None if cast is None else cast.array
        if made is not None and patterns.is_call(facts, made, *_TRIANGLES) and made.args:  # type: ignore[attr-defined]
            made = made.args[0]  # type: ignore[attr-defined]
        dropped = cast.dropped(facts) if cast is not None else None
        name = _maker(facts, made)
        if cast is None or dropped is None or not isinstance(made, ast.Call) or not name:
            continue
        if cast.name is None and not _type_of_another(cast.dtype):
            continue
        certain = _same_values(facts, made, name, cast.name)
        if certain is None or _is_small(made):
            continue
        edits: list[Edit] = [*patterns.add_argument(facts, made, f"dtype={facts.text(cast.dtype)}"), dropped]
        # Beside an operation on it, of its own size, the array before the cast is no peak.
        worth = not isinstance(facts.parent(call), ast.BinOp)
        worth = (
            worth and not facts.extents.is_slight(made, facts.statement(made)) and _reads_little(facts, made)
        )
        yield RULE.site(
            facts, call, "the array can be made in the type it is cast to", edits, certain=certain and worth
        )


def _reads_little(facts: Facts, made: ast.Call) -> bool:
    """Whether the shape is given by names and lengths, and no array is made for it."""
    calls = [n for a in made.args for n in facts.under(a) if isinstance(n, ast.Call)]
    return all(patterns.is_call(facts, n, "builtins.len") for n in calls)


def _maker(facts: Facts, made: ast.AST | None) -> str:
    """The constructor that makes an array without being told a type; empty for anything else."""
    if not isinstance(made, ast.Call) or any(isinstance(a, ast.Starred) for a in made.args):
        return ""
    name = (facts.names.dotted(made.func) or "").removeprefix("numpy.")
    plain = name in _BEFORE and 0 < len(made.args) <= _BEFORE[name]
    return name if plain and not {k.arg for k in made.keywords} & {"dtype", "like", "subok", None} else ""


def _type_of_another(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "dtype" and patterns.plain(node.value)


def _same_values(facts: Facts, made: ast.Call, name: str, dtype: str | None) -> bool | None:
    """Whether both ways give the same values; None if they do not."""
    if name == "arange":
        if made.keywords or dtype not in _RANGES:
            return None
        return patterns.is_call(facts, made.args[0], "builtins.len") or listed.short(facts, made.args[0])
    if name == "full":
        fill = patterns.number(made.args[1]) if len(made.args) == 2 else None
        return dtype in dtypes.FLOATS and fill is not None and abs(fill) < 1e4
    if name.endswith("_like"):
        return dtype is not None and patterns.kind(facts, made.args[0]) == "ndarray"
    return dtype is not None


def _is_small(made: ast.Call) -> bool:
    parts = made.args[0].elts if isinstance(made.args[0], (ast.Tuple, ast.List)) else [made.args[0]]
    sizes = [patterns.number(part) for part in parts]
    items = 1.0
    for size in sizes:
        items *= _SMALL if size is None else max(size, 1)
    return items < _SMALL
