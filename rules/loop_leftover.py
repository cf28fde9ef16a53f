"""The value of one turn of a loop is still bound while the next turn builds its own.

What it does
    Finds a name that a loop body binds to a new value in every turn and that neither the next
    turn nor the code behind the loop reads, and unbinds it after its last read in the turn.

Why it costs memory
    The right side of `x = build(i)` is finished before `x` lets go of the value of the turn
    before, so two values are alive at the peak: 16 MiB instead of 8.

Example
    for path in paths:
        image = load(path)
        total += image.sum()

Use instead
    for path in paths:
        image = load(path)
        total += image.sum()
        del image

When it is safe
    The same conditions as for `dead-local`: bound on every path to that place, read on none
    behind it, not captured, no look at the frame, no resource whose end does something. A turn
    that leaves early by `continue` or `break` only frees less. Where the kind of the value is
    not known, a proof by running decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts
    from codeopt.facts.index import DefNode
    from codeopt.facts.lifetimes import Death

RULE = Rule(
    code="MEM104",
    name="loop-leftover",
    trust=Trust.EXACT,
    summary="a loop keeps the last turn's value while it builds the next",
    triggers=("for ", "while "),
    pair=Pair("P11", 16.0, 8.0),
    examples=(
        Example(
            before=(
                "import numpy as np\n\ndef f(k, n):\n    s = 0.0\n    for i in range(k):\n"
                "        x = np.full(n, i)\n        s += x.sum()\n    return s\n"
            ),
            after=(
                "import numpy as np\n\ndef f(k, n):\n    s = 0.0\n    for i in range(k):\n"
                "        x = np.full(n, i)\n        s += x.sum()\n        del x\n    return s\n"
            ),
            call="f(3, 4)",
        ),
        Example(
            before=(
                "def f(batches, net, size):\n"
                "    n = 0\n"
                "    for batch in batches(size):\n"
                "        out = net(batch)\n"
                "        n += len(out)\n"
                "    return n\n"
            ),
            after=(
                "def f(batches, net, size):\n"
                "    n = 0\n"
                "    for batch in batches(size):\n"
                "        out = net(batch)\n"
                "        del batch\n"
                "        n += len(out)\n"
                "        del out\n"
                "    return n\n"
            ),
            call="f(lambda n: ['ab'] * n, list, 3)",
            sites=2,
        ),
    ),
    counterexamples=(
        "def f(g, n):\n    for i in range(n):\n        x = g(i)\n        print(x)\n    return x\n",
        (
            "def f(g, n):\n"
            "    x = None\n"
            "    for i in range(n):\n"
            "        print(x)\n"
            "        x = g(i)\n"
            "        print(x)\n"
        ),
        "def f(g, n):\n    for i in range(n):\n        x = g(i)\n        print(lambda: x)\n",
        "def f(g, n):\n    for i in range(n):\n        if i:\n            x = g(i)\n        continue\n",
        "def f(n):\n    for i in range(n):\n        x = i\n        print(x)\n",
        "def f(g, n):\n    for i in range(0, n, 64):\n        x = g(i)\n        print(x)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One site for all names of one loop that die at one statement, the certain ones apart."""
    for function in facts.functions():
        found = facts.lifetimes.deaths(function)
        found = [d for d in found if d.next_turn and not facts.loops.in_blocks(d.last)]
        deaths = [(d, _certain(d, function, facts)) for d in found]
        deaths.sort(key=lambda pair: (facts.index.order(pair[0].last), not pair[1]))
        for (last, certain), group in groupby(deaths, key=lambda pair: (pair[0].last, pair[1])):
            dying = list({d.name: d for d, _ in group}.values())
            edits = facts.edits.insert_after(last, f"del {', '.join(d.name for d in dying)}")
            if edits:
                names = "` and `".join(d.name for d in dying)
                bound = "are still bound while the next turn builds their successors"
                bound = bound if len(dying) > 1 else "is still bound while the next turn builds its successor"
                message = f"`{names}` {bound}"
                yield RULE.site(facts, dying[0].made, message, edits, certain=certain)


def _certain(death: Death, function: DefNode, facts: Facts) -> bool:
    """An array of this function dies, and it is the only thing that a turn makes."""
    if death.next_turn is None or not facts.lifetimes.frees_array(death, function):
        return False
    if facts.axes.least(death.value, death.made) < 3:
        return False
    others = [stmt for stmt in death.next_turn.body if stmt is not death.made]
    return death.made not in others and not any(facts.lifetimes.allocates(stmt) for stmt in others)
