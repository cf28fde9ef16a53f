"""Distances made in chunks as large as the default allows.

What it does
    Finds calls of scikit-learn that work through a table of distances in chunks, as
    `silhouette_score`, and lowers the bound of a chunk by
    `sklearn.config_context(working_memory=...)`.

Why it costs memory
    The default bound of a chunk is a gibibyte, so nearly every table is made whole.

Example
    score = silhouette_score(points, labels)

Use instead
    with sklearn.config_context(working_memory=16):
        score = silhouette_score(points, labels)

When it is safe
    Rows of the table are reduced one by one, so chunks do not matter to the numbers but in the
    last place of a sum of products; a run decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts
from codeopt.rule import Example, Pair, Rule

_CHUNKED = ("silhouette_score", "silhouette_samples")
_BOUNDS = (16, 4)


RULE = Rule(
    code="MEM520",
    name="sk-working-memory",
    trust=Trust.EXACT,
    summary="distances are made in chunks as large as the default allows",
    triggers=("silhouette",),
    pair=Pair("S13", 30.73, 4.12),
    search_only=True,
    examples=(
        Example(
            "import sklearn\n"
            "from sklearn.metrics import silhouette_score\n"
            "\n"
            "def rate(points, labels):\n"
            "    score = silhouette_score(points, labels)\n"
            "    return score\n",
            "import sklearn\n"
            "from sklearn.metrics import silhouette_score\n"
            "\n"
            "def rate(points, labels):\n"
            "    with sklearn.config_context(working_memory=16):\n"
            "        score = silhouette_score(points, labels)\n"
            "    return score\n",
            call=(
                "rate(__import__('numpy').random.default_rng(0).random((9, 3)), [0, 1, 0, 1, 1, 0, 0, 1, 1])"
            ),
            sites=2,
        ),
        Example(
            "import sklearn\n"
            "from sklearn import metrics\n"
            "\n"
            "def rate(points, labels):\n"
            "    return metrics.silhouette_samples(points, labels).min()\n",
            "import sklearn\n"
            "from sklearn import metrics\n"
            "\n"
            "def rate(points, labels):\n"
            "    with sklearn.config_context(working_memory=16):\n"
            "        return metrics.silhouette_samples(points, labels).min()\n",
            call=(
                "rate(__import__('numpy').random.default_rng(0).random((9, 3)), [0, 1, 0, 1, 1, 0, 0, 1, 1])"
            ),
            sites=2,
        ),
    ),
    counterexamples=(
        (
            "import sklearn\n"
            "from sklearn.metrics import silhouette_score\n"
            "\n"
            "def f(x, y):\n"
            "    with sklearn.config_context(working_memory=64):\n"
            "        return silhouette_score(x, y)\n"
        ),
        ("def f(x, y, silhouette_score):\n    return silhouette_score(x, y)\n"),
        (
            "from sklearn.metrics import silhouette_score\n"
            "\n"
            "def f(x, y):\n"
            "    for s in [silhouette_score(x, y)]:\n"
            "        print(s)\n"
        ),
        ("from sklearn.metrics import accuracy_score\n\ndef f(x, y):\n    return accuracy_score(x, y)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Simple statements that call what works in chunks."""
    for call in facts.walk(ast.Call):
        library, _, name = (facts.names.dotted(call.func) or "").rpartition(".")
        stmt = facts.statement(call)
        if not library.startswith("sklearn.metrics") or name not in _CHUNKED:
            continue
        if not isinstance(stmt, (ast.Assign, ast.Return, ast.Expr)) or _bounded(facts, call):
            continue
        if any(isinstance(k.value, ast.Constant) and k.value.value == "precomputed" for k in call.keywords):
            continue
        context = facts.names.spell("sklearn.config_context", call)
        imports = () if context else ("import sklearn",)
        for bound in _BOUNDS:
            header = f"with {context or 'sklearn.config_context'}(working_memory={bound}):"
            edits = facts.edits.wrap(stmt, stmt, header)
            if edits:
                yield RULE.site(
                    facts, call, "smaller chunks give the same", edits, imports=imports,
                    group="chunks", label=f"chunks of {bound} MiB",
                )  # fmt: skip


def _bounded(facts: Facts, call: ast.Call) -> bool:
    """Whether a bound is set around a call."""
    return any(
        isinstance(node, ast.With) and any("config_context" in facts.text(i.context_expr) for i in node.items)
        for node in facts.index.ancestors(call)
    )
