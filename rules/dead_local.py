"""A local keeps its value alive after its last read while other values are made.

What it does
    Finds a local name that is not read any more, on any path, while the function goes on to
    allocate, and unbinds it right after its last read.

Why it costs memory
    A name holds its value until the function returns or the name is bound again. Two arrays of
    8 MiB that are needed one after the other are both alive at the peak: 16 MiB instead of 8.

Example
    features = load(path)
    mean = features.mean()
    model = build(mean)

Use instead
    features = load(path)
    mean = features.mean()
    del features
    model = build(mean)

When it is safe
    The name is local, certainly bound at that point, dead on every path from there (loops and
    exception handlers included), not captured by an inner function, and the function does not
    look at its own frame (`locals`, `eval`, ...). Values whose end does something (open files,
    temporary directories, locks, processes) are left alone. Where the last reader, or a step before it,
    needs the most memory of all, nothing is saved, and no text tells that: a proof by running decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts

RULE = Rule(
    code="MEM103",
    name="dead-local",
    trust=Trust.EXACT,
    summary="a local outlives its last read while more is allocated",
    triggers=("def ",),
    pair=Pair("P10", 16.0, 8.0),
    search_only=True,
    examples=(
        Example(
            before=(
                "import numpy as np\n\ndef f(n):\n    a = np.ones(n)\n    s = a.sum()\n"
                "    b = np.zeros(n)\n    return s + b.sum()\n"
            ),
            after=(
                "import numpy as np\n\ndef f(n):\n    a = np.ones(n)\n    s = a.sum()\n    del a\n"
                "    b = np.zeros(n)\n    return s + b.sum()\n"
            ),
            call="f(10)",
        ),
        Example(
            before=(
                "def f(load, fit, path):\n    x = load(path)\n    y = load(path)\n    z = [x, y]\n"
                "    if fit(z):\n        print(x)\n    return fit(path)\n"
            ),
            after=(
                "def f(load, fit, path):\n"
                "    x = load(path)\n"
                "    y = load(path)\n"
                "    z = [x, y]\n"
                "    del y\n"
                "    if fit(z):\n"
                "        print(x)\n"
                "    del x\n"
                "    return fit(path)\n"
            ),
            call="f(len, bool, 'ab')",
            sites=2,
        ),
        Example(
            before="def f(g):\n    a = g(1); b = g(2); c = a + b; d = g(3); return c + d\n",
            after="def f(g):\n    a = g(1); b = g(2); c = a + b; del a, b; d = g(3); return c + d\n",
            call="f(abs)",
        ),
    ),
    counterexamples=(
        "def f(g):\n    a = g(1)\n    b = len(a)\n    return b\n",
        "def f(g):\n    a = g(1)\n    b = lambda: a\n    c = g(2)\n    return b, c\n",
        "def f(g):\n    a = g(1)\n    b = g(a)\n    c = g(2)\n    return b, c, locals()\n",
        (
            "def f(g):\n"
            "    a = g(1)\n"
            "    try:\n"
            "        b = g(a)\n"
            "        c = g(b)\n"
            "    except ValueError:\n"
            "        c = a\n"
            "    return c\n"
        ),
        "def f(g):\n    a = g(1)\n    b = g(a)\n    a = g(b)\n    return a\n",
        "def f(g):\n    a = g(1)\n    b = g(a)\n    a = c = None\n    d = g(2)\n    return b, c, d\n",
        (
            "import tempfile\n"
            "\n"
            "def f(g):\n"
            "    d = tempfile.TemporaryDirectory()\n"
            "    p = d.name\n"
            "    return g(p)\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One site for all names that die at one statement."""
    for function in facts.functions():
        found = facts.lifetimes.deaths(function)
        deaths = [d for d in found if d.after and not facts.loops.in_blocks(d.last)]
        deaths.sort(key=lambda death: facts.index.order(death.last))
        for last, group in groupby(deaths, key=lambda death: death.last):
            dying = list({d.name: d for d in group}.values())
            edits = facts.edits.insert_after(last, f"del {', '.join(d.name for d in dying)}")
            if edits:
                names = "` and `".join(d.name for d in dying)
                verbs = ("are", "stay") if len(dying) > 1 else ("is", "stays")
                message = f"`{names}` {verbs[0]} not read again, but {verbs[1]} alive while more is allocated"
                yield RULE.site(facts, dying[0].made, message, edits)
