"""Rows selected only to be counted.

What it does
    Finds `len(df[df["a"] > 0])` and `df[df["a"] > 0].shape[0]` and counts the mask; `len` of
    `df.dropna()` counts the complete rows.

Why it costs memory
    The selection copies every column of every row that is counted.

Example
    late = len(df[df["delay"] > 15])

Use instead
    late = int((df["delay"] > 15).sum())

When it is safe
    The mask comes from columns of the same frame, so it has one boolean a row; missing values
    count as false in both. The result stays a Python int. A structured array may look the same,
    so where the frame is not surely one of pandas the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, columns, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM401",
    name="pd-count-by-filter",
    trust=Trust.EXACT,
    summary="rows are selected only to be counted",
    triggers=("len(", ".shape[0]"),
    pair=Pair("D10", 12.57, 0.26),
    examples=(
        Example(
            'def late(df):\n    return len(df[df["delay"] > 15])\n',
            'def late(df):\n    return int((df["delay"] > 15).sum())\n',
            call='late(__import__("pandas").DataFrame({"delay": [1, 20, 30]}))',
        ),
        Example(
            'def share(df):\n    return df[(df["a"] > 1) & df["b"].notna()].shape[0] / df.shape[0]\n',
            'def share(df):\n    return int(((df["a"] > 1) & df["b"].notna()).sum()) / df.shape[0]\n',
            call='share(__import__("pandas").DataFrame({"a": [1, 20, 30], "b": [1.0, None, 2.0]}))',
        ),
        Example(
            'import pandas as pd\n\ndef back(df):\n    return len(df[df["returned"]])\n',
            'import pandas as pd\n\ndef back(df):\n    return int(df["returned"].sum())\n',
            call='back(pd.DataFrame({"returned": [True, False, True]}))',
        ),
        Example(
            "import pandas as pd\n\ndef complete(df: pd.DataFrame):\n    return len(df.dropna())\n",
            "import pandas as pd\n\ndef complete(df: pd.DataFrame):\n"
            "    return int(df.notna().all(axis=1).sum())\n",
            call='complete(pd.DataFrame({"a": [1, 20, 30], "b": [1.0, None, 2.0]}))',
        ),
    ),
    counterexamples=(
        'def f(df):\n    return len(df[["a", "b"]])\n',
        'def f(df, other):\n    return len(df[other["a"] > 1])\n',
        'def f(df):\n    late = df[df["a"] > 1]\n    return len(late), late\n',
        'def f(df):\n    return df[df["a"] > 1].shape\n',
        "def f(s):\n    return len(s.dropna(how='all'))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lengths of boolean selections and of complete rows."""
    for node in facts.walk(ast.Call, ast.Subscript):
        selected = _measured(facts, node)
        if selected is None:
            continue
        dropped = patterns.method(selected, "dropna")
        chosen = columns.chosen_rows(facts, selected)
        if chosen is not None and chosen[2] is None:
            frame, mask, _ = chosen
            # A column of booleans is a mask, one of labels is not, and neither shows its type.
            certain = frames.surely(facts, frame) and patterns.column_mask(mask, frame)
            text = f"int({patterns.operand(facts, mask)}.sum())"
        elif dropped is not None and _is_frame(facts, dropped):
            text = f"int({patterns.operand(facts, dropped[0])}.notna().all(axis=1).sum())"
            certain = True
        else:
            continue
        message = "the rows are copied only to be counted"
        yield RULE.site(facts, node, message, facts.edits.replace(node, text), certain=certain)


def _is_frame(facts: Facts, dropped: tuple[ast.expr, ast.Call]) -> bool:
    """Whether a frame drops its incomplete rows, and a column does not drop its missing values."""
    return frames.surely(facts, dropped[0]) and not dropped[1].args and not dropped[1].keywords


def _measured(facts: Facts, node: ast.expr) -> ast.expr | None:
    """What `len(...)` or `....shape[0]` measures."""
    if isinstance(node, ast.Call):
        is_len = patterns.is_call(facts, node, "builtins.len") and len(node.args) == 1
        return node.args[0] if is_len else None
    shape = node.value if isinstance(node, ast.Subscript) else None
    if (
        isinstance(node, ast.Subscript)
        and isinstance(shape, ast.Attribute)
        and shape.attr == "shape"
        and patterns.number(node.slice) == 0
    ):
        return shape.value
    return None
