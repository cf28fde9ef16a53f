"""A function mapped over all rows at once.

What it does
    Finds `torch.vmap(f)` without a chunk size and gives it one. Sizes are alternatives.

Why it costs memory
    Every intermediate value inside `f` is made for all rows together. In chunks it is made for
    the rows of one.

Example
    nearest = torch.vmap(distance_to_nearest)(rows)

Use instead
    nearest = torch.vmap(distance_to_nearest, chunk_size=64)(rows)

When it is safe
    `f` draws no random numbers, and it runs once a chunk, so it has no effects but its result.
    Products of another size round differently. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_CHUNKS = (64, 16, 256)

RULE = Rule(
    code="MEM363",
    name="torch-vmap-whole",
    trust=Trust.CLOSE,
    summary="a function is mapped over all rows at once",
    triggers=("vmap(",),
    pair=Pair("T77", 16.78, 2.11),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef nearest(rows, data):\n"
            "    distance = lambda row: (row - data).square().sum(-1).min()\n"
            "    return torch.vmap(distance)(rows)\n",
            "import torch\n\ndef nearest(rows, data):\n"
            "    distance = lambda row: (row - data).square().sum(-1).min()\n"
            "    return torch.vmap(distance, chunk_size=64)(rows)\n",
            call="nearest(torch.eye(3), torch.ones(2, 3))",
            sites=3,
        ),
        Example(
            "import torch\nfrom torch.func import vmap\n\ndef scaled(f, xs, by):\n"
            "    return vmap(f, in_dims=(0, None))(xs, by)\n",
            "import torch\nfrom torch.func import vmap\n\ndef scaled(f, xs, by):\n"
            "    return vmap(f, in_dims=(0, None), chunk_size=64)(xs, by)\n",
            call="scaled(torch.mul, torch.ones(5, 2), torch.ones(2))",
            sites=3,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(g, xs):\n    return torch.vmap(g, chunk_size=8)(xs)\n",
        "import jax\n\ndef f(g, xs):\n    return jax.vmap(g)(xs)\n",
        'import torch\n\ndef f(g, xs):\n    return torch.vmap(g, randomness="different")(xs)\n',
        "import torch\n\ndef f(g, xs, **options):\n    return torch.vmap(g, **options)(xs)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Mapped functions that may work in chunks."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "torch.vmap", "torch.func.vmap", "functorch.vmap"):
            continue
        if len(call.args) != 1 or {k.arg for k in call.keywords} & {"chunk_size", "randomness", None}:
            continue
        for size in _CHUNKS:
            edits = patterns.add_argument(facts, call, f"chunk_size={size}")
            yield RULE.site(
                facts, call, "chunks need the intermediate values of one chunk", edits, group="chunks",
                label=f"chunks of {size}",
            )  # fmt: skip
