"""A chain of names, each read only to make the next.

What it does
    Finds `a = f(); b = a * 2; c = np.sqrt(b)` where every name is dead once the next one is made,
    and gives them all the last name, so that each value ends where its successor is bound.

Why it costs memory
    A name holds its value until the function returns. In a chain of four names four arrays of
    8 MiB are alive at the end, where one and its successor would do.

Example
    raw = load(path)
    scaled = raw * 2
    rooted = np.sqrt(scaled)
    return rooted + 1

Use instead
    rooted = load(path)
    rooted = rooted * 2
    rooted = np.sqrt(rooted)
    return rooted + 1

When it is safe
    The names are local, bound once and read nowhere but in the chain, by code of this function
    itself, and the last name is not in use yet. As for `dead-local`, which unbinds the names
    one by one instead, only arrays that were made in this function and that nothing else holds
    are renamed without a proof by running, only in chains of three names or more, and only names
    of one family (`x`, `x_scaled`, `x2`): others tell the reader what they hold.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.edit import Edit, Site, Trust
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts
    from codeopt.facts.index import DefNode
    from codeopt.facts.lifetimes import Death

RULE = Rule(
    code="MEM106",
    name="distinct-name-chain",
    trust=Trust.EXACT,
    summary="each name of a chain keeps a stage of the computation alive",
    triggers=("def ",),
    pair=Pair("P12", 32.0, 16.0),
    examples=(
        Example(
            "import numpy as np\n\ndef f(n):\n    a = np.ones(n)\n    b = a * 2\n    c = np.sqrt(b)\n"
            "    d = c + 1\n    return d.sum()\n",
            "import numpy as np\n\ndef f(n):\n    c = np.ones(n)\n    c = c * 2\n    c = np.sqrt(c)\n"
            "    d = c + 1\n    return d.sum()\n",
            call="f(10)",
        ),
        Example(
            "def f(load, x):\n    text = load(x)\n    if text:\n        print(text)\n"
            "    words = text.split()\n    return load(words)\n",
            "def f(load, x):\n    words = load(x)\n    if words:\n        print(words)\n"
            "    words = words.split()\n    return load(words)\n",
            call="f(str, 'ab c')",
        ),
        Example(
            "def f(g):\n    a = g(1); b = g(a); c = g(b); d = g(c); return g(d)\n",
            "def f(g):\n    d = g(1); d = g(d); d = g(d); d = g(d); return g(d)\n",
            call="f(abs)",
        ),
    ),
    counterexamples=(
        "def f(g):\n    a = g(1)\n    b = g(a)\n    c = g(b)\n    return g(b, a, c)\n",
        "def f(g):\n    a = g(1)\n    b = g(a)\n    c = g(b)\n    return g(b, c)\n",
        "def f(g):\n    a = g(1)\n    b = g(lambda: a)\n    c = g(b)\n    return c\n",
        "def f(g):\n    a = g(1)\n    b = g([a + b for b in g(2)])\n    c = g(b)\n    return c\n",
        "def f(g):\n    a = g(1)\n    b = g(f'{a=}')\n    c = g(3)\n    return b, c\n",
        "def f(g, b):\n    a = g(1)\n    g(b)\n    b = g(a)\n    c = g(3)\n    return b, c\n",
        "def f(g):\n    a = g(1)\n    b = g(a)\n    c = g(3)\n    return b, c, locals()\n",
        "def f(g):\n    b = 0\n    try:\n        a = g(1)\n        b = g(a)\n        c = g(3)\n"
        "    except ValueError:\n        return b\n    return b, c\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Chains as long as they go, each under its last name."""
    for function in facts.functions():
        links = {d.made: d for d in facts.lifetimes.deaths(function) if _is_link(facts, d, function)}
        inner = {d.last for d in links.values()}
        for first in links.values():
            if first.made in inner:
                continue
            chain = [first]
            while (following := links.get(chain[-1].last)) is not None:
                chain.append(following)
            while chain and not _is_free(facts, chain, function):
                chain.pop()
            if len(chain) > 1 or (chain and _goes_on(facts, chain[-1], function)):
                names = "` and `".join(d.name for d in chain)
                message = f"`{names}` stay alive after the next value of the chain is made"
                alike = len(chain) > 1 and _of_one_family([d.name for d in chain], _target(chain[-1].last))
                certain = alike and all(_certain(d, function, facts) for d in chain)
                if facts.deciding and not certain:
                    continue
                yield RULE.site(facts, first.made, message, _renamed(facts, chain), certain=certain)


