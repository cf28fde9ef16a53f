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
    temporary directories, locks, processes) are left alone. Only arrays that were made in this
    function and that nothing else holds, of three axes or more or the product of two tables, are
    unbound without a proof by running, and only if their last reader does not need more memory than
    what stands behind it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.facts import peaks
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts
    from codeopt.facts.index import DefNode
    from codeopt.facts.lifetimes import Death

RULE = Rule(
    code="MEM103",
    name="dead-local",
    trust=Trust.EXACT,
    summary="a local outlives its last read while more is allocated",
    triggers=("def ",),
    pair=Pair("P10", 16.0, 8.0),
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
    """One site for all names that die at one statement, the certain ones apart from the others."""
    for function in facts.functions():
        found = facts.lifetimes.deaths(function)
        found = [d for d in found if d.after and not facts.loops.in_blocks(d.last)]
        deaths = [(d, _certain(d, function, facts)) for d in found]
        deaths.sort(key=lambda pair: (facts.index.order(pair[0].last), not pair[1]))
        for (last, certain), group in groupby(deaths, key=lambda pair: (pair[0].last, pair[1])):
            dying = list({d.name: d for d, _ in group}.values())
            edits = facts.edits.insert_after(last, f"del {', '.join(d.name for d in dying)}")
            if edits:
                names = "` and `".join(d.name for d in dying)
                verbs = ("are", "stay") if len(dying) > 1 else ("is", "stays")
                message = f"`{names}` {verbs[0]} not read again, but {verbs[1]} alive while more is allocated"
                yield RULE.site(facts, dying[0].made, message, edits, certain=certain)


def _certain(death: Death, function: DefNode, facts: Facts) -> bool:
    """A table of this function dies, and another array is made behind it."""
    lifetimes = facts.lifetimes
    block = facts.edits.siblings(death.last)
    behind = (s for s in block[block.index(death.last) + 1 :] if isinstance(s, ast.Assign))
    following = [s for s in behind if lifetimes.may_be_new(s.value)]
    if not following or not lifetimes.frees_array(death, function):
        return False
    big = [s for s in following if lifetimes.is_big(s.value, s)]
    if not big or not _is_large(death, big, block, facts):
        return False
    count = facts.axes.least(death.value, death.made)
    made = sum(facts.axes.least(s.value, s) >= count for s in big)
    return not peaks.is_before(facts, death, block[block.index(death.last) + 1 :], made)


def _is_large(death: Death, big: list[ast.Assign], block: list[ast.stmt], facts: Facts) -> bool:
    """Whether what dies has three axes at least, or is the product of two tables, and no fewer than what is
    made behind it."""
    axes = facts.axes
    count = axes.least(death.value, death.made)
    if _is_mask(death.value) or count < max(axes.least(s.value, s) for s in big):
        return False
    if axes.is_product(death.value, death.made):
        return count >= 2
    # A product counts from far below; anything else is beside what the statements around it read.
    around = ((n, s) for s in block for n in facts.under(s) if isinstance(n, ast.Name))
    read = (axes.least(n, s) for n, s in around if isinstance(n.ctx, ast.Load))
    return count >= 3 and count >= max(read, default=0)


def _is_mask(expr: ast.expr) -> bool:
    """Whether an array holds answers: a byte each, where what they are asked of has four or eight."""
    match expr:
        case ast.Compare():
            return True
        case ast.BinOp():
            return _is_mask(expr.left) or _is_mask(expr.right)
        case ast.UnaryOp():
            return _is_mask(expr.operand)
        case ast.Call():
            named = [*(k.value for k in expr.keywords), *(n for a in expr.args for n in ast.walk(a))]
            return any(getattr(n, "attr", getattr(n, "id", "")) in ("bool", "bool_") for n in named)
    return False
