"""An input copied by an estimator though nothing reads it again.

What it does
    Finds `LinearRegression().fit(x, y)`, `MinMaxScaler().fit_transform(x)` and others where `x` was
    made in the function and is not read afterwards, and adds `copy_X=False` or `copy=False`.

Why it costs memory
    The estimator centres or scales a copy of the input so that the caller's stays as it was.

Example
    x = np.column_stack([ones, times])
    return LinearRegression().fit(x, y).coef_

Use instead
    x = np.column_stack([ones, times])
    return LinearRegression(copy_X=False).fit(x, y).coef_

When it is safe
    The function alone holds the input and does not read it again. The estimator tells its
    options if asked, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, estimators, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_OPTION = {
    "LinearRegression": "copy_X", "Ridge": "copy_X", "Lars": "copy_X", "LassoLars": "copy_X",
    "BayesianRidge": "copy_X", "ARDRegression": "copy_X", "KMeans": "copy_x", "FactorAnalysis": "copy",
    "PLSRegression": "copy",
}  # fmt: skip
# Their option counts for every later `transform` too, so they must serve once.
_SCALERS = (
    "MinMaxScaler", "RobustScaler", "Normalizer", "Binarizer", "QuantileTransformer", "PowerTransformer",
    "SimpleImputer", "IncrementalPCA",
)  # fmt: skip


RULE = Rule(
    code="MEM522",
    name="sk-input-copy",
    trust=Trust.EXACT,
    summary="an estimator copies an input that nothing reads again",
    triggers=(".fit(", ".fit_predict(", ".fit_transform("),
    pair=Pair("S11", 19.93, 18.31),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n"
            "from sklearn.linear_model import LinearRegression\n"
            "\n"
            "def trend(times, y):\n"
            "    x = np.column_stack([times, times**2])\n"
            "    return LinearRegression().fit(x, y).coef_\n",
            "import numpy as np\n"
            "from sklearn.linear_model import LinearRegression\n"
            "\n"
            "def trend(times, y):\n"
            "    x = np.column_stack([times, times**2])\n"
            "    return LinearRegression(copy_X=False).fit(x, y).coef_\n",
            call="trend(np.arange(5.0), np.arange(5.0) ** 2)",
        ),
        Example(
            "import numpy as np\n"
            "from sklearn.linear_model import Ridge\n"
            "\n"
            "def weights(a, y):\n"
            "    x = np.exp(a)\n"
            "    model = Ridge(alpha=0.1)\n"
            "    model.fit(x, y)\n"
            "    return model.coef_\n",
            "import numpy as np\n"
            "from sklearn.linear_model import Ridge\n"
            "\n"
            "def weights(a, y):\n"
            "    x = np.exp(a)\n"
            "    model = Ridge(alpha=0.1, copy_X=False)\n"
            "    model.fit(x, y)\n"
            "    return model.coef_\n",
            call="weights(np.arange(6.0).reshape(3, 2), np.arange(3.0))",
        ),
        Example(
            "import numpy as np\n"
            "from sklearn.preprocessing import MinMaxScaler\n"
            "\n"
            "def scaled(a):\n"
            "    x = np.exp(a)\n"
            "    x = MinMaxScaler().fit_transform(x)\n"
            "    return x\n",
            "import numpy as np\n"
            "from sklearn.preprocessing import MinMaxScaler\n"
            "\n"
            "def scaled(a):\n"
            "    x = np.exp(a)\n"
            "    x = MinMaxScaler(copy=False).fit_transform(x)\n"
            "    return x\n",
            call="scaled(np.arange(6.0).reshape(3, 2))",
        ),
    ),
    counterexamples=(
        (
            "import numpy as np\n"
            "from sklearn.preprocessing import RobustScaler\n"
            "\n"
            "def f(a, b):\n"
            "    x = np.exp(a)\n"
            "    return RobustScaler().fit(x).transform(b)\n"
        ),
        (
            "import numpy as np\n"
            "from sklearn.preprocessing import MinMaxScaler\n"
            "\n"
            "def f(a, b):\n"
            "    x = np.exp(a)\n"
            "    scaler = MinMaxScaler()\n"
            "    return scaler.fit_transform(x), scaler.transform(b)\n"
        ),
        ("from sklearn.linear_model import Ridge\n\ndef f(x, y):\n    return Ridge().fit(x, y).coef_\n"),
        (
            "import numpy as np\n"
            "from sklearn.linear_model import Ridge\n"
            "\n"
            "def f(a, y):\n"
            "    x = np.exp(a)\n"
            "    m = Ridge().fit(x, y)\n"
            "    return m.predict(x)\n"
        ),
        (
            "import numpy as np\n"
            "from sklearn.linear_model import Ridge\n"
            "\n"
            "def f(a, y):\n"
            "    x = np.exp(a)\n"
            "    return Ridge(copy_X=True).fit(x, y)\n"
        ),
        (
            "import numpy as np\n"
            "from sklearn.svm import SVC\n"
            "\n"
            "def f(a, y):\n"
            "    x = np.exp(a)\n"
            "    return SVC().fit(x, y)\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Fits of estimators that copy an array the function made and is done with."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "fit", "fit_predict", "fit_transform")
        data = call.args[0] if found and call.args else None
        function = facts.function(call)
        if found is None or not isinstance(data, ast.Name) or not isinstance(function, DEFS):
            continue
        made = estimators.makers(facts, found[0])
        name = estimators.name(facts, made[0]) if len(made) == 1 else ""
        once = made[:1] == [found[0]] and patterns.method(call, "fit_transform") is not None
        option = _OPTION.get(name, "copy" if name in _SCALERS and once else "")
        maker, stmt = made[0] if option else None, facts.statement(call)
        if not isinstance(maker, ast.Call) or any(k.arg in (option, None) for k in maker.keywords):
            continue
        uses = [n for n in ast.walk(stmt) if isinstance(n, ast.Name) and n.id == data.id]
        reads = [n for n in uses if isinstance(n.ctx, ast.Load)]
        rebound = len(uses) > len(reads)
        if len(reads) != 1 or (not rebound and data.id in facts.flow(function).live_after(stmt)):
            continue
        if facts.aliases.owner(data.id, stmt, function).owned:
            yield RULE.site(
                facts, call, "nothing reads the input again",
                patterns.add_argument(facts, maker, f"{option}=False"),
            )  # fmt: skip
