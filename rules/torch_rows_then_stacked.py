"""Tensors are listed to be stacked where no gradient is needed.

What it does
    Finds, where gradients are off, `torch.stack([f(x) for x in xs])`, and puts each tensor into
    its row of the result as it is made. So it does with a list that a loop appends to and that is
    read by `torch.stack(rows)` alone.

Why it costs memory
    All tensors of the list stand beside the one that they are copied into.

Example
    table = torch.stack([model(x) for x in xs])

Use instead
    table = None
    for place, x in enumerate(xs):
        row = model(x)
        if table is None:
            table = row.new_empty((len(xs), *row.shape))
        table[place] = row
    table = torch.stack([]) if table is None else table

When it is safe
    All rows have one shape and one type, and `xs` has a length. With gradients on the rows would
    be written into a graph, so that is left alone. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, listed, patterns, stacked
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_FILL = (
    "        if {0} is None:\n            {0} = row.new_empty((len({1}), *row.shape))\n"
    "        {0}[place] = row\n"
)

RULE = Rule(
    code="MEM361",
    name="torch-rows-then-stacked",
    trust=Trust.EXACT,
    summary="tensors are listed to be stacked",
    triggers=("stack(",),
    pair=Pair("T14", 33.58, 17.6),
    search_only=True,
    examples=(
        Example(
            "import torch\n\n@torch.no_grad()\ndef f(xs):\n"
            "    table = torch.stack([torch.exp(x) for x in xs])\n    return table.sum(1)\n",
            "import torch\n\n@torch.no_grad()\ndef f(xs):\n    table = None\n"
            "    for place, x in enumerate(xs):\n        row = torch.exp(x)\n"
            + _FILL.format("table", "xs")
            + "    table = torch.stack([]) if table is None else table\n    return table.sum(1)\n",
            call="f(torch.eye(3))",
        ),
        Example(
            "import torch\n\n@torch.no_grad()\ndef f(model, n):\n    rows = []\n    for i in range(n):\n"
            "        h = torch.full((2,), float(i))\n        rows.append(model(h))\n"
            "    out = torch.stack(rows, dim=0)\n    return out\n",
            "import torch\n\n@torch.no_grad()\ndef f(model, n):\n    out = None\n"
            "    for place, i in enumerate(range(n)):\n"
            "        h = torch.full((2,), float(i))\n        row = model(h)\n"
            + _FILL.format("out", "range(n)")
            + "    out = torch.stack([]) if out is None else out\n    return out\n",
            call="f(torch.exp, 3)",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(xs):\n    table = torch.stack([torch.exp(x) for x in xs])\n    return table\n",
        "import torch\n\n@torch.no_grad()\ndef f(xs):\n    table = torch.stack([x for x in xs])\n"
        "    return table\n",
        "import torch\n\n@torch.no_grad()\ndef f(xs):\n"
        "    table = torch.stack([torch.exp(x) for x in xs if x.any()])\n    return table\n",
        "import torch\n\n@torch.no_grad()\ndef f(xs):\n"
        "    table = torch.stack([torch.exp(x) for x in xs], dim=1)\n    return table\n",
        "import torch\n\n@torch.no_grad()\ndef f(xs):\n    rows = []\n    for x in xs:\n        if x.any():\n"
        "            rows.append(torch.exp(x))\n    table = torch.stack(rows)\n    return table\n",
        "import torch\n\n@torch.no_grad()\ndef f(xs):\n    rows = []\n    for x in xs:\n"
        "        rows.append(torch.exp(x))\n    table = torch.stack(rows)\n    return table, rows\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Names bound to a stack of tensors that are made one by one."""
    for call in facts.walk(ast.Call):
        stmt = facts.parent(call)
        given = patterns.arguments(call, "tensors", "dim")
        if not patterns.is_call(facts, call, "torch.stack") or not given or set(given) - {"tensors", "dim"}:
            continue
        if "dim" in given and patterns.number(given["dim"]) != 0:
            continue
        if not isinstance(stmt, ast.Assign) or len(stmt.targets) != 1 or not facts.edits.alone(stmt):
            continue
        if not facts.grad.disabled_at(call) or not isinstance(facts.function(call), DEFS):
            continue
        made = given.get("tensors")
        edits = _listed(facts, call, stmt, made) if isinstance(made, ast.ListComp) else ()
        edits = edits or (_appended(facts, call, stmt, made) if isinstance(made, ast.Name) else ())
        if edits:
            message = "the list of rows stands beside the tensor that they are copied into"
            yield RULE.site(facts, call, message, edits)


