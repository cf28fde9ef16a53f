"""A column is converted value by value.

What it does
    Finds `df["a"].apply(float)`, `.map(int)` and `.apply(lambda x: int(x))` and converts the column
    at once; `.apply(len)` becomes `.str.len()`.

Why it costs memory
    Every value becomes an object of Python and so does every result, before they are packed into a
    column again.

Example
    prices = df["price"].map(float)

Use instead
    prices = df["price"].astype(float)

When it is safe
    For columns of numbers, or of text that says numbers. Missing values are refused or kept in other
    words, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_WAYS = {"builtins.float": "astype(float)", "builtins.int": "astype(int)", "builtins.len": "str.len()"}

RULE = Rule(
    code="MEM483",
    name="pd-apply-type",
    trust=Trust.EXACT,
    summary="a column is converted value by value",
    triggers=(".apply(", ".map("),
    pair=Pair("D33", 24.7, 2.4),
    search_only=True,
    examples=(
        Example(
            'import pandas as pd\n\ndef f(df):\n    return df["a"].apply(float)\n',
            'import pandas as pd\n\ndef f(df):\n    return df["a"].astype(float)\n',
            call='f(pd.DataFrame({"a": ["1", "2.5"]}))',
        ),
        Example(
            "import pandas as pd\n\ndef f(s: pd.Series):\n    longest = s.map(len).max()\n"
            "    return longest, s.apply(lambda t: int(t))\n",
            "import pandas as pd\n\ndef f(s: pd.Series):\n    longest = s.str.len().max()\n"
            "    return longest, s.astype(int)\n",
            call='f(pd.Series(["12", "3"]))',
            sites=2,
        ),
    ),
    counterexamples=(
        'import pandas as pd\n\ndef f(df):\n    return df["a"].apply(str)\n',
        "import pandas as pd\n\ndef f(df):\n    return df.apply(len)\n",
        'import pandas as pd\n\ndef f(df):\n    return df["a"].apply(lambda t: int(t) + 1)\n',
        'import pandas as pd\n\ndef f(df):\n    return df["a"].apply(int, base=2)\n',
        "def f(xs):\n    return xs['a'].map(float)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Conversions by a builtin."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "apply", "map")
        if found is None or len(call.args) != 1 or call.keywords or not isinstance(call.func, ast.Attribute):
            continue
        column = frames.column(found[0]) is not None and frames.likely(facts, found[0].value)  # type: ignore[attr-defined]
        if not column and patterns.kind(facts, found[0]) != "series":
            continue
        if not frames.imported(facts):
            continue
        way = _WAYS.get(_builtin(facts, call.args[0]))
        if way is not None:
            edit = Edit(facts.range(found[0])[1], facts.range(call)[1], f".{way}")
            if b"#" not in facts.source.data[edit.start : edit.end]:
                yield RULE.site(facts, call, "the column can be converted at once", (edit,))


def _builtin(facts: Facts, function: ast.expr) -> str:
    """The builtin that a function is, also behind `lambda x: builtin(x)`."""
    if isinstance(function, ast.Lambda):
        inner, names = function.body, function.args
        plain = len(names.args) == 1 and not (
            names.posonlyargs or names.kwonlyargs or names.vararg or names.kwarg
        )
        if not plain or not isinstance(inner, ast.Call) or len(inner.args) != 1 or inner.keywords:
            return ""
        argument = inner.args[0]
        same = isinstance(argument, ast.Name) and argument.id == names.args[0].arg
        return (facts.names.dotted(inner.func) or "") if same else ""
    return facts.names.dotted(function) or ""
