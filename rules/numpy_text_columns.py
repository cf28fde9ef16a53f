"""All columns of a text file are parsed and few are read.

What it does
    Finds `np.loadtxt(path)[:, 1]` and `np.genfromtxt(path)[:, 1]`, also under a name of which only
    such columns are read, and adds `usecols`.

Why it costs memory
    Every number of the file is kept; `genfromtxt` even keeps the text of each first.

Example
    heights = np.loadtxt(path, delimiter=",")[:, 2]

Use instead
    heights = np.loadtxt(path, delimiter=",", usecols=2)

When it is safe
    Where the columns that are left out could be parsed, and there are several rows. The column is
    an array of its own then, no view, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_TAKEN = {"usecols", "unpack", "names", "ndmin", "invalid_raise", "filling_values", "converters", None}

RULE = Rule(
    code="MEM260",
    name="np-text-columns",
    trust=Trust.EXACT,
    summary="all columns of a text file are parsed and few are read",
    triggers=("loadtxt(", "genfromtxt("),
    pair=Pair("N47", 33.9, 0.74),
    search_only=True,
    examples=(
        Example(
            "import io\nimport numpy as np\n\ndef f(t):\n"
            "    return np.loadtxt(io.StringIO(t), delimiter=',')[:, 1].sum()\n",
            "import io\nimport numpy as np\n\ndef f(t):\n"
            "    return np.loadtxt(io.StringIO(t), delimiter=',', usecols=1).sum()\n",
            call="f('1,2,3\\n4,5,6')",
        ),
        Example(
            "import io\nimport numpy as np\n\ndef f(t):\n    data = np.genfromtxt(io.StringIO(t))\n"
            "    x, y = data[:, 0], data[:, 2]\n    return x @ y\n",
            "import io\nimport numpy as np\n\ndef f(t):\n"
            "    data = np.genfromtxt(io.StringIO(t), usecols=(0, 2))\n"
            "    x, y = data[:, 0], data[:, 1]\n    return x @ y\n",
            call="f('1 2 3\\n4 5 6')",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(p):\n    return np.loadtxt(p)[1]\n",
        "import numpy as np\n\ndef f(p):\n    return np.loadtxt(p, usecols=(0, 2))[:, 1]\n",
        "import numpy as np\n\ndef f(p, k):\n    return np.loadtxt(p)[:, k]\n",
        "import numpy as np\n\ndef f(p):\n    d = np.loadtxt(p)\n    return d[:, 0], d.shape\n",
        "import numpy as np\n\ndef f(p):\n    return np.genfromtxt(p, dtype=None)[:, 1]\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Files of which only written columns are read."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "numpy.loadtxt", "numpy.genfromtxt") or len(call.args) != 1:
            continue
        held = frames.held_by(facts, call)
        given = {k.arg: k.value for k in call.keywords}
        if not held or set(given) & _TAKEN or isinstance(call.args[0], ast.Starred):
            continue
        if "dtype" in given and not isinstance(given["dtype"], (ast.Name, ast.Attribute)):
            continue
        reads = [(facts.parent(use), _column(facts, use)) for use in held]
        columns = sorted({column for _, column in reads if column is not None})
        if any(column is None for _, column in reads) or not columns:
            continue
        edits: list[Edit] = []
        if held == [call]:
            start, end = facts.range(call)[1], facts.range(reads[0][0])[1]  # type: ignore[arg-type]
            if facts.source.data[start:end].strip()[:1] != b"[":
                continue
            edits = [*patterns.add_argument(facts, call, f"usecols={columns[0]}"), Edit(start, end, "")]
        elif len(columns) > 1:
            # A single column would come as an array of one axis.
            edits = list(patterns.add_argument(facts, call, f"usecols=({', '.join(map(str, columns))})"))
            for read, column in reads:
                edits += _renumbered(facts, read, columns.index(column))  # type: ignore[arg-type]
        if edits:
            yield RULE.site(facts, call, "the other columns are parsed for nothing", edits)


def _column(facts: Facts, value: ast.expr) -> int | None:
    """The number k of `value[:, k]`, the place where a value is read."""
    read = facts.parent(value)
    if not isinstance(read, ast.Subscript) or read.value is not value or not isinstance(read.ctx, ast.Load):
        return None
    match read.slice:
        case ast.Tuple(elts=[ast.Slice(lower=None, upper=None, step=None), ast.Constant(value=int(k))]):
            return k
    return None


def _renumbered(facts: Facts, read: ast.AST | None, column: int) -> tuple[Edit, ...]:
    assert isinstance(read, ast.Subscript)
    assert isinstance(read.slice, ast.Tuple)
    number = read.slice.elts[1]
    same = patterns.number(number) == column
    return () if same else (Edit(*facts.range(number), str(column)),)