def _listed(facts: Facts, call: ast.Call, stmt: ast.Assign, made: ast.ListComp) -> tuple[Edit, ...]:
    part, function = made.generators[0], facts.function(stmt)
    if (
        len(made.generators) != 1
        or part.ifs
        or not isinstance(made.elt, ast.Call)
        or not isinstance(function, DEFS)
    ):
        return ()
    bound = {n.id for n in facts.under(part.target) if isinstance(n, ast.Name)}
    # In a loop the names of the comprehension are names of the function.
    if (
        bound & facts.flow(function).locals
        or not listed.lazy(facts, made)
        or not stacked.sized(facts, part.iter)
    ):
        return ()
    unit, (name, place, row) = facts.edits.unit(stmt), _names(facts, stmt)
    if not name or name in {n.id for n in facts.under(made) if isinstance(n, ast.Name)}:
        return ()
    lines = [
        f"{name} = None",
        f"for {place}, {_each(facts, part.target)} in enumerate({facts.text(part.iter)}):",
        f"{unit}{row} = {facts.in_place.text(made.elt)}",
        *(unit + line for line in _filled(facts, stmt, part.iter)),
        _whole(facts, call, name),
    ]
    return facts.edits.replace_statement(stmt, lines)


def _appended(facts: Facts, call: ast.Call, stmt: ast.Assign, rows: ast.Name) -> tuple[Edit, ...]:
    growth = stacked.grown(facts, rows, stmt)
    name, number, row = _names(facts, stmt)
    if growth is None or not name or not isinstance(growth.value, ast.Call):
        return ()
    target, items = growth.loop.target, growth.loop.iter
    header = f"{number}, {_each(facts, target)} in enumerate({facts.text(items)})"
    lines = [f"{row} = {facts.text(growth.value)}", *_filled(facts, stmt, items)]
    return (
        *facts.edits.replace_statement(growth.birth, [f"{name} = None"]),
        Edit(facts.range(target)[0], facts.range(items)[1], header),
        *facts.edits.replace_statement(growth.append, lines),
        *facts.edits.replace_statement(stmt, [_whole(facts, call, name)]),
    )


def _each(facts: Facts, target: ast.expr) -> str:
    """What a turn binds, as a part of a longer target."""
    text = facts.text(target)
    return f"({text})" if isinstance(target, ast.Tuple) and not text.startswith("(") else text


def _names(facts: Facts, stmt: ast.Assign) -> tuple[str, str, str]:
    """The name of the result, empty where it has none, and of the place and the row in a turn."""
    target = stmt.targets[0]
    name = target.id if isinstance(target, ast.Name) else ""
    return name, facts.names.fresh_name("place", stmt), facts.names.fresh_name("row", stmt)


def _filled(facts: Facts, stmt: ast.Assign, items: ast.expr) -> list[str]:
    name, place, row = _names(facts, stmt)
    unit = facts.edits.unit(stmt)
    return [
        f"if {name} is None:",
        f"{unit}{name} = {row}.new_empty((len({facts.text(items)}), *{row}.shape))",
        f"{name}[{place}] = {row}",
    ]


def _whole(facts: Facts, call: ast.Call, name: str) -> str:
    # Of nothing at all `torch.stack` has to complain as before.
    return f"{name} = {facts.text(call.func)}([]) if {name} is None else {name}"
