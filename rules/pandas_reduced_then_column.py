"""Every column reduced to read one.

What it does
    Finds `df.std()["price"]` and reduces that column: `df["price"].std()`.

Why it costs memory
    Reductions copy the values of all columns, some more than once.

Example
    spread = df.std()["price"]

Use instead
    spread = df["price"].std()

When it is safe
    For frames of numbers; a reduction of whole numbers beside floats gives a float only in the
    company of floats, so sums, least and greatest values are left alone. Not for grouped
    frames.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM425",
    name="pd-reduced-then-column",
    trust=Trust.EXACT,
    summary="every column is reduced to read one",
    triggers=("()[",),
    pair=Pair("D38", 19.47, 3.25),
    search_only=True,
    examples=(
        Example(
            'import pandas as pd\n\ndef spread(df: pd.DataFrame):\n    return df.std()["b"]\n',
            'import pandas as pd\n\ndef spread(df: pd.DataFrame):\n    return df["b"].std()\n',
            call='spread(pd.DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0]}))',
        ),
        Example(
            'import pandas as pd\n\ndef centre(df):\n    return df[df["a"] > 1].mean()["b"]\n',
            'import pandas as pd\n\ndef centre(df):\n    return df[df["a"] > 1]["b"].mean()\n',
            call=(
                'centre(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ("def f(df):\n    return df.std()\n"),
        ('import pandas as pd\n\ndef f(df):\n    return df.groupby("k").std()["a"]\n'),
        ('import pandas as pd\n\ndef f(df):\n    return df.sum()["a"]\n'),
        ("import pandas as pd\n\ndef f(df, c):\n    return df.mean()[c]\n"),
        ('import pandas as pd\n\ndef f(df):\n    return df.std(axis=1)["a"]\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One column's value taken from the reductions of all."""
    for node in facts.walk(ast.Subscript):
        found = patterns.method(node.value, "std", "var", "mean") if frames.column(node) else None
        if found is None or found[1].args or found[1].keywords:
            continue
        frame = found[0]
        masked = isinstance(frame, ast.Subscript) and patterns.column_mask(frame.slice, frame.value)
        if masked or frames.surely(facts, frame) or (patterns.plain(frame) and frames.may_be(facts, frame)):
            rest = frames.receiver_end(facts, frame, found[1])
            text = f"{facts.text(frame)}[{facts.text(node.slice)}]{rest}"
            yield RULE.site(facts, node, "one column's value is read", facts.edits.replace(node, text))
