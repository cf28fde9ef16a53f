"""A whole array made to read its shape.

What it does
    Finds `df.values.shape`, `len(df.values)` and `df.to_numpy().shape` and asks the frame.

Why it costs memory
    A frame of more than one type becomes one array of a common type, often of objects.

Example
    rows, columns = df.values.shape

Use instead
    rows, columns = df.shape

When it is safe
    For frames and series, whose shape is that of their values. A frame of one type gives its array
    without a copy, and something else with `values` may have another shape or none, so the site is
    left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM423",
    name="pd-values-for-shape",
    trust=Trust.EXACT,
    summary="a whole array is made to read its shape",
    triggers=(".values", "to_numpy"),
    pair=Pair("D36", 12.21, 0.00),
    examples=(
        Example(
            "import pandas as pd\n\ndef size(df: pd.DataFrame):\n    return df.values.shape\n",
            "import pandas as pd\n\ndef size(df: pd.DataFrame):\n    return df.shape\n",
            call='size(pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}))',
        ),
        Example(
            "import pandas as pd\n"
            "\n"
            "def rows(df: pd.DataFrame):\n"
            "    return len(df.values) + df.to_numpy().shape[1]\n",
            "import pandas as pd\n\ndef rows(df: pd.DataFrame):\n    return len(df) + df.shape[1]\n",
            call='rows(pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}))',
            sites=2,
        ),
    ),
    counterexamples=(
        ("def f(d):\n    return len(d.values())\n"),
        ("def f(df):\n    return df.values.size\n"),
        ("def f(df):\n    return df.values[0].shape\n"),
        ("def f(x):\n    return x.shape\n"),
        ("def f(d):\n    return d.values.shape\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Shapes and lengths of arrays made of frames and series."""
    nodes: Iterator[ast.Attribute | ast.Call] = facts.walk(ast.Attribute, ast.Call)
    for node in nodes:
        if isinstance(node, ast.Attribute):
            array = node.value if node.attr == "shape" and isinstance(node.ctx, ast.Load) else None
        else:
            array = node.args[0] if patterns.is_call(facts, node, "builtins.len") and node.args else None
        made = patterns.method(array, "to_numpy")
        if made is not None and not made[1].args and not made[1].keywords:
            table = made[0]
        elif isinstance(array, ast.Attribute) and array.attr == "values":
            table = array.value
        else:
            continue
        kind = patterns.kind(facts, table)
        if kind not in ("frame", "series") and not (kind == "unknown" and frames.named(table)):
            continue
        text = patterns.operand(facts, table)
        new = f"{text}.shape" if isinstance(node, ast.Attribute) else f"len({text})"
        yield RULE.site(
            facts, node, "the frame knows its shape", facts.edits.replace(node, new),
            certain=False,
        )  # fmt: skip
