"""A tensor replaced by a changed copy of itself.

What it does
    Finds `scores = scores.masked_fill(mask, value)` and the like (`clamp`, `relu`, `exp`, `mul`,
    `add`) on a tensor that the function made itself, and changes it in place.

Why it costs memory
    The old tensor and its copy are alive together.

Example
    scores = query @ key.T
    scores = scores.masked_fill(mask, -1e9)

Use instead
    scores = query @ key.T
    scores = scores.masked_fill_(mask, -1e9)

When it is safe
    Nobody else holds the tensor, it has the type and shape of the result, and no gradient needs
    its old values. Ownership is judged here; the rest only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, library, patterns, tensors
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_CHANGES = library.words("masked_fill clamp clip relu exp sqrt sigmoid tanh mul add sub div neg clamp_min")
_FUNCTIONS = library.words("relu exp sqrt sigmoid tanh clamp neg")

RULE = Rule(
    code="MEM343",
    name="torch-method-rebound",
    trust=Trust.EXACT,
    summary="a tensor is replaced by a changed copy of itself",
    triggers=(
        "masked_fill(",
        "clamp(",
        "relu(",
        "exp(",
        ".mul(",
        ".add(",
        "sigmoid(",
        "tanh(",
        ".div(",
        ".sub(",
    ),
    pair=Pair("T46", 8.0, 4.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef masked(x, mask):\n    scores = x @ x\n"
            "    scores = scores.masked_fill(mask, -1.0)\n    return scores\n",
            "import torch\n\ndef masked(x, mask):\n    scores = x @ x\n"
            "    scores = scores.masked_fill_(mask, -1.0)\n    return scores\n",
            call="masked(torch.eye(3), torch.eye(3) > 0)",
        ),
        Example(
            "import torch\n\ndef positive(x):\n    y = torch.sin(x) - 0.5\n    y = torch.relu(y)\n"
            "    y = y.clamp(max=0.2)\n    return y\n",
            "import torch\n\ndef positive(x):\n    y = torch.sin(x) - 0.5\n    y = torch.relu_(y)\n"
            "    y = y.clamp_(max=0.2)\n    return y\n",
            call="positive(torch.eye(3))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(scores, mask):\n    scores = scores.masked_fill(mask, -1.0)\n"
        "    return scores\n",
        "import torch\n\ndef f(x, mask):\n    scores = x.t()\n"
        "    scores = scores.masked_fill(mask, -1.0)\n    return scores\n",
        "import torch\n\ndef f(x, mask):\n    scores = x @ x\n"
        "    kept = scores.masked_fill(mask, -1.0)\n    return kept, scores\n",
        "import torch\n\ndef f(x, mask):\n    scores = x @ x\n    views = [scores]\n"
        "    scores = scores.masked_fill(mask, -1.0)\n    return scores, views\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Statements that bind a name to a changed copy of what it stands for."""
    for stmt in facts.walk(ast.Assign):
        call, target, function = stmt.value, stmt.targets[0], facts.function(stmt)
        if (
            not isinstance(call, ast.Call)
            or not isinstance(target, ast.Name)
            or not isinstance(function, DEFS)
        ):
            continue
        if len(stmt.targets) != 1 or any(k.arg in ("out", None) for k in call.keywords):
            continue
        changed, func = _changed(facts, call)
        if not isinstance(changed, ast.Name) or changed.id != target.id or func is None:
            continue
        if facts.aliases.owner(target.id, stmt, function).wrong or not tensors.about(facts, changed):
            continue
        if sum(isinstance(n, ast.Name) and n.id == target.id for n in facts.under(call)) > 1:
            continue
        edits = facts.edits.replace(call.func, func)
        yield RULE.site(facts, stmt, "the old tensor can be changed in place", edits)


def _changed(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, str | None]:
    """What a call makes a changed copy of, and the function that would change it in place."""
    prefix, _, name = (facts.names.dotted(call.func) or "").rpartition(".")
    if prefix in ("torch", "torch.nn.functional") and name in _FUNCTIONS and call.args:
        return call.args[0], facts.names.spell(f"torch.{name}_", call)
    found = patterns.method(call, *_CHANGES)
    if found is None or prefix:
        return None, None
    return found[0], f"{facts.text(call.func)}_"
