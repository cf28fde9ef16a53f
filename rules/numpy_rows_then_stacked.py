"""Arrays are listed to be stacked.

What it does
    Finds `np.stack([f(x) for x in xs])`, `np.array([...])` and `np.vstack([...])` of a comprehension,
    and puts each array into its row of the result as it is made.

Why it costs memory
    All arrays of the list stand beside the array that they are copied into.

Example
    table = np.stack([features(clip) for clip in clips])

Use instead
    table = None
    for place, clip in enumerate(clips):
        row = features(clip)
        if table is None:
            table = np.empty((len(clips), *np.shape(row)), np.result_type(row))
        table[place] = row
    table = np.stack([]) if table is None else table

When it is safe
    All rows have one shape and one type, and `xs` has a length: a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_JOINS = ("numpy.stack", "numpy.array", "numpy.vstack", "numpy.asarray")

RULE = Rule(
    code="MEM229",
    name="np-rows-then-stacked",
    trust=Trust.EXACT,
    summary="arrays are listed to be stacked",
    triggers=("stack([", "array(["),
    pair=Pair("N03", 16.0, 8.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(xs):\n    table = np.stack([np.sqrt(x) for x in xs])\n"
            "    return table.sum(axis=1)\n",
            "import numpy as np\n\ndef f(xs):\n    table = None\n    for place, x in enumerate(xs):\n"
            "        row = np.sqrt(x)\n        if table is None:\n"
            "            table = np.empty((len(xs), *np.shape(row)), np.result_type(row))\n"
            "        table[place] = row\n    table = np.stack([]) if table is None else table\n"
            "    return table.sum(axis=1)\n",
            call="f(np.arange(12.0).reshape(3, 4))",
        ),
        Example(
            "import numpy as np\n\ndef f(g, n):\n    rows = np.array([g(i) for i in range(n)])\n"
            "    return rows\n",
            "import numpy as np\n\ndef f(g, n):\n    rows = None\n    for place, i in enumerate(range(n)):\n"
            "        row = g(i)\n        if rows is None:\n"
            "            rows = np.empty((len(range(n)), *np.shape(row)), np.result_type(row))\n"
            "        rows[place] = row\n    rows = np.array([]) if rows is None else rows\n    return rows\n",
            call="f(np.ones, 1)",
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(xs):\n    table = np.stack([np.sqrt(x) for x in xs if x.any()])\n"
        "    return table\n",
        "import numpy as np\n\ndef f(xs):\n    table = np.stack([x for x in xs])\n    return table\n",
        "import numpy as np\n\ndef f(xs):\n    table = np.stack([np.sqrt(x) for x in xs], axis=1)\n"
        "    return table\n",
        "import numpy as np\n\ndef f(xs, x):\n    table = np.stack([np.sqrt(x) for x in xs])\n"
        "    return table, x\n",
        "import numpy as np\n\ndef f(xs):\n    table = np.array([float(x) for x in xs])\n    return table\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Names bound to a stack of what a comprehension makes."""
    for call in facts.walk(ast.Call):
        stmt = facts.parent(call)
        if not patterns.is_call(facts, call, *_JOINS) or len(call.args) != 1 or call.keywords:
            continue
        made = call.args[0]
        if not isinstance(made, ast.ListComp) or not _is_plain(facts, made):
            continue
        if not isinstance(stmt, ast.Assign) or len(stmt.targets) != 1 or not facts.edits.alone(stmt):
            continue
        edits = _edits(facts, call, stmt, made)
        if edits:
            message = "the list of rows stands beside the array that they are copied into"
            yield RULE.site(facts, call, message, edits)


def _is_plain(facts: Facts, made: ast.ListComp) -> bool:
    part = made.generators[0]
    simple = len(made.generators) == 1 and not part.ifs and isinstance(part.target, (ast.Name, ast.Tuple))
    number = isinstance(made.elt, ast.Call) and (facts.names.dotted(made.elt.func) or "").startswith(
        "builtins."
    )
    return simple and isinstance(made.elt, (ast.Call, ast.BinOp)) and not number and listed.lazy(facts, made)


def _edits(facts: Facts, call: ast.Call, stmt: ast.Assign, made: ast.ListComp) -> tuple[Edit, ...]:
    target, part, function = stmt.targets[0], made.generators[0], facts.function(stmt)
    numpy = facts.names.spell("numpy", call)
    if not isinstance(target, ast.Name) or numpy is None or not isinstance(function, DEFS):
        return ()
    bound = {n.id for n in facts.under(part.target) if isinstance(n, ast.Name)}
    # In a loop the names of the comprehension are names of the function.
    if bound & facts.flow(function).locals or target.id in {
        n.id for n in facts.under(made) if isinstance(n, ast.Name)
    }:
        return ()
    sized = patterns.plain(part.iter) or patterns.is_call(facts, part.iter, "builtins.range")
    if not sized:
        return ()
    unit, name, items = facts.edits.unit(stmt), target.id, facts.text(part.iter)
    place, row = (facts.names.fresh_name(n, stmt) for n in ("place", "row"))
    value = facts.in_place.text(made.elt)
    each = facts.text(part.target)
    each = f"({each})" if isinstance(part.target, ast.Tuple) and not each.startswith("(") else each
    shape = f"(len({items}), *{numpy}.shape({row}))"
    lines = [
        f"{name} = None",
        f"for {place}, {each} in enumerate({items}):",
        f"{unit}{row} = {value}",
        f"{unit}if {name} is None:",
        f"{unit * 2}{name} = {numpy}.empty({shape}, {numpy}.result_type({row}))",
        f"{unit}{name}[{place}] = {row}",
        f"{name} = {facts.text(call.func)}([]) if {name} is None else {name}",
    ]
    return facts.edits.replace_statement(stmt, lines)
