"""Parts joined only to be reduced.

What it does
    Finds `torch.cat([p.grad.view(-1) for p in ps]).norm()` and the like (`sum`, `max`, `min`),
    and reduces part by part.

Why it costs memory
    The joined tensor is a second copy of all parts.

Example
    size = torch.cat([p.grad.view(-1) for p in parameters]).norm()

Use instead
    size = torch.stack([p.grad.view(-1).norm() for p in parameters]).norm()

When it is safe
    There is at least one part and none is empty where a maximum is taken. Results agree to
    rounding; a run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_REDUCERS = ("norm", "sum", "max", "min")

RULE = Rule(
    code="MEM334",
    name="torch-cat-then-reduce",
    trust=Trust.CLOSE,
    summary="parts are joined only to be reduced",
    triggers=(
        "cat(",
        "concat(",
    ),
    pair=Pair("T74", 32.0, 0.1),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef size(parts):\n    return torch.cat([p.view(-1) for p in parts]).norm()\n",
            "import torch\n\ndef size(parts):\n"
            "    return torch.stack([p.view(-1).norm() for p in parts]).norm()\n",
            call="size([torch.eye(3), torch.ones(2)])",
        ),
        Example(
            "import torch\n\ndef size(parts):\n"
            "    return torch.max(torch.cat([torch.abs(p).flatten() for p in parts]))\n",
            "import torch\n\ndef size(parts):\n"
            "    return torch.stack([torch.abs(p).flatten().max() for p in parts]).max()\n",
            call="size([torch.eye(3), torch.ones(2)])",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(parts):\n    return torch.cat([p.view(-1) for p in parts]).mean()\n",
        "import torch\n\ndef f(parts):\n    return torch.cat([p.view(-1) for p in parts]).max(0)\n",
        "import torch\n\ndef f(parts):\n    return torch.cat(parts).norm()\n",
        "import torch\n\ndef f(parts):\n    flat = torch.cat([p.view(-1) for p in parts])\n"
        "    return flat.norm(), flat\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reductions of parts that are joined for them."""
    for call in facts.walk(ast.Call):
        subject, reducer = _reduced(facts, call)
        if subject is None:
            continue
        joined, made = patterns.value_of(facts, subject, (subject,))
        stack = facts.names.spell("torch.stack", call)
        parts = joined.args[0] if isinstance(joined, ast.Call) and len(joined.args) == 1 else None
        if stack is None or not patterns.is_call(facts, joined, "torch.cat", "torch.concat"):
            continue
        if not isinstance(parts, (ast.ListComp, ast.GeneratorExp)) or joined.keywords:  # type: ignore[attr-defined]
            continue
        start, end = facts.range(parts.elt)
        begin, stop = facts.range(parts)
        rest = facts.source.data[end : stop - 1].decode()
        one = f"{patterns.operand(facts, parts.elt)}.{reducer}()"
        text = f"{stack}([{facts.source.data[begin + 1 : start].decode()}{one}{rest}]).{reducer}()"
        edits = facts.edits.replace(call, text) + (facts.edits.delete(made) if made is not None else ())
        yield RULE.site(facts, call, "each part can be reduced by itself", edits)


def _reduced(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, str]:
    """What is reduced to one number."""
    if call.keywords:
        return None, ""
    if patterns.is_call(facts, call, *(f"torch.{n}" for n in _REDUCERS)) and len(call.args) == 1:
        return call.args[0], (facts.names.dotted(call.func) or "").rpartition(".")[2]
    found = patterns.method(call, *_REDUCERS)
    if found is None or call.args or facts.names.dotted(call.func) is not None:
        return None, ""
    return found[0], found[1].func.attr  # type: ignore[attr-defined]
