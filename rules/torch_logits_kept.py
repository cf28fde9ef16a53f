"""Scores of all batches kept to take their largest later.

What it does
    Finds a list of scores that a function fills batch by batch and only joins for
    `torch.cat(scores).argmax(1)`, and takes the largest of each batch at once.

Why it costs memory
    Scores have a number for every class, labels one for every row; and joining makes another
    copy of all.

Example
    scores.append(model(x))
    ...
    labels = torch.cat(scores).argmax(dim=1)

Use instead
    scores.append(model(x).argmax(dim=1))
    ...
    labels = torch.cat(scores)

When it is safe
    Scores of a batch have as many axes as all together, and nothing else reads the list. A run
    has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM347",
    name="torch-logits-kept",
    trust=Trust.EXACT,
    summary="scores of all batches are kept to take their largest later",
    triggers=("argmax",),
    pair=Pair("T37", 16.0, 4.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef labels(model, batches):\n    scores = []\n    for x in batches:\n"
            "        scores.append(model(x))\n    return torch.cat(scores).argmax(dim=1)\n",
            "import torch\n\ndef labels(model, batches):\n    scores = []\n    for x in batches:\n"
            "        scores.append(model(x).argmax(dim=1))\n    return torch.cat(scores)\n",
            call="labels(torch.exp, [torch.eye(3), torch.eye(2, 3)])",
        ),
        Example(
            "import torch\n\ndef labels(model, batches):\n"
            "    scores = [model(x) for x in batches]\n"
            "    return torch.argmax(torch.cat(scores, dim=0), dim=-1)\n",
            "import torch\n\ndef labels(model, batches):\n"
            "    scores = [model(x).argmax(dim=-1) for x in batches]\n"
            "    return torch.cat(scores, dim=0)\n",
            call="labels(torch.exp, [torch.eye(3), torch.eye(2, 3)])",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(model, batches):\n    scores = []\n    for x in batches:\n"
        "        scores.append(model(x))\n    return torch.cat(scores).argmax(dim=0)\n",
        "import torch\n\ndef f(model, batches):\n    scores = []\n    for x in batches:\n"
        "        scores.append(model(x))\n    return torch.cat(scores).argmax(dim=1), scores\n",
        "import torch\n\ndef f(scores):\n    return torch.cat(scores).argmax(dim=1)\n",
        "import torch\n\ndef f(model, batches):\n    scores = [model(x) for x in batches]\n"
        "    return torch.stack(scores).argmax(dim=1)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Largest scores of joined batches."""
    for call in facts.walk(ast.Call):
        joined, axis = _asked(facts, call)
        if joined is None or patterns.number(axis) not in (-1, 1) or axis is None:
            continue
        given = patterns.arguments(joined, "tensors", "dim")
        name = given.get("tensors") if given is not None else None
        if given is None or not isinstance(name, ast.Name) or set(given) - {"tensors", "dim"}:
            continue
        if "dim" in given and patterns.number(given["dim"]) != 0:
            continue
        parts = _parts(facts, name)
        if parts:
            tail = f".argmax(dim={facts.text(axis)})"
            edits = [*facts.edits.replace(call, facts.text(joined))]
            for part in parts:
                edits += facts.edits.replace(part, patterns.operand(facts, part) + tail)
            yield RULE.site(facts, call, "the labels of a batch can be taken at once", edits)


def _asked(facts: Facts, call: ast.Call) -> tuple[ast.Call | None, ast.expr | None]:
    """The joined batches under an argmax, and its axis."""
    if patterns.is_call(facts, call, "torch.argmax"):
        given = patterns.arguments(call, "input", "dim") or {}
        subject = given.get("input")
    elif (found := patterns.method(call, "argmax")) is not None:
        subject, given = found[0], patterns.arguments(call, "dim") or {}
    else:
        return None, None
    joined = isinstance(subject, ast.Call) and patterns.is_call(facts, subject, "torch.cat", "torch.concat")
    alone = set(given) <= {"input", "dim"}
    return (subject, given.get("dim")) if joined and alone and isinstance(subject, ast.Call) else (None, None)


def _parts(facts: Facts, name: ast.Name) -> list[ast.expr]:
    """The values that a function puts into a list which it reads at one place only."""
    function = facts.function(name)
    if not isinstance(function, DEFS) or facts.names.home(name) is not function:
        return []
    flow = facts.flow(function)
    if name.id in flow.parameters | flow.captured:
        return []
    parts: list[ast.expr] = []
    for use in facts.names.occurrences(name.id, function):
        parent = facts.parent(use)
        if use is name:
            continue
        if isinstance(use.ctx, ast.Store):
            value = parent.value if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
            if isinstance(value, ast.ListComp):
                parts.append(value.elt)
            elif not isinstance(value, ast.List) or value.elts:
                return []
            continue
        call = facts.parent(parent) if isinstance(parent, ast.Attribute) else None
        if patterns.method(call, "append") is None or not isinstance(call, ast.Call) or len(call.args) != 1:
            return []
        parts.append(call.args[0])
    return parts
