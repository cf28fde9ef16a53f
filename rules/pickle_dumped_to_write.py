"""An object is pickled into bytes to be written.

What it does
    Finds `f.write(pickle.dumps(x))` as a statement, and pickles into the file.

Why it costs memory
    The bytes of the whole object stand beside the object until they are written.

Example
    f.write(pickle.dumps(model, protocol=5))

Use instead
    pickle.dump(model, f, protocol=5)

When it is safe
    The file gets the same bytes. If the object cannot be pickled, some are written before that shows:
    certain for a file opened for writing in the same function, which is empty otherwise; for
    other objects with `write`, a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM118",
    name="pickle-dumped-to-write",
    trust=Trust.EXACT,
    summary="an object is pickled into bytes to be written",
    triggers=("dumps(",),
    pair=Pair("I04", 16.0, 8.01),
    search_only=True,
    examples=(
        Example(
            "import pickle\n\ndef f(x, path):\n    with open(path, 'wb') as h:\n"
            "        h.write(pickle.dumps(x, protocol=4))\n",
            "import pickle\n\ndef f(x, path):\n    with open(path, 'wb') as h:\n"
            "        pickle.dump(x, h, protocol=4)\n",
        ),
        Example(
            "import io\nimport pickle\n\ndef f(x):\n    h = io.BytesIO()\n    h.write(pickle.dumps(x, 2))\n"
            "    return h.getvalue()\n",
            "import io\nimport pickle\n\ndef f(x):\n    h = io.BytesIO()\n    pickle.dump(x, h, 2)\n"
            "    return h.getvalue()\n",
            call="f([1, {2: 'a'}])",
        ),
    ),
    counterexamples=(
        "import pickle\n\ndef f(x, h):\n    n = h.write(pickle.dumps(x))\n    return n\n",
        "import pickle\n\ndef f(x, h):\n    h.send(pickle.dumps(x))\n",
        "import json as pickle\n\ndef f(x, h):\n    h.write(pickle.dumps(x))\n",
        "import pickle\n\ndef f(x, h):\n    h.write(pickle.dumps(*x))\n",
        "import pickle\n\ndef f(x, h):\n    h.write(pickle.dumps((x or 0), protocol=4))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Pickles that are written as they are."""
    for call in facts.walk(ast.Call):
        written = patterns.method(call, "write")
        if written is None or len(call.args) != 1 or call.keywords:
            continue
        file, made = written[0], call.args[0]
        if not isinstance(file, ast.Name) or not isinstance(facts.parent(call), ast.Expr):
            continue
        if not isinstance(made, ast.Call) or not patterns.is_call(facts, made, "pickle.dumps"):
            continue
        if not made.args or isinstance(made.args[0], ast.Starred):
            continue
        spelled = facts.names.spell("pickle.dump", call)
        if patterns.opens_twice(facts, made):
            continue  # the file would come inside
        place = facts.range(made.args[0])[1]
        data = facts.source.data
        head = data[facts.range(made.func)[1] : place].decode()
        tail = data[place : facts.range(made)[1]].decode()
        if spelled is None:
            continue
        edit = Edit(*facts.range(call), f"{spelled}{head}, {file.id}{tail}")
        yield RULE.site(facts, call, "the bytes stand beside the object until they are written", (edit,))
