"""Components found by decomposing the data itself.

What it does
    Finds `PCA(..., svd_solver="full")` and asks for the eigenvectors of the covariance.

Why it costs memory
    The full decomposition copies the data and makes a second matrix of its size; the covariance
    has the size of the columns only.

Example
    PCA(4, svd_solver="full").fit(points)

Use instead
    PCA(4, svd_solver="covariance_eigh").fit(points)

When it is safe
    For many more rows than columns. Small components are found less exactly, as their squares
    are, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, estimators, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM525",
    name="sk-pca-full-solver",
    trust=Trust.CLOSE,
    summary="components are found by decomposing the data itself",
    triggers=('svd_solver="full"', "svd_solver='full'"),
    pair=Pair("S04", 29.36, 0.04),
    search_only=True,
    examples=(
        Example(
            "from sklearn.decomposition import PCA\n"
            "\n"
            "def spread(points):\n"
            '    return PCA(2, svd_solver="full").fit(points).explained_variance_\n',
            "from sklearn.decomposition import PCA\n"
            "\n"
            "def spread(points):\n"
            '    return PCA(2, svd_solver="covariance_eigh").fit(points).explained_variance_\n',
            call="spread(__import__('numpy').random.default_rng(0).random((50, 3)))",
        ),
        Example(
            "from sklearn import decomposition as d\n"
            "\n"
            "def model(n):\n"
            "    return d.PCA(n_components=n, svd_solver='full', whiten=True).svd_solver[:0]\n",
            "from sklearn import decomposition as d\n"
            "\n"
            "def model(n):\n"
            '    return d.PCA(n_components=n, svd_solver="covariance_eigh", '
            "whiten=True).svd_solver[:0]\n",
            call="model(2)",
        ),
    ),
    counterexamples=(
        (
            "from sklearn.decomposition import PCA\n"
            "\n"
            "def f(x):\n"
            "    return PCA(2).fit(x), 'svd_solver=\"full\"'\n"
        ),
        ('def f(PCA, x):\n    return PCA(2, svd_solver="full").fit(x)\n'),
        (
            "from sklearn.decomposition import PCA\n"
            "\n"
            "def f(x):\n"
            "    return PCA(2, svd_solver='randomized'), 'svd_solver=\"full\"'\n"
        ),
        (
            "from sklearn.decomposition import PCA\n"
            "\n"
            "def f(x):\n"
            "    return PCA('mle', svd_solver=\"full\").fit(x)\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Principal components by the full decomposition."""
    for call in facts.walk(ast.Call):
        if estimators.name(facts, call) != "PCA" or any(isinstance(a, ast.Starred) for a in call.args):
            continue
        given = patterns.arguments(call, "n_components")
        solver = given.get("svd_solver") if given else None
        count = given.get("n_components") if given else None
        if isinstance(count, ast.Constant) and isinstance(count.value, str):
            continue
        if isinstance(solver, ast.Constant) and solver.value == "full":
            yield RULE.site(
                facts, call, "the covariance is far smaller than the data",
                facts.edits.replace(solver, '"covariance_eigh"'),
            )  # fmt: skip
