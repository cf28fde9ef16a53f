"""An image filtered into a new array and then dropped.

What it does
    Finds `x = gaussian_filter(x, 2)` of an array that the function made, and lets the filter
    write into it by `output=x`.

Why it costs memory
    The filtered image and the one it was made of exist at once.

Example
    x = image - background
    x = gaussian_filter(x, 2)

Use instead
    x = image - background
    x = gaussian_filter(x, 2, output=x)

When it is safe
    These filters work line by line through a buffer, one axis after the other, so they may read
    what they write. The array's own type and memory order must be the usual, so the site is
    left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_FILTERS = tuple(f"scipy.ndimage.{name}_filter" for name in ("gaussian", "uniform", "minimum", "maximum"))


RULE = Rule(
    code="MEM529",
    name="sp-filter-output",
    trust=Trust.EXACT,
    summary="an image is filtered into a new array and dropped",
    triggers=("_filter(",),
    pair=Pair("S37", 18.79, 9.63),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n"
            "from scipy.ndimage import gaussian_filter\n"
            "\n"
            "def smooth(n):\n"
            "    x = np.random.default_rng(0).random((n, n))\n"
            "    x = gaussian_filter(x, 2)\n"
            "    return x\n",
            "import numpy as np\n"
            "from scipy.ndimage import gaussian_filter\n"
            "\n"
            "def smooth(n):\n"
            "    x = np.random.default_rng(0).random((n, n))\n"
            "    x = gaussian_filter(x, 2, output=x)\n"
            "    return x\n",
            call="smooth(9)",
        ),
        Example(
            "import numpy as np\n"
            "from scipy import ndimage\n"
            "\n"
            "def smooth(image, dark):\n"
            "    x = image - dark\n"
            "    x = ndimage.uniform_filter(x, size=3)\n"
            "    return x.max()\n",
            "import numpy as np\n"
            "from scipy import ndimage\n"
            "\n"
            "def smooth(image, dark):\n"
            "    x = image - dark\n"
            "    x = ndimage.uniform_filter(x, size=3, output=x)\n"
            "    return x.max()\n",
            call="smooth(np.arange(25.0).reshape(5, 5), 1.5)",
        ),
    ),
    counterexamples=(
        (
            "from scipy.ndimage import gaussian_filter\n"
            "\n"
            "def f(x):\n"
            "    x = gaussian_filter(x, 2)\n"
            "    return x\n"
        ),
        (
            "from scipy.ndimage import gaussian_filter\n"
            "\n"
            "def f(a):\n"
            "    x = a * 2\n"
            "    y = gaussian_filter(x, 2)\n"
            "    return y\n"
        ),
        (
            "from scipy.ndimage import median_filter\n"
            "\n"
            "def f(a):\n"
            "    x = a * 2\n"
            "    x = median_filter(x, 2)\n"
            "    return x\n"
        ),
        (
            "from scipy.ndimage import gaussian_filter\n"
            "\n"
            "def f(a):\n"
            "    x = a * 2\n"
            "    x = gaussian_filter(x, 2, output=float)\n"
            "    return x\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Separable filters of arrays that take their results' names."""
    for stmt in facts.walk(ast.Assign):
        call, target = stmt.value, stmt.targets[0]
        function = facts.function(stmt)
        if not isinstance(call, ast.Call) or not patterns.is_call(facts, call, *_FILTERS) or not call.args:
            continue
        data = call.args[0]
        if not isinstance(data, ast.Name) or not isinstance(target, ast.Name) or len(stmt.targets) != 1:
            continue
        if data.id != target.id or len(call.args) > 2 or not isinstance(function, DEFS):
            continue
        if {k.arg for k in call.keywords} & {"output", "footprint", None}:
            continue
        if not facts.aliases.owner(data.id, stmt, function).wrong:
            yield RULE.site(
                facts, call, "the filter can write where it reads",
                patterns.add_argument(facts, call, f"output={data.id}"),
            )  # fmt: skip
