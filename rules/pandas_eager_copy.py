"""A frame copied eagerly where copy-on-write would do.

What it does
    Finds `df.copy()` of a frame and makes the copy lazy by `deep=False`.

Why it costs memory
    `copy()` duplicates every column at once. With copy-on-write, the rule since pandas 3, a
    shallow copy duplicates a column when it is written, and the others never.

Example
    out = df.copy()
    out["rate"] = out["a"] / out["b"]

Use instead
    out = df.copy(deep=False)
    out["rate"] = out["a"] / out["b"]

When it is safe
    Under copy-on-write no write through one frame shows in another. Before pandas 3 it does, so
    this is only ever decided by running with the versions in use.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_FRAME_METHODS = frozenset(
    [
        "groupby",
        "merge",
        "sort_values",
        "dropna",
        "fillna",
        "iterrows",
        "itertuples",
        "loc",
        "iloc",
        "columns",
        "set_index",
    ]
)

RULE = Rule(
    code="MEM406",
    name="pd-eager-copy",
    trust=Trust.EXACT,
    summary="a frame is copied at once where copy-on-write would do",
    triggers=(".copy()",),
    pair=Pair("D06b", 15.28, 3.05),
    search_only=True,
    examples=(
        Example(
            'import pandas as pd\n\ndef rates(df):\n    out = df.copy()\n    out["rate"] = out["a"] / 2\n'
            "    return out\n",
            "import pandas as pd\n\ndef rates(df):\n    out = df.copy(deep=False)\n"
            '    out["rate"] = out["a"] / 2\n'
            "    return out\n",
            call='rates(pd.DataFrame({"a": [1.0, 2.0]}))',
        ),
        Example(
            "import pandas as pd\n\ndef top(df: pd.DataFrame):\n    work = df.copy()\n"
            "    return work.head()\n",
            "import pandas as pd\n\ndef top(df: pd.DataFrame):\n    work = df.copy(deep=False)\n"
            "    return work.head()\n",
            call='top(pd.DataFrame({"a": [1.0, 2.0]}))',
        ),
    ),
    counterexamples=(
        "import numpy as np\nimport pandas as pd\n\ndef f(x: np.ndarray):\n    y = x.copy()\n    return y\n",
        "import pandas as pd\n\ndef f(options):\n    o = options.copy()\n    o.update(a=1)\n    return o\n",
        "import pandas as pd\n\ndef f(df: pd.DataFrame):\n    return df.copy(deep=True)\n",
        'def f(df):\n    out = df.copy()\n    out["a"] = 1\n    return out\n',
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Eager copies of what is a frame by its type or by how it is used."""
    if facts.names.spell("pandas") is None:
        return
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "copy")
        if found is None or call.args or call.keywords or facts.names.dotted(call.func) is not None:
            continue
        if _is_frame(facts, call, found[0]):
            yield RULE.site(
                facts, call, "copy-on-write copies only what is written",
                patterns.add_argument(facts, call, "deep=False"),
            )  # fmt: skip


def _is_frame(facts: Facts, call: ast.Call, source: ast.expr) -> bool:
    kind = patterns.kind(facts, source)
    if kind != "unknown":
        return kind in ("frame", "series")
    if isinstance(source, ast.Subscript) and patterns.column_mask(source.slice, source.value):
        return True
    if isinstance(source, ast.Name) and (
        source.id == "df" or source.id.endswith("_df") or source.id.startswith("df_")
    ):
        return True
    parent, function = facts.parent(call), facts.function(call)
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    if not isinstance(target, ast.Name) or not isinstance(function, DEFS):
        return False
    uses = (facts.parent(u) for u in facts.names.uses(target.id, function))
    return any(isinstance(u, ast.Attribute) and u.attr in _FRAME_METHODS for u in uses)
