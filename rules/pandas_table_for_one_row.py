"""A whole table converted to read its first row.

What it does
    Finds `df.to_dict("records")[0]`, `df.values.tolist()[0]` and
    converts the first row only.

Why it costs memory
    A dictionary or list for every row takes several times the frame, an array of mixed columns
    one object for every value.

Example
    sample = df.to_dict("records")[0]

Use instead
    sample = df.head(1).to_dict("records")[0]

When it is safe
    The first row of the converted table depends on that row and the types of the columns. An
    array of one type is a view of the frame, so sites are left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM422",
    name="pd-table-for-one-row",
    trust=Trust.EXACT,
    summary="a whole table is converted to read one row",
    triggers=("records", "values", "to_numpy", "tolist"),
    pair=Pair("D35", 21.44, 0.00),
    search_only=True,
    examples=(
        Example(
            'def sample(df):\n    return df.to_dict("records")[0]\n',
            'def sample(df):\n    return df.head(1).to_dict("records")[0]\n',
            call=(
                'sample(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
        Example(
            'def start(df):\n    row = df[["a", "b"]].values.tolist()[0]\n    return row\n',
            'def start(df):\n    row = df[["a", "b"]].head(1).values.tolist()[0]\n    return row\n',
            call=(
                'start(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}))'
            ),
        ),
    ),
    counterexamples=(
        ('def f(df):\n    return df.to_dict("records")[1]\n'),
        ('def f(df):\n    return df.to_dict("list")["a"]\n'),
        ("def f(d):\n    return list(d.values)[0]\n"),
        ("def f(df, i):\n    return df.values.tolist()[i]\n"),
        ("def f(d):\n    return d.values()[0]\n"),
        ('def f(s):\n    return s["a"].values.tolist()[0]\n'),
        ('def f(a, b):\n    return (a or b).to_dict("records")[0]\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """First rows of tables made dictionaries, lists or an array."""
    for node in facts.walk(ast.Subscript):
        if patterns.number(node.slice) != 0 or not isinstance(node.ctx, ast.Load):
            continue
        frame = _table(facts, node.value)
        if frame is None or frames.column(frame) is not None or patterns.method(frame, "head"):
            continue
        if not isinstance(frame, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
            continue  # anything else stands in parentheses, and `.head(1)` would come inside
        end = facts.range(frame)[1]
        yield RULE.site(facts, node, "one row of the table is read", (Edit(end, end, ".head(1)"),))


def _table(facts: Facts, node: ast.expr) -> ast.expr | None:
    """The frame that becomes rows; None if it may be something else."""
    records = patterns.method(node, "to_dict")
    if records is not None:
        given = patterns.arguments(records[1], "orient")
        orient = given.get("orient") if given and len(given) == 1 else None
        return records[0] if isinstance(orient, ast.Constant) and orient.value == "records" else None
    listed = patterns.method(node, "tolist")
    array = listed[0] if listed is not None else node
    made = patterns.method(array, "to_numpy")
    if made is not None and not made[1].args and not made[1].keywords:
        frame = made[0]
    elif isinstance(array, ast.Attribute) and array.attr == "values":
        frame = array.value
    else:
        return None
    known = frames.columns(frame) or frames.likely(facts, frame)
    return frame if known and listed is not None else None
