"""A mask of a whole frame is made to count what is missing in each column.

What it does
    Finds `df.isna().sum()`, also of `.mean()`, `.any()` and `.all()`, and makes one column's mask
    at a time.

Why it costs memory
    The mask holds a byte for every value of the frame; counting needs one column of it.

Example
    missing = df.isna().sum()

Use instead
    missing = df.apply(lambda column: column.isna().sum())

When it is safe
    For frames that have columns; a frame without any, or what only is called like a frame, is left
    to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM482",
    name="pd-missing-counted",
    trust=Trust.EXACT,
    summary="a mask of a whole frame is made to count what is missing in each column",
    triggers=("isna()", "isnull()", "notna()", "notnull()"),
    pair=Pair("D31", 1.27, 0.27),
    search_only=True,
    examples=(
        Example(
            "import pandas as pd\n\ndef f(df):\n    return df.isna().sum()\n",
            "import pandas as pd\n\ndef f(df):\n    return df.apply(lambda column: column.isna().sum())\n",
            call='f(pd.DataFrame({"a": [1.0, None], "b": ["x", "y"]}))',
        ),
        Example(
            "import pandas as pd\n\ndef f(train_df):\n    return train_df.isnull().sum().sum()\n",
            "import pandas as pd\n\ndef f(train_df):\n"
            "    return train_df.apply(lambda column: column.isnull().sum()).sum()\n",
            call='f(pd.DataFrame({"a": [1.0, None], "b": ["x", "y"]}))',
        ),
    ),
    counterexamples=(
        'import pandas as pd\n\ndef f(df):\n    return df["a"].isna().sum()\n',
        "import pandas as pd\n\ndef f(df):\n    return df.isna().sum(axis=1)\n",
        "import pandas as pd\n\ndef f(df):\n    mask = df.isna()\n    return mask.sum(), mask\n",
        'import pandas as pd\n\ndef f(df):\n    return df.isna().sum()["a"]\n',
        "import pandas as pd\n\ndef f(s: pd.Series):\n    return s.isna().sum()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Counts of missing values, column by column."""
    for call in facts.walk(ast.Call):
        counted = patterns.method(call, "sum", "mean", "any", "all")
        made = patterns.method(counted[0], "isna", "isnull", "notna", "notnull") if counted else None
        if counted is None or made is None or call.args or call.keywords or made[1].args:
            continue
        if not (frames.surely(facts, made[0]) or frames.named(made[0])):
            continue
        # One column's count, and whether anything at all is missing, have rules of their own.
        around = facts.parent(call)
        if isinstance(around, ast.Subscript) and around.value is call:
            continue
        if isinstance(around, ast.Attribute) and around.attr in ("any", "all", "loc"):
            continue
        name = facts.names.fresh_name("column", call)
        test, fold = (c.func.attr for c in (made[1], call) if isinstance(c.func, ast.Attribute))
        text = f"{facts.text(made[0])}.apply(lambda {name}: {name}.{test}().{fold}())"
        yield RULE.site(
            facts, call, "one column's mask at a time is enough", facts.edits.replace(call, text),

        )  # fmt: skip
