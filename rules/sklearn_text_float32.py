"""Weights of words are kept in eight bytes each.

What it does
    Finds `TfidfVectorizer(...)` and `HashingVectorizer(...)` without a type and asks for float32.

Why it costs memory
    The matrix holds a float64 for every word of every text; a weight of a word needs no more than
    seven digits.

Example
    features = TfidfVectorizer(min_df=2).fit_transform(texts)

Use instead
    features = TfidfVectorizer(min_df=2, dtype=np.float32).fit_transform(texts)

When it is safe
    Where the weights may be of float32: what is computed of them changes by rounding. The site is
    left to a run, and offered only where lower precision is allowed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, estimators, patterns
from codeopt.rule import Example, Pair, Rule

_IMPORT = "import numpy as np"

RULE = Rule(
    code="MEM526",
    name="sk-text-float32",
    trust=Trust.PRECISION,
    summary="weights of words are kept in eight bytes each",
    triggers=("TfidfVectorizer(", "HashingVectorizer("),
    pair=Pair("S07", 6.11, 4.98),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\nfrom sklearn.feature_extraction.text import TfidfVectorizer\n\n"
            "def f(texts):\n    return TfidfVectorizer(min_df=1).fit_transform(texts)\n",
            "import numpy as np\nfrom sklearn.feature_extraction.text import TfidfVectorizer\n\n"
            "def f(texts):\n    return TfidfVectorizer(min_df=1, dtype=np.float32).fit_transform(texts)\n",
        ),
        Example(
            "from sklearn.feature_extraction import text\n\ndef f(texts):\n"
            "    return text.HashingVectorizer().transform(texts)\n",
            "from sklearn.feature_extraction import text\nimport numpy as np\n\ndef f(texts):\n"
            "    return text.HashingVectorizer(dtype=np.float32).transform(texts)\n",
        ),
    ),
    counterexamples=(
        "import numpy as np\nfrom sklearn.feature_extraction.text import TfidfVectorizer\n\n"
        "v = TfidfVectorizer(dtype=np.float32)\n",
        "from sklearn.feature_extraction.text import CountVectorizer\n\nv = CountVectorizer()\n",
        "from mine import TfidfVectorizer\n\nv = TfidfVectorizer()\n",
        "from sklearn.feature_extraction.text import TfidfVectorizer\n\n"
        "def f(options):\n    return TfidfVectorizer(**options)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Vectorizers of texts that make float64."""
    for call in facts.walk(ast.Call):
        if estimators.name(facts, call) not in ("TfidfVectorizer", "HashingVectorizer"):
            continue
        if any(k.arg in ("dtype", None) for k in call.keywords):
            continue
        spelled = facts.names.spell("numpy.float32", call)
        yield RULE.site(
            facts, call, "the weights can be kept in four bytes",
            patterns.add_argument(facts, call, f"dtype={spelled or 'np.float32'}"),
            imports=() if spelled else (_IMPORT,),
        )  # fmt: skip
