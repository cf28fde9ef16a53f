"""All values are counted to read the count of one.

What it does
    Finds `df["a"].value_counts()[value]` for a value that is written out and counts where the
    column equals it.

Why it costs memory
    Counting all values fills a table of every distinct one and sorts it; a comparison takes a byte
    a row.

Example
    spam = df["label"].value_counts()["spam"]

Use instead
    spam = (df["label"] == "spam").sum()

When it is safe
    Where the value occurs. A value that does not occur has no count to read, which is an error, so
    the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM423",
    name="pd-counts-for-one",
    trust=Trust.EXACT,
    summary="all values are counted to read the count of one",
    triggers=("value_counts()",),
    pair=Pair("D32", 10.5, 0.37),
    search_only=True,
    examples=(
        Example(
            'import pandas as pd\n\ndef f(df):\n    return df["a"].value_counts()["x"]\n',
            'import pandas as pd\n\ndef f(df):\n    return (df["a"] == "x").sum()\n',
            call='f(pd.DataFrame({"a": ["x", "y", "x"]}))',
        ),
        Example(
            "import pandas as pd\n\ndef f(s):\n    n = s.value_counts().loc[3] + 1\n    return n\n",
            "import pandas as pd\n\ndef f(s):\n    n = (s == 3).sum() + 1\n    return n\n",
            call="f(pd.Series([3, 4, 3]))",
        ),
    ),
    counterexamples=(
        'import pandas as pd\n\ndef f(df):\n    return df["a"].value_counts(normalize=True)["x"]\n',
        'import pandas as pd\n\ndef f(df, k):\n    return df["a"].value_counts()[k]\n',
        'import pandas as pd\n\ndef f(df):\n    return df["a"].value_counts().iloc[0]\n',
        'import pandas as pd\n\ndef f(df):\n    return df["a"].value_counts()[:3]\n',
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Counts of one written value, read from the counts of all."""
    for node in facts.walk(ast.Subscript):
        counted = node.value
        if isinstance(counted, ast.Attribute) and counted.attr == "loc":
            counted = counted.value
        found = patterns.method(counted, "value_counts")
        key = node.slice
        written = isinstance(key, ast.Constant) and isinstance(key.value, (str, int))
        if found is None or not written or not isinstance(node.ctx, ast.Load):
            continue
        if found[1].args or found[1].keywords or not frames.imported(facts):
            continue
        if patterns.plain(found[0]) or frames.column(found[0]) is not None:
            text = f"({facts.text(found[0])} == {facts.text(key)}).sum()"
            yield RULE.site(
                facts, node, "one value is counted without the others", facts.edits.replace(node, text),

            )  # fmt: skip
