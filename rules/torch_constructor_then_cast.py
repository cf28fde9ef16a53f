"""A constant tensor built in one type and cast to another.

What it does
    Finds `torch.zeros(...)`, `ones`, `eye`, `zeros_like` and `ones_like` that are cast at once,
    such as `.long()` or `.to(torch.bool)`, and builds them in that type.

Why it costs memory
    The tensor of floats and the cast one are alive together.

Example
    seen = torch.zeros(rows, columns).bool()

Use instead
    seen = torch.zeros(rows, columns, dtype=torch.bool)

When it is safe
    Always: zeros and ones are exact in every type, and nobody else sees the first tensor.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, few, library, patterns, stages
from codeopt.rule import Example, Pair, Rule

_MADE = tuple(f"torch.{n}" for n in ("zeros", "ones", "eye", "zeros_like", "ones_like"))
_TYPES = library.words(
    "long int bool double half bfloat16 short int64 int32 int16 int8 uint8 float64 float16"
)

RULE = Rule(
    code="MEM312",
    name="torch-constructor-then-cast",
    trust=Trust.EXACT,
    summary="a constant tensor is built in one type and cast to another",
    triggers=(
        "zeros",
        "ones",
        "eye(",
    ),
    pair=Pair("T60", 12.0, 8.0),
    examples=(
        Example(
            "import torch\n\ndef blank(n):\n    return torch.zeros(n, n + 1).long()\n",
            "import torch\n\ndef blank(n):\n    return torch.zeros(n, n + 1, dtype=torch.long)\n",
            call="blank(3)",
        ),
        Example(
            "import torch\n\ndef start(x):\n    return torch.ones_like(x).to(torch.bool)\n",
            "import torch\n\ndef start(x):\n    return torch.ones_like(x, dtype=torch.bool)\n",
            call="start(torch.arange(4.0))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(n):\n    return torch.zeros(n).float()\n",
        "import torch\n\ndef f(n):\n    return torch.full((n,), 0.5).long()\n",
        "import torch\n\ndef f(n):\n    return torch.zeros(n, dtype=torch.int).long()\n",
        "import torch\n\ndef f(n, x):\n    return torch.zeros(n).to(x)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Casts of constant tensors that are made for them."""
    for call in facts.walk(ast.Call):
        made, dtype = _cast(facts, call)
        if made is None or dtype is None or "\n" in facts.text(call):
            continue
        _, inner = facts.range(made)
        _, end = facts.range(call)
        edits = [*patterns.add_argument(facts, made, f"dtype={dtype}"), Edit(inner, end, "")]
        table = facts.axes.is_table(made, facts.statement(made)) and not _is_of_tokens(made)
        worth = table and not _is_mask(facts, made)
        yield RULE.site(
            facts, call, "it can be built in its final type", edits,
            certain=worth and stages.is_last(facts, call),
        )  # fmt: skip


def _is_mask(facts: Facts, made: ast.Call) -> bool:
    """Whether what gives its type is one of true and false already, by its making or its name."""
    bound = [d.value for d in patterns.bound(facts, made.args[0]) if isinstance(d, ast.Assign)]
    text = " ".join(facts.text(node) for node in (made, *bound))
    tested = any(isinstance(value, ast.Compare) for value in bound)
    return tested or any(word in text for word in ("mask", "isnan", "isinf", "isfinite"))


def _is_of_tokens(made: ast.Call) -> bool:
    """Whether there is one number a token, which is small beside what a model keeps of each."""
    return few.tell((n for arg in made.args for n in ast.walk(arg)), few.TOKENS)


def _cast(facts: Facts, call: ast.Call) -> tuple[ast.Call | None, str | None]:
    """The constructor under a cast, and the type it is cast to as the file spells it."""
    found = patterns.method(call, "to", "type", *_TYPES)
    if found is None or not patterns.is_call(facts, found[0], *_MADE) or call.keywords:
        return None, None
    made, attribute = found[0], call.func
    if not isinstance(made, ast.Call) or not made.args or any(k.arg != "device" for k in made.keywords):
        return None, None
    if isinstance(attribute, ast.Attribute) and attribute.attr in _TYPES and not call.args:
        return made, facts.names.spell(f"torch.{attribute.attr}", call)
    dotted = facts.names.dotted(call.args[0]) if len(call.args) == 1 else None
    known = (dotted or "").removeprefix("torch.") in _TYPES
    return made, facts.text(call.args[0]) if known else None
