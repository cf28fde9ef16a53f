"""Everything is sorted to keep a few.

What it does
    Finds `sorted(x)[:k]` and `sorted(x, reverse=True)[:k]`, and uses `heapq.nsmallest` and
    `heapq.nlargest`.

Why it costs memory
    `sorted` makes a list of all items; the heap holds `k` of them.

Example
    best = sorted(scores, key=rank, reverse=True)[:10]

Use instead
    best = heapq.nlargest(10, scores, key=rank)

When it is safe
    Both give the same items in the same order, equal ones included, for a `k` of 0 or more and
    items with a total order (no NaN): a proof by running decides. With a large `k` it is slower.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM113",
    name="sorted-then-sliced",
    trust=Trust.EXACT,
    summary="everything is sorted to keep a few",
    triggers=(")[:",),
    pair=Pair("P05", 11.44, 0.0),
    search_only=True,
    examples=(
        Example(
            "import heapq\n\ndef f(xs):\n    return sorted(xs)[:3]\n",
            "import heapq\n\ndef f(xs):\n    return heapq.nsmallest(3, xs)\n",
            call="f([3, 5, 1, 4])",
        ),
        Example(
            "import os\n\ndef f(d, n):\n    return sorted(d.items(), key=lambda p: p[1], reverse=True)[:n]\n",
            "import os\nimport heapq\n\ndef f(d, n):\n"
            "    return heapq.nlargest(n, d.items(), key=lambda p: p[1])\n",
            call="f({1: 2, 3: 9, 5: 4}, 2)",
        ),
    ),
    counterexamples=(
        "def f(xs):\n    return sorted(xs)[:-1]\n",
        "def f(xs):\n    return sorted(xs)[1:3]\n",
        "def f(xs, r):\n    return sorted(xs, reverse=r)[:3]\n",
        "def f(xs):\n    return sorted(xs)[::2]\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The beginnings of sorted lists."""
    for node in facts.walk(ast.Subscript):
        part, made = node.slice, node.value
        if not isinstance(part, ast.Slice) or part.lower or part.step or not isinstance(node.ctx, ast.Load):
            continue
        count = part.upper
        if not isinstance(made, ast.Call) or not patterns.is_call(facts, made, "builtins.sorted"):
            continue
        if count is None or not (isinstance(count, ast.Name) or (patterns.number(count) or 0) > 0):
            continue
        text = _text(facts, made, facts.text(count), node)
        if text is not None:
            yield RULE.site(
                facts, node, "a heap holds only the items that are kept",
                facts.edits.replace(node, text[0]), imports=text[1],
            )  # fmt: skip


def _text(facts: Facts, made: ast.Call, count: str, at: ast.AST) -> tuple[str, tuple[str, ...]] | None:
    keywords = {k.arg: k.value for k in made.keywords}
    if len(made.args) != 1 or isinstance(made.args[0], ast.Starred) or set(keywords) - {"key", "reverse"}:
        return None
    reverse = keywords.get("reverse")
    if reverse is not None and not (isinstance(reverse, ast.Constant) and isinstance(reverse.value, bool)):
        return None
    name = "nlargest" if reverse is not None and reverse.value else "nsmallest"
    spelled = facts.names.spell(f"heapq.{name}", at)
    key = f", key={facts.text(keywords['key'])}" if "key" in keywords else ""
    imports = () if spelled else ("import heapq",)
    items = facts.text(made.args[0])
    if isinstance(made.args[0], ast.GeneratorExp) and not items.startswith("("):
        items = f"({items})"
    return f"{spelled or f'heapq.{name}'}({count}, {items}{key})", imports
