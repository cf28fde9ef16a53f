"""All rows of a CSV file are listed to be looped over.

What it does
    Finds `for row in list(csv.reader(f))`, also where the list has a name that only the loop reads,
    and goes over the reader itself.

Why it costs memory
    Every row is a list of strings, some ten times its size in the file, and all are alive at once.

Example
    rows = list(csv.reader(f))
    for row in rows:
        handle(row)

Use instead
    rows = csv.reader(f)
    for row in rows:
        handle(row)

When it is safe
    The file is opened in the same function with `open(...)`, still open in the loop, and touched by
    nothing else. Elsewhere a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM116",
    name="csv-rows-listed",
    trust=Trust.EXACT,
    summary="all rows of a CSV file are listed to be looped over",
    triggers=("list(csv.", "list(reader(", "list(DictReader("),
    pair=Pair("I03", 26.93, 0.04),
    examples=(
        Example(
            "import csv\n\ndef f(path):\n    with open(path) as h:\n"
            "        return sum(len(row) for row in list(csv.reader(h)))\n",
            "import csv\n\ndef f(path):\n    with open(path) as h:\n"
            "        return sum(len(row) for row in csv.reader(h))\n",
            call="f('/proc/self/status') > 0",
        ),
        Example(
            "import csv\n\ndef f(lines):\n    rows = list(csv.reader(lines))\n    n = 0\n"
            "    for row in rows:\n        n += len(row)\n    return n\n",
            "import csv\n\ndef f(lines):\n    rows = csv.reader(lines)\n    n = 0\n"
            "    for row in rows:\n        n += len(row)\n    return n\n",
            call="f(['a,b', 'c'])",
        ),
    ),
    counterexamples=(
        "import csv\n\ndef f(h):\n    rows = list(csv.reader(h))\n    return rows[1:]\n",
        "import csv\n\ndef f(h):\n    rows = list(csv.reader(h))\n    for row in rows:\n        print(row)\n"
        "    return len(rows)\n",
        "import csv\n\ndef f(path):\n    with open(path) as h:\n        rows = list(csv.reader(h))\n"
        "    for row in rows:\n        print(row)\n",
        "import csv\n\ndef f(h):\n    for row in list(csv.writer(h)):\n        print(row)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lists of readers that one loop goes over."""
    for call in facts.walk(ast.Call):
        inner = listed.listed(facts, call)
        if not isinstance(inner, ast.Call) or not inner.args:
            continue
        if not patterns.is_call(facts, inner, "csv.reader", "csv.DictReader"):
            continue
        loop = _loop(facts, call)
        if loop is None or not listed.gone_through_here(facts, loop):
            continue
        file = inner.args[0]
        yield RULE.site(
            facts, call, "the loop needs one row at a time; the list holds all of them",
            facts.edits.replace(call, facts.text(inner)), certain=_alone(facts, file),
        )  # fmt: skip


def _loop(facts: Facts, call: ast.Call) -> ast.For | ast.comprehension | None:
    straight = listed.iterated(facts, call)
    stmt = facts.parent(call)
    if straight is not None or not isinstance(stmt, ast.Assign) or not isinstance(stmt.targets[0], ast.Name):
        return straight
    uses = facts.names.uses(stmt.targets[0].id, facts.function(stmt))
    if len(uses) != 1 or patterns.value_of(facts, uses[0], (uses[0],))[1] is not stmt:
        return None
    return listed.iterated(facts, uses[0])


def _alone(facts: Facts, file: ast.expr) -> bool:
    """Whether a file is opened for reading in sight and nothing but the reader uses it."""
    if not isinstance(file, ast.Name) or listed.opened(facts, file) not in ("r", "rt"):
        return False
    return len(facts.names.uses(file.id, facts.function(file))) == 1
