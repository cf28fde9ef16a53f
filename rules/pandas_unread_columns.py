"""Rows are chosen or ordered with columns that nobody reads.

What it does
    Finds `df[mask]`, `df.sort_values(...)`, `df.dropna(subset=...)` and the like where every later use of
    the result reads named columns, also through functions of the same file, and keeps those columns only.

Why it costs memory
    Choosing rows copies them in every column. Of a wide table most of that is never read.

Example
    late = df[df["delay"] > 15]
    return late["price"].sum(), late["pieces"].max()

Use instead
    late = df.loc[df["delay"] > 15, ["price", "pieces"]]
    return late["price"].sum(), late["pieces"].max()

When it is safe
    Nothing else is done with the result: every use of it that the file shows is a column by its name, a
    choice of rows or a length. A frame without one of the columns is refused earlier and with another
    message, and names may repeat, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, columns, frames, patterns
from codeopt.rule import Example, Pair, Rule

_ORDERED = ("sort_values", "dropna", "drop_duplicates")

RULE = Rule(
    code="MEM450",
    name="pd-unread-columns",
    trust=Trust.EXACT,
    summary="rows are chosen or ordered with columns that nobody reads",
    triggers=("[",),
    pair=Pair("D21", 12.57, 3.86),
    search_only=True,
    examples=(
        Example(
            "import pandas as pd\n\ndef late(df):\n    chosen = df[df['delay'] > 15]\n"
            "    return chosen['price'].sum(), len(chosen), chosen['n'].max()\n",
            "import pandas as pd\n\ndef late(df):\n    chosen = df.loc[df['delay'] > 15, ['price', 'n']]\n"
            "    return chosen['price'].sum(), len(chosen), chosen['n'].max()\n",
            call="late(pd.DataFrame({'delay': [1, 20], 'price': [1.0, 2.0], 'n': [1, 2]}))",
        ),
        Example(
            "import pandas as pd\n\ndef clean(df):\n    return df.dropna(subset=['price'])\n\n"
            "def gross(table):\n    return table['price'] * table['n']\n\n"
            "def total(df):\n    table = clean(df)\n    return gross(table).sum()\n",
            "import pandas as pd\n\ndef clean(df):\n"
            "    return df[['price', 'n']].dropna(subset=['price'])\n\n"
            "def gross(table):\n    return table['price'] * table['n']\n\n"
            "def total(df):\n    table = clean(df)\n    return gross(table).sum()\n",
            call="total(pd.DataFrame({'delay': [1, 20], 'price': [1.0, None], 'n': [1, 2]}))",
        ),
    ),
    counterexamples=(
        "import pandas as pd\n\ndef f(df):\n    late = df[df['a'] > 1]\n    return late['b'], late\n",
        "import pandas as pd\n\ndef f(df, c):\n    late = df[df['a'] > 1]\n    return late['b'], late[c]\n",
        "import pandas as pd\n\ndef f(df):\n    return df[df['a'] > 1]\n\n"
        "def g(df):\n    return f(df).sum()\n",
        "import pandas as pd\n\ndef f(df, g):\n    late = df[df['a'] > 1]\n    return late['b'], g(late)\n",
        "import pandas as pd\n\ndef f(df, other):\n    late = df[other['a'] > 1]\n    return late['b']\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Choices of rows whose result is read by a few columns."""
    if not frames.imported(facts):
        return
    for node in facts.walk(ast.Subscript, ast.Call):
        if isinstance(facts.parent(node), ast.Subscript):
            continue
        edits = _chosen(facts, node) if isinstance(node, ast.Subscript) else ()
        edits = _ordered(facts, node) if isinstance(node, ast.Call) else edits
        if edits:
            message = "every column is copied, and most of them are never read"
            yield RULE.site(facts, node, message, edits)


def _chosen(facts: Facts, node: ast.Subscript) -> tuple[Edit, ...]:
    found = columns.chosen_rows(facts, node)
    wanted = columns.needed(facts, node) if found is not None else []
    if found is None or found[2] is not None or not wanted:
        return ()
    return columns.located(facts, node, node, f"[{', '.join(wanted)}]")


def _ordered(facts: Facts, node: ast.Call) -> tuple[Edit, ...]:
    found = patterns.method(node, *_ORDERED)
    if found is None or not patterns.plain(found[0]) or not frames.likely(facts, found[0]):
        return ()
    first = columns.by(facts, node)
    wanted = columns.needed(facts, node) if first is not None else []
    if first is None or not wanted:
        return ()
    names = ", ".join(dict.fromkeys([*first, *wanted]))
    return facts.edits.replace(found[0], f"{facts.text(found[0])}[[{names}]]")
