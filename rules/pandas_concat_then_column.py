"""Whole frames joined to read one column.

What it does
    Finds `pd.concat([a, b])["price"]` and joins that column of each.

Why it costs memory
    The joined frame copies every column of every part.

Example
    prices = pd.concat([old, new])["price"]

Use instead
    prices = pd.concat([old["price"], new["price"]])

When it is safe
    Every part is a frame with that column; `concat` fills a missing one with missing values, so
    the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM420",
    name="pd-concat-then-column",
    trust=Trust.EXACT,
    summary="whole frames are joined to read one column",
    triggers=("concat(",),
    pair=Pair("D33", 11.53, 2.97),
    search_only=True,
    examples=(
        Example(
            'import pandas as pd\n\ndef prices(old, new):\n    return pd.concat([old, new])["price"]\n',
            "import pandas as pd\n"
            "\n"
            "def prices(old, new):\n"
            '    return pd.concat([old["price"], new["price"]])\n',
            call=(
                'prices(pd.DataFrame({"price": [1, 2], "n": [1, 1]}), pd.DataFrame({"price": [3], "n": [1]}))'
            ),
        ),
        Example(
            "import pandas as pd\n"
            "\n"
            "def limit(parts):\n"
            '    return pd.concat(parts, ignore_index=True)["price"].max()\n',
            "import pandas as pd\n"
            "\n"
            "def limit(parts):\n"
            '    return pd.concat([part["price"] for part in parts], '
            "ignore_index=True).max()\n",
            call=(
                'limit([pd.DataFrame({"price": [1, 2], "n": [1, 1]}), pd.DataFrame({"price": '
                '[3], "n": [1]})])'
            ),
        ),
    ),
    counterexamples=(
        ("import pandas as pd\n\ndef f(a, b):\n    return pd.concat([a, b])\n"),
        ('import pandas as pd\n\ndef f(a, b):\n    return pd.concat([a, b], axis=1)["x"]\n'),
        ("import pandas as pd\n\ndef f(a, b, c):\n    return pd.concat([a, b])[c]\n"),
        ('import pandas as pd\n\ndef f(a, b):\n    return pd.concat([a, b], keys=["a", "b"])["a"]\n'),
        ('import pandas as pd\n\ndef f(d):\n    return pd.concat(make(d))["a"]\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One column of frames joined by rows."""
    for node in facts.walk(ast.Subscript):
        call = node.value
        if frames.column(node) is None or not patterns.is_call(facts, call, "pandas.concat"):
            continue
        given = patterns.arguments(call, "objs")  # type: ignore[arg-type]
        parts = given.pop("objs", None) if given else None
        if given is None or parts is None or not set(given) <= {"ignore_index"}:
            continue
        key = facts.text(node.slice)
        if isinstance(parts, (ast.List, ast.Tuple)) and all(patterns.plain(e) for e in parts.elts):
            edits = [e for p in parts.elts for e in facts.edits.replace(p, f"{facts.text(p)}[{key}]")]
        elif isinstance(parts, ast.Name):
            name = facts.names.fresh_name("part", node)
            text = f"[{name}[{key}] for {name} in {facts.text(parts)}]"
            edits = list(facts.edits.replace(parts, text))
        else:
            continue
        end = facts.range(call)[1]
        edits.append(Edit(end, facts.range(node)[1], ""))
        yield RULE.site(facts, node, "one column of the joined frames is read", edits)
