"""The values of a frame are put together in one type to be cast to another.

What it does
    Finds `df.values.astype(np.float32)` and `df.to_numpy().astype(...)` of frames and asks for the
    type at once.

Why it costs memory
    The columns of a frame have types of their own; their values are first put together in the
    widest of them, and the cast stands beside that.

Example
    features = df[columns].values.astype(np.float32)

Use instead
    features = df[columns].to_numpy(dtype=np.float32, copy=True)

When it is safe
    For columns of numbers. What is a frame and what its columns hold is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, dtypes, frames, patterns
from codeopt.rule import Example, Pair, Rule

_WHOLE = ("drop", "select_dtypes", "dropna", "fillna", "reset_index", "sort_values", "reindex")

RULE = Rule(
    code="MEM481",
    name="pd-values-then-cast",
    trust=Trust.EXACT,
    summary="the values of a frame are put together in one type to be cast to another",
    triggers=(".astype(",),
    pair=Pair("D30", 14.4, 4.8),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\nimport pandas as pd\n\ndef f():\n"
            '    df = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})\n'
            "    return df.values.astype(np.float32)\n",
            "import numpy as np\nimport pandas as pd\n\ndef f():\n"
            '    df = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})\n'
            "    return df.to_numpy(dtype=np.float32, copy=True)\n",
            call="f()",
        ),
        Example(
            'import pandas as pd\n\ndef f(df):\n    return df[["a", "b"]].to_numpy().astype("float32")\n',
            "import pandas as pd\n\ndef f(df):\n"
            '    return df[["a", "b"]].to_numpy(dtype="float32", copy=True)\n',
            call='f(pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]}))',
        ),
    ),
    counterexamples=(
        'import pandas as pd\n\ndef f(df):\n    return df["a"].values.astype("float32")\n',
        "import pandas as pd\n\ndef f(df):\n    return df.values.astype(str)\n",
        "def f(image):\n    return image.values.astype(float)\n",
        "import pandas as pd\n\ndef f(df):\n    return df.to_numpy(dtype=float).astype(int)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Casts of all values of a frame."""
    for call in facts.walk(ast.Call):
        cast = dtypes.cast(facts, call)
        if cast is None or cast.name is None:
            continue
        values = cast.array
        if isinstance(values, ast.Attribute) and values.attr == "values":
            frame = values.value
        elif isinstance(values, ast.Call) and not values.args and not values.keywords:
            found = patterns.method(values, "to_numpy")
            if found is None:
                continue
            frame = found[0]
        else:
            continue
        start, end = facts.range(frame)[1], facts.range(call)[1]
        if _is_frame(facts, frame) and b"#" not in facts.source.data[start:end]:
            edit = Edit(start, end, f".to_numpy(dtype={facts.text(cast.dtype)}, copy=True)")
            yield RULE.site(
                facts, call, "the values can be put together in the type they are cast to", (edit,),

            )  # fmt: skip


def _is_frame(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression surely or by its name is a frame of several columns."""
    if frames.surely(facts, node) or frames.named(node):
        return True
    if isinstance(node, ast.Subscript):
        several = frames.columns(node) or (isinstance(node.slice, ast.Name) and node.slice.id.endswith("s"))
        return several and frames.likely(facts, node.value)
    found = patterns.method(node, *_WHOLE)
    return found is not None and _is_frame(facts, found[0])
