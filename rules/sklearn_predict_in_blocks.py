"""A model that predicts all rows at once by way of a table.

What it does
    Finds `predict` of Gaussian processes, kernel ridge regression, networks and brute-force
    neighbours made in sight, and predicts blocks of rows.

Why it costs memory
    Such a model holds a kernel to every training row, or its hidden layers, for each row it
    predicts.

Example
    values = model.predict(grid)

Use instead
    values = np.concatenate([model.predict(rows) for rows in np.array_split(grid, max(1, len(grid) // 256))])

When it is safe
    Each row is predicted by itself. A product of fewer rows may round in another order, and
    frames are split otherwise, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, estimators, library, patterns
from codeopt.rule import Example, Pair, Rule

_MODELS = library.words(
    "GaussianProcessRegressor GaussianProcessClassifier KernelRidge KernelPCA MLPClassifier "
    "MLPRegressor LabelPropagation LabelSpreading GaussianMixture"
)
_METHODS = ("predict", "predict_proba", "transform", "score_samples")
_BLOCKS = (256, 4096)


RULE = Rule(
    code="MEM521",
    name="sk-predict-in-blocks",
    trust=Trust.CLOSE,
    summary="a model predicts all rows at once by way of a table",
    triggers=(".predict", ".transform("),
    pair=Pair("S33", 24.57, 3.87),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n"
            "from sklearn.kernel_ridge import KernelRidge\n"
            "\n"
            "def smooth(x, y, grid):\n"
            '    model = KernelRidge(kernel="rbf").fit(x, y)\n'
            "    return model.predict(grid)\n",
            "import numpy as np\n"
            "from sklearn.kernel_ridge import KernelRidge\n"
            "\n"
            "def smooth(x, y, grid):\n"
            '    model = KernelRidge(kernel="rbf").fit(x, y)\n'
            "    return np.concatenate([model.predict(rows) for rows in "
            "np.array_split(grid, max(1, len(grid) // 256))])\n",
            call="smooth(np.eye(4), np.arange(4.0), np.random.default_rng(0).random((600, 4)))",
            sites=2,
        ),
        Example(
            "import numpy as np\n"
            "from sklearn.gaussian_process import GaussianProcessRegressor\n"
            "\n"
            "def smooth(x, y, grid):\n"
            "    gp = GaussianProcessRegressor()\n"
            "    gp.fit(x, y)\n"
            "    mean = gp.predict(grid)\n"
            "    return mean\n",
            "import numpy as np\n"
            "from sklearn.gaussian_process import GaussianProcessRegressor\n"
            "\n"
            "def smooth(x, y, grid):\n"
            "    gp = GaussianProcessRegressor()\n"
            "    gp.fit(x, y)\n"
            "    mean = np.concatenate([gp.predict(rows) for rows in np.array_split(grid, "
            "max(1, len(grid) // 256))])\n"
            "    return mean\n",
            call="smooth(np.eye(4), np.arange(4.0), np.random.default_rng(0).random((600, 4)))",
            sites=2,
        ),
    ),
    counterexamples=(
        (
            "import numpy as np\n"
            "from sklearn.gaussian_process import GaussianProcessRegressor\n"
            "\n"
            "def f(x, y, g):\n"
            "    gp = GaussianProcessRegressor().fit(x, y)\n"
            "    return gp.predict(g, return_std=True)\n"
        ),
        (
            "import numpy as np\n"
            "from sklearn.linear_model import LinearRegression\n"
            "\n"
            "def f(x, y, g):\n"
            "    m = LinearRegression().fit(x, y)\n"
            "    return m.predict(g)\n"
        ),
        ("import numpy as np\n\ndef f(m, g):\n    return m.predict(g)\n"),
        (
            "import numpy as np\n"
            "from sklearn.kernel_ridge import KernelRidge\n"
            "\n"
            "def f(x, y, g):\n"
            "    m = KernelRidge().fit(x, y)\n"
            "    return m.predict(g.reshape(-1, 1))\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Predictions of models that hold a table for each row."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, *_METHODS)
        if found is None or len(call.args) != 1 or call.keywords or not isinstance(call.args[0], ast.Name):
            continue
        if not patterns.plain(found[0]):
            continue
        makers = estimators.makers(facts, found[0])
        if not makers or not all(estimators.name(facts, m) in _MODELS for m in makers):
            continue
        join, split = (facts.names.spell(f"numpy.{n}", call) for n in ("concatenate", "array_split"))
        inside = isinstance(facts.parent(call), ast.ListComp)
        if join is None or split is None or inside or patterns.in_class_body(facts, call):
            continue
        base, name = facts.text(call.args[0]), facts.names.fresh_name("rows", call)
        body = patterns.with_parts(facts, call, {call.args[0]: name})
        for block in _BLOCKS:
            text = f"{join}([{body} for {name} in {split}({base}, max(1, len({base}) // {block}))])"
            yield RULE.site(
                facts, call, "rows can be predicted in blocks", facts.edits.replace(call, text),
                group="blocks", label=f"blocks of {block} rows",
            )  # fmt: skip
