"""Complete rows of every column kept to read one column.

What it does
    Finds `df.dropna(subset=["a"])["b"]` and selects the rows of that column.

Why it costs memory
    `dropna` copies the kept rows of every column.

Example
    prices = df.dropna(subset=["size"])["price"]

Use instead
    prices = df.loc[df["size"].notna(), "price"]

When it is safe
    The kept rows are those whose named column is there. Column names that occur twice would
    differ, and so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM436",
    name="pd-dropna-then-column",
    trust=Trust.EXACT,
    summary="rows of every column are kept to read one column",
    triggers=("dropna(",),
    pair=Pair("D48", 14.31, 4.35),
    search_only=True,
    examples=(
        Example(
            'def prices(df):\n    return df.dropna(subset=["size"])["price"]\n',
            'def prices(df):\n    return df.loc[df["size"].notna(), "price"]\n',
            call=('prices(__import__("pandas").DataFrame({"price": [1, 2, 3], "size": [1.0, None, 2.0]}))'),
        ),
        Example(
            'def mean(df):\n    return df.dropna(subset="size")["size"].mean()\n',
            'def mean(df):\n    return df.loc[df["size"].notna(), "size"].mean()\n',
            call=('mean(__import__("pandas").DataFrame({"price": [1, 2, 3], "size": [1.0, None, 2.0]}))'),
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df.dropna()["a"]\n'),
        ('def f(df):\n    return df.dropna(subset=["a", "b"])["c"]\n'),
        ('def f(df):\n    return df.dropna(subset=["a"])\n'),
        ('def f(df, c):\n    return df.dropna(subset=["a"])[c]\n'),
        ('def f(df):\n    return df.dropna(subset=["a"], axis=1)["b"]\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One column of the rows where one column is there."""
    for node in facts.walk(ast.Subscript):
        found = patterns.method(node.value, "dropna") if frames.column(node) else None
        given = patterns.arguments(found[1]) if found else None
        if found is None or given is None or set(given) != {"subset"} or not patterns.plain(found[0]):
            continue
        subset = given["subset"]
        names = subset.elts if isinstance(subset, (ast.List, ast.Tuple)) else [subset]
        if len(names) != 1 or not isinstance(names[0], ast.Constant) or not isinstance(names[0].value, str):
            continue
        frame = facts.text(found[0])
        text = f"{frame}.loc[{frame}[{facts.text(names[0])}].notna(), {facts.text(node.slice)}]"
        yield RULE.site(
            facts, node, "all columns are copied to read one",
            facts.edits.replace(node, text),
        )  # fmt: skip
