"""A function of Python that reduces each group.

What it does
    Finds `groupby(...)["x"].transform(lambda g: g.max())` and names the reduction:
    `transform("max")`.

Why it costs memory
    A series is made for each group, first of all of them in a copy sorted by group, and the
    results are joined again.

Example
    df.groupby("kind")["price"].transform(lambda g: g.max())

Use instead
    df.groupby("kind")["price"].transform("max")

When it is safe
    The reductions are the same up to rounding of sums. A group of text or of mixed types may be
    treated differently, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_REDUCERS = ("sum", "mean", "median", "min", "max", "std", "var", "count", "nunique", "prod")


RULE = Rule(
    code="MEM427",
    name="pd-lambda-per-group",
    trust=Trust.CLOSE,
    summary="a function of Python reduces each group",
    triggers=("groupby(",),
    pair=Pair("D40", 18.55, 5.56),
    search_only=True,
    examples=(
        Example(
            'def highest(df):\n    return df.groupby("k")["b"].transform(lambda g: g.max())\n',
            'def highest(df):\n    return df.groupby("k")["b"].transform("max")\n',
            call=(
                'highest(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def totals(df):\n    return df.groupby("k")["a"].agg(lambda x: x.sum())\n',
            'def totals(df):\n    return df.groupby("k")["a"].agg("sum")\n',
            call=(
                'totals(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def sizes(df):\n    return df.groupby("k").apply(len)\n',
            'def sizes(df):\n    return df.groupby("k").size()\n',
            call=(
                'sizes(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df.groupby("k")["a"].transform(lambda g: g - g.mean())\n'),
        ('def f(df):\n    return df.groupby("k")["a"].transform("max")\n'),
        ('def f(df):\n    return df.groupby("k").transform(lambda g: g.max(skipna=False))\n'),
        ('def f(df, x):\n    return df.groupby("k")["a"].agg(lambda g: x.max())\n'),
        ("def f(s):\n    return s.rolling(3).apply(lambda g: g.max())\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lambdas that call one reduction of their group, and lengths."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "transform", "agg", "aggregate", "apply")
        if found is None or len(call.args) != 1 or call.keywords:
            continue
        grouped, one = found[0], False
        if isinstance(grouped, ast.Subscript):
            one, grouped = frames.column(grouped) is not None, grouped.value
        if patterns.method(grouped, "groupby") is None:
            continue
        name, func = call.func.attr, call.args[0]  # type: ignore[attr-defined]
        if name == "apply" and facts.names.dotted(func) == "builtins.len":
            edits = facts.edits.replace(call, f"{facts.text(found[0])}.size()")
        elif one and isinstance(func, ast.Lambda) and (reducer := _reducer(func)):
            edits = facts.edits.replace(func, f'"{reducer}"')
            if name == "apply":
                edits = facts.edits.replace(call, f'{facts.text(found[0])}.agg("{reducer}")')
        else:
            continue
        yield RULE.site(facts, call, "pandas reduces groups itself", edits)


def _reducer(func: ast.Lambda) -> str:
    """The reduction of its argument that a lambda calls, if that is all it does."""
    found = patterns.method(func.body, *_REDUCERS)
    if found is None or found[1].args or found[1].keywords or len(func.args.args) != 1 or func.args.defaults:
        return ""
    own = isinstance(found[0], ast.Name) and found[0].id == func.args.args[0].arg
    return found[1].func.attr if own else ""  # type: ignore[attr-defined]
