"""Parts are joined to one array only to be reduced to a number.

What it does
    Finds `np.concatenate(parts).max()`, also `sum`, `mean`, `min`, `any`, `all` and `len`, and
    reduces each part.

Why it costs memory
    The joined array is as large as all parts, and stands beside them.

Example
    worst = np.concatenate([error(batch) for batch in batches]).max()

Use instead
    worst = np.max([np.max(part) for part in (error(batch) for batch in batches)])

When it is safe
    For parts that are not empty. Sums add up in another order; sums and means of narrow types may
    differ, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

_JOINS = tuple(f"numpy.{n}" for n in ("concatenate", "hstack", "vstack"))
_EXACT = ("max", "min", "any", "all")

RULE = Rule(
    code="MEM259",
    name="np-concatenate-then-reduce",
    trust=Trust.CLOSE,
    summary="parts are joined to one array only to be reduced to a number",
    triggers=("concatenate(", "hstack(", "vstack("),
    pair=Pair("N33", 16.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(xs):\n    return np.concatenate([x * 2 for x in xs]).max()\n",
            "import numpy as np\n\ndef f(xs):\n"
            "    return np.max([np.max(part) for part in (x * 2 for x in xs)])\n",
            call="f([np.arange(3.0), np.ones(2)])",
        ),
        Example(
            "import numpy as np\n\ndef f(parts):\n"
            "    return np.mean(np.concatenate(parts)), len(np.concatenate(parts))\n",
            "import numpy as np\n\ndef f(parts):\n"
            "    return sum(np.sum(part) for part in parts) / sum(np.size(part) for part in parts), "
            "sum(len(part) for part in parts)\n",
            call="f([np.arange(3.0), np.ones(2)])",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(parts):\n    return np.concatenate(parts).max(axis=0)\n",
        "import numpy as np\n\ndef f(a, b):\n    return np.concatenate([a, b]).max()\n",
        "import numpy as np\n\ndef f(parts):\n    whole = np.concatenate(parts)\n"
        "    return whole.max(), whole\n",
        "import numpy as np\n\ndef f(parts):\n    return np.concatenate(parts, axis=1).max()\n",
        "import numpy as np\n\ndef f(xs):\n    return np.concatenate([x * 2 for x in xs]).mean()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Numbers that are made of all parts."""
    for call in facts.walk(ast.Call):
        found = patterns.reduction(facts, call, "sum", "mean", *_EXACT)
        whole = found[0] if found and not found[1] else None
        name = facts.names.dotted(call.func) or (
            call.func.attr if isinstance(call.func, ast.Attribute) else ""
        )
        fold = name.rpartition(".")[2]
        if patterns.is_call(facts, call, "builtins.len") and len(call.args) == 1 and not call.keywords:
            whole, fold = call.args[0], "len"
        if not isinstance(whole, ast.Call) or not patterns.is_call(facts, whole, *_JOINS):
            continue
        if len(whole.args) != 1 or whole.keywords:
            continue
        parts = whole.args[0]
        if isinstance(parts, ast.ListComp) and listed.lazy(facts, parts) and not listed.short(facts, parts):
            text = f"({facts.text(parts)[1:-1].strip()})"
        elif isinstance(parts, ast.Name):
            text = parts.id
        else:
            continue
        written = _written(facts, call, text, fold)
        # A generator is spent after its first fold.
        if written is not None and (fold != "mean" or isinstance(parts, ast.Name)):
            trust = Trust.EXACT if fold in (*_EXACT, "len") else None
            yield RULE.site(
                facts, call, "the parts can be reduced one by one", facts.edits.replace(call, written),
                trust=trust,
            )  # fmt: skip


def _written(facts: Facts, call: ast.Call, parts: str, fold: str) -> str | None:
    part = facts.names.fresh_name("part", call)
    loop = f"for {part} in {parts}"
    if fold == "len":
        return f"sum(len({part}) {loop})"
    if fold == "mean":
        total, size = (facts.names.spell(f"numpy.{n}", call) for n in ("sum", "size"))
        return f"sum({total}({part}) {loop}) / sum({size}({part}) {loop})" if total and size else None
    reduce = facts.names.spell(f"numpy.{fold}", call)
    return f"{reduce}([{reduce}({part}) {loop}])" if reduce else None
