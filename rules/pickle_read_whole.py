"""A pickled file is read into memory as a whole before it is unpickled.

What it does
    Finds `pickle.loads(f.read())` and lets `pickle.load` read from the file.

Why it costs memory
    The bytes of the whole file stand beside the object they become: 16 MiB instead of 8 for an
    array of 8 MiB.

Example
    with open(path, "rb") as f:
        data = pickle.loads(f.read())

Use instead
    with open(path, "rb") as f:
        data = pickle.load(f)

When it is safe
    `load` stops behind the pickle where `read` takes everything, so the file must not be used
    again: it is certain for a file opened by a `with` in the same function whose name is read
    nowhere else. Other objects with a `read` method are for a proof by running.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts

RULE = Rule(
    code="MEM105",
    name="pickle-read-whole",
    trust=Trust.EXACT,
    summary="the whole file is read before it is unpickled",
    triggers=("pickle.loads(",),
    pair=Pair("I04", 16.0, 8.01),
    examples=(
        Example(
            before=(
                "import pickle\n\ndef f(path):\n    with open(path, 'rb') as h:\n"
                "        return pickle.loads(h.read())\n"
            ),
            after=(
                "import pickle\n\ndef f(path):\n    with open(path, 'rb') as h:\n"
                "        return pickle.load(h)\n"
            ),
        ),
        Example(
            before=(
                "import io\nimport pickle\n\ndef f(data):\n    h = io.BytesIO(pickle.dumps(data))\n"
                "    return pickle.loads(h.read(), encoding='ascii')\n"
            ),
            after=(
                "import io\nimport pickle\n\ndef f(data):\n    h = io.BytesIO(pickle.dumps(data))\n"
                "    return pickle.load(h, encoding='ascii')\n"
            ),
            call="f([1, 2])",
        ),
    ),
    counterexamples=(
        "import pickle\n\ndef f(h):\n    return pickle.loads(h.read(10))\n",
        "import pickle\n\ndef f(h):\n    return pickle.loads(h.read()), h.tell()\n",
        "import pickle\n\ndef f(data):\n    return pickle.loads(data)\n",
        "import json as pickle\n\ndef f(h):\n    return pickle.loads(h.read())\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """`loads` of everything that a file holds."""
    for call in facts.walk(ast.Call):
        if facts.names.dotted(call.func) != "pickle.loads" or not call.args:
            continue
        read = call.args[0]
        if not isinstance(read, ast.Call) or read.args or read.keywords:
            continue
        if not isinstance(read.func, ast.Attribute) or read.func.attr != "read":
            continue
        file, function = read.func.value, facts.function(call)
        if not isinstance(file, ast.Name) or not isinstance(call.func, ast.Attribute):
            continue
        if not isinstance(function, DEFS) or len(facts.names.uses(file.id, function)) != 1:
            continue
        message = "the bytes of the file stand in memory beside the object they become"
        load = facts.edits.replace(call.func, f"{facts.text(call.func.value)}.load")
        edits = (*load, *facts.edits.replace(read, file.id))
        yield RULE.site(facts, call, message, edits, certain=_opened_here(file.id, function, facts))


def _opened_here(name: str, function: ast.AST, facts: Facts) -> bool:
    """Whether the name is that of a `with open(...)` and of nothing else."""
    bound = facts.names.bindings(name, function)
    item = facts.parent(bound[0]) if len(bound) == 1 else None
    if not isinstance(item, ast.withitem) or not isinstance(item.context_expr, ast.Call):
        return False
    return facts.names.dotted(item.context_expr.func) == "builtins.open"
