"""A new array copied into a frame or series.

What it does
    Finds `pd.Series(...)` and `pd.DataFrame(...)` of an array made in the call itself and adds
    `copy=False`.

Why it costs memory
    Since pandas 3 the constructors copy an array they are given, here one that nobody else
    holds.

Example
    spectrum = pd.Series(np.abs(signal))

Use instead
    spectrum = pd.Series(np.abs(signal), copy=False)

When it is safe
    Nobody but the frame can see the array. A frame then keeps the array's own memory order, and
    a read-only array stays one, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_MAKERS = ("pandas.Series", "pandas.DataFrame")
_LENIENT = {"index", "columns", "name"}


RULE = Rule(
    code="MEM426",
    name="pd-constructor-copy",
    trust=Trust.EXACT,
    summary="a new array is copied into a frame or series",
    triggers=("Series(", "DataFrame("),
    pair=Pair("D39", 30.53, 16.28),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n"
            "import pandas as pd\n"
            "\n"
            "def spectrum(signal):\n"
            '    return pd.Series(np.abs(signal), name="power")\n',
            "import numpy as np\n"
            "import pandas as pd\n"
            "\n"
            "def spectrum(signal):\n"
            '    return pd.Series(np.abs(signal), name="power", copy=False)\n',
            call="spectrum(np.array([-1.0, 2.0]))",
        ),
        Example(
            "import numpy as np\n"
            "import pandas as pd\n"
            "\n"
            "def table(n):\n"
            '    return pd.DataFrame({"x": np.linspace(0, 1, n), "y": np.zeros(n)}, '
            "index=range(n))\n",
            "import numpy as np\n"
            "import pandas as pd\n"
            "\n"
            "def table(n):\n"
            '    return pd.DataFrame({"x": np.linspace(0, 1, n), "y": np.zeros(n)}, '
            "index=range(n), copy=False)\n",
            call="table(3)",
        ),
    ),
    counterexamples=(
        ("import pandas as pd\n\ndef f(x):\n    return pd.Series(x)\n"),
        ("import pandas as pd\nimport numpy as np\n\ndef f(x):\n    return pd.Series(np.asarray(x))\n"),
        (
            "import pandas as pd\n"
            "import numpy as np\n"
            "\n"
            "def f(x):\n"
            "    return pd.Series(np.exp(x), copy=True)\n"
        ),
        ('import pandas as pd\n\ndef f(x, y):\n    return pd.DataFrame({"a": x, "b": [1, 2]})\n'),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Constructors of arrays that nothing else holds."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, *_MAKERS) or not call.args:
            continue
        given = patterns.arguments(call, "data", "index", "columns")
        data = given.pop("data", None) if given else None
        if given is None or data is None or not set(given) <= _LENIENT:
            continue
        parts = data.values if isinstance(data, ast.Dict) else [data]
        if parts and all(_is_new(facts, part) for part in parts):
            yield RULE.site(
                facts, call, "nothing else holds the array",
                patterns.add_argument(facts, call, "copy=False"),
            )  # fmt: skip


def _is_new(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression surely makes a new array."""
    if not isinstance(node, ast.Call) or not facts.aliases.fresh(node).owned:
        return False
    literal = any(isinstance(a, (ast.List, ast.Constant, ast.ListComp)) for a in node.args[:1])
    kind = patterns.kind(facts, node)
    return kind in ("ndarray", "unknown") and not (literal and facts.names.dotted(node.func) == "numpy.array")
