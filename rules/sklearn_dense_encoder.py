"""Categories encoded densely for an estimator that takes them sparse.

What it does
    Finds `OneHotEncoder(sparse_output=False)` in a pipeline or before an estimator that accepts
    sparse matrices, and leaves its output sparse.

Why it costs memory
    Every row has a number for each category, all zeros but one.

Example
    model = make_pipeline(OneHotEncoder(sparse_output=False), LogisticRegression())

Use instead
    model = make_pipeline(OneHotEncoder(sparse_output=True), LogisticRegression())

When it is safe
    The estimator is one whose sparse path was measured to agree to rounding. What else reads
    the encoded table may want an array, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, estimators, frames, patterns
from codeopt.rule import Example, Pair, Rule

_TAKES = frozenset(["LogisticRegression", "LinearSVC", "LinearSVR", "MultinomialNB", "BernoulliNB", "Lasso"])
_METHODS = ("fit", "predict", "predict_proba", "decision_function", "score")


RULE = Rule(
    code="MEM524",
    name="sk-dense-encoder",
    trust=Trust.CLOSE,
    summary="categories are encoded densely for an estimator that takes them sparse",
    triggers=("sparse_output=False",),
    pair=Pair("S02", 18.73, 0.48),
    search_only=True,
    examples=(
        Example(
            "from sklearn.linear_model import LogisticRegression\n"
            "from sklearn.pipeline import make_pipeline\n"
            "from sklearn.preprocessing import OneHotEncoder\n"
            "\n"
            "def fit(x, y):\n"
            "    model = make_pipeline(OneHotEncoder(sparse_output=False), "
            "LogisticRegression())\n"
            "    return model.fit(x, y).predict(x)\n",
            "from sklearn.linear_model import LogisticRegression\n"
            "from sklearn.pipeline import make_pipeline\n"
            "from sklearn.preprocessing import OneHotEncoder\n"
            "\n"
            "def fit(x, y):\n"
            "    model = make_pipeline(OneHotEncoder(sparse_output=True), "
            "LogisticRegression())\n"
            "    return model.fit(x, y).predict(x)\n",
            call='fit([["a"], ["b"], ["a"], ["c"]], [0, 1, 0, 1])',
        ),
        Example(
            "from sklearn.linear_model import LogisticRegression\n"
            "from sklearn.preprocessing import OneHotEncoder\n"
            "\n"
            "def fit(x, y):\n"
            "    table = OneHotEncoder(sparse_output=False).fit_transform(x)\n"
            "    return LogisticRegression().fit(table, y).score(table, y)\n",
            "from sklearn.linear_model import LogisticRegression\n"
            "from sklearn.preprocessing import OneHotEncoder\n"
            "\n"
            "def fit(x, y):\n"
            "    table = OneHotEncoder(sparse_output=True).fit_transform(x)\n"
            "    return LogisticRegression().fit(table, y).score(table, y)\n",
            call='fit([["a"], ["b"], ["a"], ["c"]], [0, 1, 0, 1])',
        ),
    ),
    counterexamples=(
        (
            "from sklearn.preprocessing import OneHotEncoder\n"
            "\n"
            "def f(x):\n"
            "    return OneHotEncoder(sparse_output=False).fit_transform(x)\n"
        ),
        (
            "from sklearn.preprocessing import OneHotEncoder\n"
            "from sklearn.linear_model import SGDClassifier\n"
            "from sklearn.pipeline import make_pipeline\n"
            "\n"
            "def f(x, y):\n"
            "    return make_pipeline(OneHotEncoder(sparse_output=False), "
            "SGDClassifier()).fit(x, y)\n"
        ),
        (
            "from sklearn.preprocessing import OneHotEncoder\n"
            "from sklearn.linear_model import LogisticRegression\n"
            "\n"
            "def f(x, y):\n"
            "    t = OneHotEncoder(sparse_output=False).fit_transform(x)\n"
            "    return LogisticRegression().fit(t, y), t\n"
        ),
        (
            "def f(OneHotEncoder, m, x, y):\n"
            "    return m.fit(OneHotEncoder(sparse_output=False).fit_transform(x), y)\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Dense encoders whose only reader takes sparse matrices."""
    for call in facts.walk(ast.Call):
        if estimators.name(facts, call) != "OneHotEncoder":
            continue
        option = next((k.value for k in call.keywords if k.arg == "sparse_output"), None)
        if not isinstance(option, ast.Constant) or option.value is not False:
            continue
        if _piped(facts, call) or _read(facts, call):
            yield RULE.site(
                facts, call, "the estimator takes a sparse table", facts.edits.replace(option, "True"),

            )  # fmt: skip


def _piped(facts: Facts, encoder: ast.Call) -> bool:
    """Whether an encoder stands in a pipeline right before an estimator that takes its sparse output."""
    step: ast.AST | None = encoder
    listed = facts.parent(encoder)
    if isinstance(listed, ast.Tuple):
        step, listed = listed, facts.parent(listed)
    items: list[ast.expr] = listed.args if isinstance(listed, ast.Call) else getattr(listed, "elts", [])
    if len(items) < 2 or items[-2] is not step:
        return False
    last = items[-1].elts[-1] if isinstance(items[-1], ast.Tuple) and items[-1].elts else items[-1]
    return estimators.name(facts, last) in _TAKES


def _read(facts: Facts, encoder: ast.Call) -> bool:
    """Whether the encoded table has one name that only such estimators read."""
    used = facts.parent(facts.parent(encoder) or encoder)
    if patterns.method(used, "fit_transform") is None or not isinstance(used, ast.Call):
        return False
    held = frames.held_by(facts, used)
    return bool(held) and all(_by_taker(facts, use) for use in held or [])


def _by_taker(facts: Facts, use: ast.expr) -> bool:
    call = facts.parent(use)
    found = patterns.method(call, *_METHODS)
    if found is None or not isinstance(call, ast.Call) or call.args[:1] != [use]:
        return False
    made = estimators.makers(facts, found[0])
    made = made or ([m] if isinstance(m := found[0], ast.Call) else [])
    return bool(made) and all(estimators.name(facts, m) in _TAKES for m in made)
