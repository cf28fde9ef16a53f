"""Pieces of text are joined to be written.

What it does
    Finds `f.write("".join(pieces))` as a statement, and writes the pieces one after the other with
    `f.writelines`; a list comprehension of pieces becomes a generator.

Why it costs memory
    The joined text stands beside all its pieces until it is written.

Example
    f.write("".join(f"{name}\\t{value}\\n" for name, value in rows))

Use instead
    f.writelines(f"{name}\\t{value}\\n" for name, value in rows)

When it is safe
    The file gets the same text. It is there in part already if making a piece raises, and not every
    object with `write` has `writelines`: a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM119",
    name="text-joined-to-write",
    trust=Trust.EXACT,
    summary="pieces of text are joined to be written",
    triggers=('"".join(', "''.join("),
    pair=Pair("P03", 33.16, 0.02),
    search_only=True,
    examples=(
        Example(
            "import io\n\ndef f(xs):\n    h = io.StringIO()\n    h.write(''.join(f'{x} ' for x in xs))\n"
            "    return h.getvalue()\n",
            "import io\n\ndef f(xs):\n    h = io.StringIO()\n    h.writelines(f'{x} ' for x in xs)\n"
            "    return h.getvalue()\n",
            call="f([1, 2])",
        ),
        Example(
            "def f(h, xs, ys):\n    h.write(''.join([str(x) for x in xs]))\n    h.write(\"\".join(ys))\n",
            "def f(h, xs, ys):\n    h.writelines(str(x) for x in xs)\n    h.writelines(ys)\n",
            sites=2,
        ),
    ),
    counterexamples=(
        "def f(h, xs):\n    h.write('\\n'.join(xs))\n",
        "def f(h, xs):\n    return h.write(''.join(xs))\n",
        "def f(h, xs):\n    h.write(''.join(xs) + 'end')\n",
        "def f(h, xs):\n    h.write(''.join(*xs))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Joined texts that are written as they are."""
    for call in facts.walk(ast.Call):
        written = patterns.method(call, "write")
        if written is None or len(call.args) != 1 or call.keywords:
            continue
        joined = patterns.method(call.args[0], "join")
        if joined is None or not isinstance(facts.parent(call), ast.Expr):
            continue
        empty = isinstance(joined[0], ast.Constant) and joined[0].value in ("", b"")
        if not empty or len(joined[1].args) != 1 or joined[1].keywords:
            continue
        pieces = joined[1].args[0]
        if isinstance(pieces, ast.Starred):
            continue
        text = facts.text(pieces)
        made = isinstance(pieces, ast.ListComp) and listed.lazy(facts, pieces)
        if made or (isinstance(pieces, ast.GeneratorExp) and text.startswith("(")):
            text = text[1:-1].strip()
        edits = facts.edits.replace(call, f"{facts.text(written[0])}.writelines({text})")
        yield RULE.site(facts, call, "the pieces can be written one by one", edits)
