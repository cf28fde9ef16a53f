"""A sparse matrix made dense for an estimator that takes it as it is.

What it does
    Finds `.toarray()` in the input of estimators and kernels that accept sparse matrices and
    compute the same with them, and passes the sparse matrix.

Why it costs memory
    The dense copy stores every zero: a hundred times the memory at one percent.

Example
    model = LogisticRegression().fit(counts.toarray(), labels)

Use instead
    model = LogisticRegression().fit(counts, labels)

When it is safe
    For the estimators listed here, whose sparse path was measured to agree to rounding. Not for
    `SGDClassifier`, `Perceptron` and the `sag` solvers, which scale their intercept steps on
    sparse input, nor for ridge and least squares, which change the solver. Where the function
    compares what comes of it with something, the place is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, estimators, frames, patterns
from codeopt.facts.compared import is_compared
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_ESTIMATORS = frozenset(
    [
        "LogisticRegression",
        "LinearSVC",
        "LinearSVR",
        "MultinomialNB",
        "ComplementNB",
        "BernoulliNB",
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "RandomForestClassifier",
        "RandomForestRegressor",
        "ExtraTreesClassifier",
        "Lasso",
        "ElasticNet",
        "KMeans",
        "TruncatedSVD",
        "NMF",
        "LatentDirichletAllocation",
    ]
)
_KERNELS = frozenset({"cosine_similarity", "linear_kernel", "euclidean_distances"})
_METHODS = (
    "fit",
    "predict",
    "predict_proba",
    "decision_function",
    "score",
    "transform",
    "fit_transform",
    "fit_predict",
)

RULE = Rule(
    code="MEM501",
    name="sk-densified-input",
    trust=Trust.CLOSE,
    summary="a sparse matrix is made dense for an estimator that takes it as it is",
    triggers=(".toarray()",),
    pair=Pair("S01b", 18.69, 0.34),
    examples=(
        Example(
            "from sklearn.linear_model import LogisticRegression\n\ndef fit(counts, labels):\n"
            "    model = LogisticRegression(max_iter=50)\n    model.fit(counts.toarray(), labels)\n"
            "    return model.predict(counts.toarray())\n",
            "from sklearn.linear_model import LogisticRegression\n\ndef fit(counts, labels):\n"
            "    model = LogisticRegression(max_iter=50)\n    model.fit(counts, labels)\n"
            "    return model.predict(counts)\n",
            call="fit(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0], [1, 0], [0, 2]]), [0, 1, 0])",
            sites=2,
        ),
        Example(
            "from sklearn.metrics.pairwise import cosine_similarity\n\ndef alike(tfidf):\n"
            "    return cosine_similarity(tfidf.toarray())\n",
            "from sklearn.metrics.pairwise import cosine_similarity\n\ndef alike(tfidf):\n"
            "    return cosine_similarity(tfidf)\n",
            call="alike(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0], [1, 0], [0, 2]]))",
        ),
    ),
    counterexamples=(
        "from sklearn.linear_model import SGDClassifier\n\ndef f(x, y):\n"
        "    return SGDClassifier().fit(x.toarray(), y)\n",
        "from sklearn.linear_model import LogisticRegression\n\ndef f(x, y):\n"
        "    return LogisticRegression(solver='saga').fit(x.toarray(), y)\n",
        "from sklearn.linear_model import Ridge\n\ndef f(x, y):\n    return Ridge().fit(x.toarray(), y)\n",
        "def f(model, x, y):\n    return model.fit(x.toarray(), y)\n",
        "def table(vectorizer, texts):\n    dense = vectorizer.fit_transform(texts).toarray()\n"
        "    return dense\n\n\ndef f(vectorizer, texts):\n    return table(vectorizer, texts).sum()\n",
        "def f(x):\n    return x.toarray()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Dense copies made in the argument of a call that needs none."""
    for call in facts.walk(ast.Call):
        found = patterns.method(call, "toarray")
        user = facts.parent(call)
        if found is None or call.args or call.keywords:
            continue
        listed = isinstance(user, ast.Call) and call in user.args and _takes_sparse(facts, user, call)
        # The matrix may reach an estimator by another way: only a run can tell which one.
        vectorised = patterns.method(found[0], "transform", "fit_transform") is not None
        if listed or (vectorised and (_fitted_only(facts, call) or _handed_on(facts, call))):
            end = facts.range(call)[1]
            dot = facts.source.data.rindex(b".", facts.range(found[0])[1], end)
            message = "the estimator takes the sparse matrix"
            certain = listed and not is_compared(facts, call)
            yield RULE.site(facts, call, message, (Edit(dot, end, ""),), certain=certain)


def _fitted_only(facts: Facts, dense: ast.Call) -> bool:
    """Whether a dense table has one name, under which only estimators see it."""
    held = frames.held_by(facts, dense) if isinstance(facts.parent(dense), ast.Assign) else None
    calls = [(use, facts.parent(use)) for use in held or []]
    return bool(calls) and all(
        isinstance(c, ast.Call) and c.args[:1] == [use] and patterns.method(c, *_METHODS) for use, c in calls
    )


def _handed_on(facts: Facts, dense: ast.Call) -> bool:
    """Whether a dense table only leaves a function that this file calls, beside an estimator that
    would take it sparse."""
    held = frames.held_by(facts, dense) if isinstance(facts.parent(dense), ast.Assign) else None
    function = facts.function(dense)
    if not held or not isinstance(function, DEFS):
        return False
    parents = [facts.parent(use) for use in held]
    ends = [facts.parent(p) if isinstance(p, ast.Tuple) else p for p in parents]
    called = any(getattr(call.func, "id", "") == function.name for call in facts.walk(ast.Call))
    known = any(name in facts.source.text for name in _ESTIMATORS)
    return called and known and all(isinstance(end, ast.Return) for end in ends)


def _takes_sparse(facts: Facts, user: ast.Call, argument: ast.Call) -> bool:
    library, _, name = (facts.names.dotted(user.func) or "").rpartition(".")
    if library.startswith("sklearn.metrics") and name in _KERNELS:
        return not user.keywords
    found = patterns.method(user, *_METHODS)
    if found is None or user.args[0] is not argument:
        return False
    makers = estimators.makers(facts, found[0])
    return bool(makers) and all(_is_listed(facts, m) for m in makers)


def _is_listed(facts: Facts, maker: ast.expr) -> bool:
    if not isinstance(maker, ast.Call):
        return False
    library, _, name = (facts.names.dotted(maker.func) or "").rpartition(".")
    solver = next((k.value for k in maker.keywords if k.arg in ("solver", None)), None)
    usual = solver is None or (
        isinstance(solver, ast.Constant) and solver.value in ("lbfgs", "liblinear", "cd", "mu")
    )
    return library.startswith("sklearn.") and name in _ESTIMATORS and usual
