"""Results stacked only to be averaged.

What it does
    Finds `torch.stack([f(x) for x in xs]).mean(0)`, also with `sum` and with a list that has a
    name, and adds the results up.

Why it costs memory
    All results and their stack are alive together; a running sum needs two of them.

Example
    mean = torch.stack([net(x) for net in nets]).mean(0)

Use instead
    mean = sum(net(x) for net in nets) / len(nets)

When it is safe
    There is at least one result, and they are tensors of floating numbers. The order of
    addition differs, so results agree to rounding; a run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM333",
    name="torch-stack-then-mean",
    trust=Trust.CLOSE,
    summary="results are stacked only to be averaged",
    triggers=("stack(",),
    pair=Pair("T73", 64.0, 12.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef mean(nets, x):\n    return torch.stack([net(x) for net in nets]).mean(0)\n",
            "import torch\n\ndef mean(nets, x):\n    return sum(net(x) for net in nets) / len(nets)\n",
            call="mean([torch.exp, torch.sin], torch.ones(3))",
        ),
        Example(
            "import torch\n\ndef total(x):\n    views = [x * n for n in range(4)]\n"
            "    return torch.sum(torch.stack(views), dim=0)\n",
            "import torch\n\ndef total(x):\n    views = [x * n for n in range(4)]\n    return sum(views)\n",
            call="total(torch.ones(3))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(xs):\n    return torch.stack([x.exp() for x in xs]).mean()\n",
        "import torch\n\ndef f(xs):\n    return torch.stack([x.exp() for x in xs], dim=1).mean(0)\n",
        "import torch\n\ndef f(xs):\n"
        "    return torch.stack([x.exp() for x in xs if x is not None]).mean(0)\n",
        "import torch\n\ndef f(xs):\n    return torch.stack([x.exp() for x in xs]).max(0)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Means and sums over the axis that a stack has made."""
    for call in facts.walk(ast.Call):
        stacked, reducer = _reduced(facts, call)
        if (
            stacked is None
            or not patterns.is_call(facts, stacked, "torch.stack")
            or not isinstance(stacked, ast.Call)
        ):
            continue
        given = patterns.arguments(stacked, "tensors", "dim")
        if given is None or set(given) - {"tensors", "dim"} or "tensors" not in given:
            continue
        if "dim" in given and patterns.number(given["dim"]) != 0:
            continue
        total, count = _total(facts, given["tensors"])
        if total is None:
            continue
        text = total if reducer == "sum" else f"{total} / {count}"
        edits = facts.edits.replace(call, text)
        yield RULE.site(facts, call, "a running sum needs no stack", edits)


def _reduced(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, str]:
    """What is averaged or summed over its first axis."""
    if patterns.is_call(facts, call, "torch.mean", "torch.sum"):
        given = patterns.arguments(call, "input", "dim") or {}
        subject, name = given.pop("input", None), (facts.names.dotted(call.func) or "").rpartition(".")[2]
    elif (found := patterns.method(call, "mean", "sum")) is not None:
        subject, given = found[0], patterns.arguments(call, "dim") or {}
        name = found[1].func.attr  # type: ignore[attr-defined]
    else:
        return None, ""
    axis = given.get("dim", given.get("axis"))
    first = len(given) == 1 and axis is not None and patterns.number(axis) == 0
    return (subject, name) if first else (None, "")


def _total(facts: Facts, node: ast.expr) -> tuple[str | None, str]:
    """The sum of the stacked tensors as a text, and their number."""
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        part = node.generators[0]
        if len(node.generators) > 1 or part.ifs or part.is_async or not patterns.pure(facts, part.iter):
            return None, ""
        inner = f"{facts.text(node.elt)} for {facts.text(part.target)} in {facts.text(part.iter)}"
        return f"sum({inner})", f"len({facts.text(part.iter)})"
    small = isinstance(node, ast.Name) and "loss" in node.id.lower()
    if isinstance(node, ast.Name) and not small:
        return f"sum({node.id})", f"len({node.id})"
    return None, ""
