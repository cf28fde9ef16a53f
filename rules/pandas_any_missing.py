"""A mask of a whole frame made to see whether anything is missing.

What it does
    Finds `df.isnull().values.any()` and `df.isna().any().any()` where only the truth of the
    answer counts, and asks one column after the other.

Why it costs memory
    The mask has a boolean for every value of the frame; a column at a time needs those of one,
    and the first missing value ends it.

Example
    if df.isnull().values.any():
        raise ValueError("missing values")

Use instead
    if any(column.hasnans for _, column in df.items()):
        raise ValueError("missing values")

When it is safe
    For frames, whose columns both ways call the same values missing. Not for a single column,
    which facts cannot always tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM409",
    name="pd-any-missing-by-mask",
    trust=Trust.EXACT,
    summary="a mask of a whole frame is made to see whether anything is missing",
    triggers=("isnull()", "isna()"),
    pair=Pair("D25", 30.53, 1.92),
    search_only=True,
    examples=(
        Example(
            "def check(df):\n"
            "    if df.isnull().values.any():\n"
            '        return "missing"\n'
            '    return "complete"\n',
            "def check(df):\n"
            "    if any(column.hasnans for _, column in df.items()):\n"
            '        return "missing"\n'
            '    return "complete"\n',
            call='[check(__import__("pandas").DataFrame({"a": [1.0, v], "b": [3, 4]})) for v in (2.0, None)]',
        ),
        Example(
            "def check(df):\n    assert not df.isna().any().any()\n    return len(df)\n",
            "def check(df):\n"
            "    assert not any(column.hasnans for _, column in df.items())\n"
            "    return len(df)\n",
            call='check(__import__("pandas").DataFrame({"a": [1.0, 3]}))',
        ),
    ),
    counterexamples=(
        ("def f(df):\n    return df.isnull().values.any()\n"),
        ("def f(df):\n    if df.isnull().any():\n        return 1\n"),
        ("def f(df):\n    if df['a'].isnull().values.any():\n        return 1\n"),
        ("def f(df):\n    if df.isnull().values.all():\n        return 1\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Masks of all columns of which only the truth of `any` is used."""
    for call in facts.walk(ast.Call):
        outer = patterns.method(call, "any")
        if outer is None or call.args or call.keywords or not frames.truth_only(facts, call):
            continue
        inner = outer[0]
        twice = patterns.method(inner, "any")
        if isinstance(inner, ast.Attribute) and inner.attr == "values":
            mask = inner.value
        elif twice is not None and not twice[1].args and not twice[1].keywords:
            mask = twice[0]
        else:
            continue
        made = patterns.method(mask, "isnull", "isna")
        if made is None or made[1].args or made[1].keywords or not patterns.plain(made[0]):
            continue
        frame = patterns.kind(facts, made[0]) in ("frame", "unknown")
        # Only a frame needs `any` twice; `values` are those of a column as well.
        if frame and (twice is not None or frames.surely(facts, made[0]) or _is_table(made[0])):
            name = facts.names.fresh_name("column", call)
            text = f"any({name}.hasnans for _, {name} in {facts.text(made[0])}.items())"
            yield RULE.site(facts, call, "a column at a time tells it", facts.edits.replace(call, text))


def _is_table(node: ast.expr) -> bool:
    """Whether a name says that its values have two axes."""
    return frames.named(node) or (isinstance(node, ast.Name) and node.id.split("_")[0] == "X")
