"""A column made a list only to be gone over.

What it does
    Finds loops over `df["a"].tolist()` and reductions of it and goes over the column.

Why it costs memory
    The list and its Python objects take five times the column, all before the loop begins.

Example
    for name in df["name"].tolist():
        count(name)

Use instead
    for name in df["name"]:
        count(name)

When it is safe
    A column gives the same Python objects one by one. A list does not follow when the loop
    writes the column; where that may be, a run decides, as it does for what is not surely a
    column.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_FOLDS = tuple(f"builtins.{name}" for name in ("sum", "min", "max", "any", "all", "set", "enumerate", "zip"))


RULE = Rule(
    code="MEM424",
    name="pd-listed-to-iterate",
    trust=Trust.EXACT,
    summary="a column becomes a list only to be gone over",
    triggers=("tolist()", "to_list()"),
    pair=Pair("D37", 15.06, 0.00),
    search_only=True,
    examples=(
        Example(
            "def total(df):\n"
            "    total = 0.0\n"
            '    for price in df["b"].tolist():\n'
            "        total += price\n"
            "    return total\n",
            "def total(df):\n"
            "    total = 0.0\n"
            '    for price in df["b"]:\n'
            "        total += price\n"
            "    return total\n",
            call=(
                'total(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def pairs(df):\n    return {k: v for k, v in zip(df["k"].to_list(), df["b"].tolist())}\n',
            'def pairs(df):\n    return {k: v for k, v in zip(df["k"], df["b"])}\n',
            call=(
                'pairs(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
            sites=2,
        ),
    ),
    counterexamples=(
        ("def f(x):\n    for a in x.tolist():\n        print(a)\n"),
        ('def f(df):\n    return df["a"].tolist()\n'),
        ('def f(df):\n    for a in df["a"].values.tolist():\n        print(a)\n'),
        ('def f(df):\n    return sorted(df["a"].unique().tolist())\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lists of a column that only feed a loop or a fold."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "tolist", "to_list")
        if found is None or call.args or call.keywords:
            continue
        column = found[0]
        known = patterns.kind(facts, column) == "series"
        if not known and not _is_column(facts, column):
            continue
        user = facts.parent(call)
        loops = isinstance(user, (ast.For, ast.comprehension)) and user.iter is call
        if loops or (isinstance(user, ast.Call) and patterns.is_call(facts, user, *_FOLDS)):
            yield RULE.site(
                facts, call, "the column can be gone over itself",
                facts.edits.replace(call, facts.text(column)),
            )  # fmt: skip


def _is_column(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression takes a column of what is called a frame, or may be one where pandas is used."""
    if frames.column(node) is not None and frames.imported(facts):
        return True
    base = node.value if isinstance(node, ast.Subscript) else None
    named = isinstance(base, ast.Name) and (base.id == "df" or base.id.endswith("_df"))
    return named and patterns.string_key(node) is not None
