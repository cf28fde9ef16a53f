"""Values are put into an array of their own type to be cast to another.

What it does
    Finds `np.array(values).astype(np.float32)`, also of `stack`, `concatenate`, `vstack`, `hstack`
    and `loadtxt`, and asks for the type at once.

Why it costs memory
    The array of the values' own type stands beside the cast one; of numbers of Python it takes
    eight bytes an element.

Example
    features = np.stack(rows).astype(np.float32)

Use instead
    features = np.stack(rows, dtype=np.float32)

When it is safe
    For values of one type. Text, objects, and numbers that do not fit differ, so the site is left
    to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, dtypes, listed, patterns
from codeopt.rule import Example, Pair, Rule

_JOINS = tuple(f"numpy.{n}" for n in ("stack", "concatenate", "vstack", "hstack"))
_LISTS = ("numpy.array", "numpy.asarray")

RULE = Rule(
    code="MEM251",
    name="np-array-then-cast",
    trust=Trust.EXACT,
    summary="values are put into an array of their own type to be cast to another",
    triggers=(".astype(",),
    pair=Pair("N41", 12.0, 4.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(rows):\n"
            "    return np.array([r * 2 for r in rows]).astype(np.float32)\n",
            "import numpy as np\n\ndef f(rows):\n"
            "    return np.array([r * 2 for r in rows], dtype=np.float32)\n",
            call="f(np.arange(6.0).reshape(2, 3))",
        ),
        Example(
            "import numpy as np\n\ndef f(a):\n    return np.vstack(a).astype('uint8')\n",
            "import numpy as np\n\ndef f(a):\n    return np.vstack(a, dtype='uint8', casting=\"unsafe\")\n",
            call="f([np.arange(3.0), np.arange(3)])",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(a):\n    return np.array(a).astype(str)\n",
        "import numpy as np\n\ndef f(a):\n    return np.array(a, dtype=object).astype(float)\n",
        "import numpy as np\n\ndef f(a):\n    return np.asarray(a).astype(np.float32)\n",
        "import numpy as np\n\ndef f(a):\n    return np.array([0.1, 0.2, a]).astype(np.float32)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Casts of arrays that are made of something else where they stand."""
    for call in facts.walk(ast.Call):
        cast = dtypes.cast(facts, call)
        dropped = cast.dropped(facts) if cast is not None else None
        if cast is None or dropped is None or cast.name is None or not isinstance(cast.array, ast.Call):
            continue
        made = cast.array
        if len(made.args) != 1 or isinstance(made.args[0], ast.Starred) or listed.short(facts, made.args[0]):
            continue
        options = {k.arg for k in made.keywords}
        text = f"dtype={facts.text(cast.dtype)}"
        if patterns.is_call(facts, made, *_LISTS):
            items = isinstance(made.args[0], ast.ListComp) or listed.listed(facts, made.args[0]) is not None
            if options or not (items or patterns.is_call(facts, made, "numpy.array")):
                continue
        elif patterns.is_call(facts, made, *_JOINS):
            if options - {"axis"}:
                continue
            # Joining refuses to narrow a float to a whole number unless it is told to.
            text += "" if cast.name in dtypes.FLOATS else ', casting="unsafe"'
        elif not patterns.is_call(facts, made, "numpy.loadtxt") or options & {"dtype", "unpack", None}:
            continue
        edits: list[Edit] = [*patterns.add_argument(facts, made, text), dropped]
        yield RULE.site(facts, call, "the array can be made in the type it is cast to", edits)
