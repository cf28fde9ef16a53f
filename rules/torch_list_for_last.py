"""A list of results of which only the last is read.

What it does
    Finds a list that a function fills with `append` and of which it reads nothing but `[-1]`,
    and keeps the newest item alone.

Why it costs memory
    Every earlier result stays, with its autograd graph if it has one.

Example
    states = []
    for x in steps:
        states.append(cell(x))
    return states[-1]

Use instead
    states = []
    for x in steps:
        states = [cell(x)]
    return states[-1]

When it is safe
    Always where the list is the function's own and `[-1]` is all that is read of it: the same
    item, and the same error where there was none. An item whose end does something (a file, a
    lock) ends earlier, so this is kept to code about tensors.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.facts.index import DEFS, DefNode
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM321",
    name="torch-list-for-last",
    trust=Trust.EXACT,
    summary="only the last item of a list is ever read",
    triggers=("[-1]",),
    pair=Pair("T39", 16.0, 4.0),
    examples=(
        Example(
            "import torch\n\ndef last(rows):\n    states = []\n    for row in rows:\n"
            "        states.append(torch.exp(row))\n    return states[-1]\n",
            "import torch\n\ndef last(rows):\n    states = []\n    for row in rows:\n"
            "        states = [torch.exp(row)]\n    return states[-1]\n",
            call="last(torch.eye(3))",
        ),
        Example(
            "import torch\n\ndef last(layer, x):\n    outputs = [x]\n    for _ in range(4):\n"
            "        outputs.append(layer(outputs[-1]) + torch.sin(x))\n    return outputs[-1]\n",
            "import torch\n\ndef last(layer, x):\n    outputs = [x]\n    for _ in range(4):\n"
            "        outputs = [layer(outputs[-1]) + torch.sin(x)]\n    return outputs[-1]\n",
            call="last(torch.exp, torch.ones(3))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(rows):\n    states = []\n    for row in rows:\n"
        "        states.append(torch.exp(row))\n    return states[-1], len(states)\n",
        "import torch\n\ndef f(rows, states):\n    for row in rows:\n"
        "        states.append(torch.exp(row))\n    return states[-1]\n",
        "import torch\n\ndef f(rows):\n    states = [torch.exp(row) for row in rows]\n"
        "    return states[-1]\n",
        "import torch\n\ndef f(rows):\n    states = []\n    for row in rows:\n"
        "        states.append(torch.exp(row))\n        states.pop()\n    return states[-1]\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Lists that are only appended to and read at their end."""
    for call in facts.walk(ast.Call):
        found, stmt = patterns.method(call, "append"), facts.parent(call)
        function = facts.function(call)
        if found is None or len(call.args) != 1 or call.keywords or not isinstance(stmt, ast.Expr):
            continue
        name = found[0]
        if not isinstance(name, ast.Name) or not isinstance(function, DEFS) or not facts.loops.around(call):
            continue
        if isinstance(call.args[0], ast.Starred) or "\n" in facts.text(call):
            continue
        if _only_last(facts, name, function) and _about_tensors(facts, function):
            line = f"{name.id} = [{facts.text(call.args[0])}]"
            edits = facts.edits.replace_statement(stmt, [line])
            kept = facts.arrays.value(call.args[0], stmt)
            yield RULE.site(
                facts, call, "nobody reads the items before the last", edits, certain=kept.kind == "tensor"
            )


def _only_last(facts: Facts, name: ast.Name, function: DefNode) -> bool:
    """Whether a list is the function's own and read at its end only."""
    flow = facts.flow(function)
    if facts.names.home(name) is not function or name.id in flow.parameters | flow.captured or flow.opaque:
        return False
    ends = 0
    for use in facts.names.occurrences(name.id, function):
        parent = facts.parent(use)
        if isinstance(use.ctx, ast.Store):
            plain = isinstance(parent, ast.Assign) and len(parent.targets) == 1
            if not plain or not isinstance(parent, ast.Assign) or not isinstance(parent.value, ast.List):
                return False
        elif isinstance(parent, ast.Subscript):
            if patterns.number(parent.slice) != -1 or not isinstance(parent.ctx, ast.Load):
                return False
            ends += 1
        elif not (isinstance(parent, ast.Attribute) and parent.attr == "append"):
            return False
    return ends > 0


def _about_tensors(facts: Facts, function: DefNode) -> bool:
    return (
        any(
            isinstance(n, ast.Attribute) and (facts.names.dotted(n) or "").startswith("torch.")
            for n in facts.under(function)
        )
        or torch_use.module_class(facts, function) is not None
    )
