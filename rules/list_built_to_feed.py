"""A list comprehension feeds something that takes any iterable.

What it does
    Finds a list comprehension given to `collections.Counter`, `deque`, `OrderedDict`, `math.fsum`,
    `math.prod`, `array.array`, `heapq.nlargest` or `.writelines`, and takes its brackets away.

Why it costs memory
    The list stands beside what is made from it, and for `Counter`, `fsum` or a bounded `deque`
    nearly all of its items are otherwise gone at once.

Example
    counts = collections.Counter([word.lower() for word in words])

Use instead
    counts = collections.Counter(word.lower() for word in words)

When it is safe
    These read every item, in order, and keep no hold of the list. `heapq` chooses another algorithm
    for an iterator, which shows only where items have no total order, and `writelines` begins to
    write before all items are made: those two are for a proof by running, and so are products,
    counts and dictionaries of what may be a handful.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed
from codeopt.rule import Example, Pair, Rule

# Which argument is the iterable.
_FEEDS = {
    "collections.Counter": 0, "collections.deque": 0, "collections.OrderedDict": 0, "math.fsum": 0,
    "math.prod": 0, "array.array": 1, "heapq.nlargest": 1, "heapq.nsmallest": 1,
}  # fmt: skip

_SURE = ("collections.deque", "math.fsum")
_FEW = ("collections.Counter", "collections.OrderedDict", "math.prod", "array.array")

RULE = Rule(
    code="MEM111",
    name="list-built-to-feed",
    trust=Trust.EXACT,
    summary="a list is built to feed something that takes any iterable",
    triggers=("Counter(", "deque(", "OrderedDict(", "fsum(", "prod(", "array(", "heapq", "writelines("),
    pair=Pair("P01", 38.06, 0.0),
    examples=(
        Example(
            "from collections import Counter, deque\n\ndef f(ws):\n"
            "    return Counter([w.lower() for w in ws]), deque([len(w) for w in ws], maxlen=2)\n",
            "from collections import Counter, deque\n\ndef f(ws):\n"
            "    return Counter(w.lower() for w in ws), deque((len(w) for w in ws), maxlen=2)\n",
            call="f(['A', 'b', 'a'])",
            sites=2,
        ),
        Example(
            "import math\n\ndef f(xs):\n    return math.fsum([x / 3 for x in xs])\n",
            "import math\n\ndef f(xs):\n    return math.fsum(x / 3 for x in xs)\n",
            call="f([1, 2])",
        ),
        Example(
            "import math\n\ndef f(xs):\n    return math.fsum(\n        [\n            x / 3\n"
            "            for x in xs\n        ]\n    )\n",
            "import math\n\ndef f(xs):\n    return math.fsum(\n        x / 3\n            for x in xs\n"
            "    )\n",
            call="f([1, 2])",
        ),
        Example(
            "import heapq\n\ndef f(xs):\n    return heapq.nlargest(2, [x % 5 for x in xs])\n",
            "import heapq\n\ndef f(xs):\n    return heapq.nlargest(2, (x % 5 for x in xs))\n",
            call="f(range(9))",
        ),
    ),
    counterexamples=(
        "from collections import Counter\n\ndef f(ws):\n    return Counter(ws)\n",
        "from collections import deque\n\ndef f(ws, it):\n    return deque([next(it) for w in ws])\n",
        "def Counter(x):\n    return x[0]\n\ndef f(ws):\n    return Counter([w for w in ws])\n",
        "import numpy as np\n\ndef f(ws):\n    return np.array([w for w in ws])\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """List comprehensions among the arguments of feeders."""
    for call in facts.walk(ast.Call):
        dotted = facts.names.dotted(call.func)
        place = _FEEDS.get(dotted or "")
        writes = dotted is None and isinstance(call.func, ast.Attribute) and call.func.attr == "writelines"
        place = 0 if writes else place
        made = call.args[place] if place is not None and len(call.args) > place else None
        if isinstance(made, ast.ListComp) and listed.lazy(facts, made) and not listed.short(facts, made):
            long = listed.many(facts, made) and not listed.few(facts, made)
            yield RULE.site(
                facts, call, "one item at a time is enough; the list holds all of them",
                listed.without_brackets(facts, call, made),
                certain=long and dotted in (*_SURE, *_FEW),
            )  # fmt: skip
