"""A dictionary for every row, built before the first is read.

What it does
    Finds `for row in df.to_dict("records")` where rows are only read by constant column names,
    and goes over `df.itertuples(index=False)` instead.

Why it costs memory
    All dictionaries exist before the loop begins: several times the size of the frame.

Example
    for row in df.to_dict("records"):
        total += row["price"]

Use instead
    for row in df.itertuples(index=False):
        total += row.price

When it is safe
    Rows are only read as `row["name"]` with names that are valid attributes. Values are the
    same Python objects for the usual dtypes; nullable integers differ in type, so the site is
    left to a run.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM407",
    name="pd-records-loop",
    trust=Trust.EXACT,
    summary="a dictionary is built for every row before the first is read",
    triggers=("to_dict",),
    pair=Pair("D13", 21.44, 0.02),
    search_only=True,
    examples=(
        Example(
            'def total(df):\n    total = 0.0\n    for row in df.to_dict("records"):\n'
            '        total += row["price"] * row["n"]\n    return total\n',
            "def total(df):\n    total = 0.0\n    for row in df.itertuples(index=False):\n"
            "        total += row.price * row.n\n    return total\n",
            call='total(__import__("pandas").DataFrame({"price": [1.5, 2.0], "n": [1, 2]}))',
        ),
        Example(
            'def names(df):\n    return [r["name"].upper() for r in df.to_dict(orient="records")]\n',
            "def names(df):\n    return [r.name.upper() for r in df.itertuples(index=False)]\n",
            call='names(__import__("pandas").DataFrame({"name": ["a", "b"]}))',
        ),
    ),
    counterexamples=(
        'def f(df):\n    for row in df.to_dict("records"):\n        print(row)\n',
        'def f(df):\n    for row in df.to_dict("records"):\n        print(row["class"])\n',
        'def f(df):\n    for row in df.to_dict("records"):\n        row["a"] = 1\n        print(row["a"])\n',
        'def f(df):\n    for row in df.to_dict("list"):\n        print(row["a"])\n',
        'def f(df):\n    for row in df.to_dict("records"):\n        print(row["a"], row.get("b"))\n',
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loops and comprehensions over records."""
    loops: Iterator[ast.For | ast.comprehension] = facts.walk(ast.For, ast.comprehension)
    for loop in loops:
        found = patterns.method(loop.iter, "to_dict")
        given = patterns.arguments(found[1], "orient") if found else None
        orient = given.get("orient") if given else None
        if (
            found is None
            or given is None
            or set(given) != {"orient"}
            or not isinstance(loop.target, ast.Name)
        ):
            continue
        if not isinstance(orient, ast.Constant) or orient.value != "records":
            continue
        uses = _uses(facts, loop.target)
        edits = [] if uses is None else [e for use in uses for e in _attribute(facts, use)]
        if edits:
            text = f"{patterns.operand(facts, found[0])}.itertuples(index=False)"
            edits += facts.edits.replace(loop.iter, text)
            yield RULE.site(facts, loop.iter, "rows can be made one at a time", edits)


def _uses(facts: Facts, target: ast.Name) -> list[ast.Subscript] | None:
    """The reads of a row, if each is a constant name that an attribute can have."""
    home = facts.names.home(target)
    if home is None:
        return None
    found: list[ast.Subscript] = []
    for name in facts.names.occurrences(target.id, home):
        if name is target:
            continue
        use = facts.parent(name)
        if not isinstance(use, ast.Subscript) or use.value is not name or not isinstance(use.ctx, ast.Load):
            return None
        key = patterns.string_key(use)
        if key is None or not key.isidentifier() or keyword.iskeyword(key) or key.startswith("_"):
            return None
        found.append(use)
    return found


def _attribute(facts: Facts, use: ast.Subscript) -> tuple[Edit, ...]:
    return facts.edits.replace(use, f"{facts.text(use.value)}.{patterns.string_key(use)}")