def _target(stmt: ast.stmt) -> str:
    """The only name that a plain assignment of a computed value binds."""
    if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name):
        return "" if isinstance(stmt.value, (ast.Name, ast.Attribute)) else stmt.targets[0].id
    return ""


def _is_link(facts: Facts, death: Death, function: DefNode) -> bool:
    """Whether a name dies in making the next one and is read nowhere else, by nobody else."""
    if not death.after or not isinstance(death.made, ast.Assign) or _target(death.made) != death.name:
        return False
    if _target(death.last) in ("", death.name):
        return False
    block = facts.edits.siblings(death.made)
    if death.last not in block or death.last is death.made:
        return False
    readers = block[block.index(death.made) + 1 : block.index(death.last) + 1]
    inside = {death.made.targets[0], *(n for s in readers for n in facts.under(s))}
    places, home = facts.names.scopes.places, facts.names.scope(function)
    seen = facts.names.occurrences(death.name, function)
    if sum(not isinstance(n.ctx, ast.Load) for n in seen) != 1:
        return False
    quoted = (a for n in seen for a in facts.index.ancestors(n) if isinstance(a, ast.JoinedStr))
    return all(n in inside and places[n] is home for n in seen) and next(quoted, None) is None


def _is_free(facts: Facts, chain: list[Death], function: DefNode) -> bool:
    """Whether the last name means nothing yet while the chain runs."""
    name, flow = _target(chain[-1].last), facts.flow(function)
    if name not in flow.locals or name in flow.captured or name in flow.live_before(chain[0].made):
        return False
    block = facts.edits.siblings(chain[0].made)
    span = block[block.index(chain[0].made) : block.index(chain[-1].last) + 1]
    inside = {n for stmt in span for n in facts.under(stmt)}
    used = [n for n in facts.names.occurrences(name, function) if n in inside]
    return len(used) == 1  # its binding at the end of the chain


def _goes_on(facts: Facts, death: Death, function: DefNode) -> bool:
    """Whether the last name of a chain is used up by the next statement that reads it, as its others are."""
    name, block = _target(death.last), facts.edits.siblings(death.last)
    for stmt in block[block.index(death.last) + 1 :]:
        if any(isinstance(n, ast.Name) and n.id == name for n in facts.under(stmt)):
            passes = isinstance(stmt, (ast.Assign, ast.Return)) and not isinstance(stmt.value, ast.Name)
            return passes and name not in facts.flow(function).live_after(stmt)
    return False


def _of_one_family(names: list[str], last: str) -> bool:
    """Whether names begin with the same word, digits aside."""
    return len({name.split("_")[0].rstrip("0123456789") or name for name in (*names, last)}) == 1


def _certain(death: Death, function: DefNode, facts: Facts) -> bool:
    """An array of this function dies, and another is made behind it."""
    block = facts.edits.siblings(death.last)
    following = (s for s in block[block.index(death.last) + 1 :] if isinstance(s, ast.Assign))
    made = any(facts.lifetimes.is_big(s.value, s) for s in following)
    return made and facts.lifetimes.frees_array(death, function)


def _renamed(facts: Facts, chain: list[Death]) -> tuple[Edit, ...]:
    """One edit from the first name to the line behind the chain.

    It covers every place where another rule might unbind one of these names.
    """
    name = _target(chain[-1].last)
    start = facts.range(chain[0].made)[0]
    data = facts.source.data
    end = facts.range(chain[-1].last)[1]
    end = data.find(b"\n", end) + 1 or len(data)
    text, position = b"", start
    for found in sorted(
        facts.range(n) for d in chain for n in facts.names.occurrences(d.name, facts.function(d.made))
    ):
        text += data[position : found[0]] + name.encode()
        position = found[1]
    return (Edit(start, end, (text + data[position:end]).decode()),)
