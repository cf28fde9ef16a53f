"""A function builds a list that its callers only go through.

What it does
    Finds a function that does nothing with a list but add to it and return it, or returns a list
    comprehension, where a caller in the same file goes through what it gets once, and makes the function
    a generator. Callers that need a list, no more than those that do not, get one around the call.

Why it costs memory
    All items are alive until the caller has seen the last one. A generator makes one when the caller
    asks for it: 32 MiB become one for a list of small dictionaries.

Example
    def rows(path):
        found = []
        for line in open(path):
            found.append(line.split())
        return found

Use instead
    def rows(path):
        for line in open(path):
            yield line.split()

When it is safe
    The function and its caller now take turns. That nothing of it shows (output, errors, the order of
    effects) only a run can tell, so a proof decides. Left alone are functions that other files may use,
    that are decorated, passed on or say that they return a list, that stop inside `with` blocks other
    than open files or inside a `try` that cleans up, that change an item after adding it, and callers
    that may leave their loop early or change in it what they passed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, generators, readers
from codeopt.facts.siblings import mentioned_beside
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM150",
    name="list-returned-to-iterate",
    trust=Trust.EXACT,
    summary="a function builds a list that its callers only go through",
    triggers=(".append(", ".extend(", "return ["),
    pair=Pair("P09", 32.0, 1.0),
    search_only=True,
    examples=(
        Example(
            "def rows(text):\n    found = []\n    for line in text:\n        if line:\n"
            "            found.append(line.split())\n    return found\n\n"
            "def total(text):\n    count = 0\n    for row in rows(text):\n        count += len(row)\n"
            "    return count, len(rows(text))\n",
            "def rows(text):\n    for line in text:\n        if line:\n"
            "            yield line.split()\n\n"
            "def total(text):\n    count = 0\n    for row in rows(text):\n        count += len(row)\n"
            "    return count, len(list(rows(text)))\n",
            call="total(['a b', '', 'c'])",
        ),
        Example(
            "def pairs(xs):\n    found = []\n    for x in xs:\n"
            "        found.append(dict(name=x, size=len(x)))\n"
            "\n    return found\n\n\n"
            "def total(xs):\n    return sum(p['size'] for p in pairs(xs))\n",
            "def pairs(xs):\n    for x in xs:\n        yield dict(name=x, size=len(x))\n\n\n"
            "def total(xs):\n    return sum(p['size'] for p in pairs(xs))\n",
            call="total(['a', 'bc'])",
        ),
        Example(
            "import os\n\ndef walk(tree: dict) -> list[int]:\n    if not tree:\n        return []\n"
            "    found: list[int] = []\n    for key, below in tree.items():\n        found.append(key)\n"
            "        found.extend(walk(below))\n    return found\n\n"
            "def total(tree):\n    keys = walk(tree)\n    return sum(keys)\n",
            "import os\nfrom collections.abc import Iterator\n\ndef walk(tree: dict) -> Iterator[int]:\n"
            "    if not tree:\n        return\n    for key, below in tree.items():\n        yield key\n"
            "        yield from walk(below)\n\n"
            "def total(tree):\n    keys = walk(tree)\n    return sum(keys)\n",
            call="total({1: {2: {}}, 3: {}})",
        ),
        Example(
            "def rows(path):\n    with open(path) as file:\n"
            "        return [line.split() for line in file if line]\n\n"
            "def sizes(path):\n    return [len(row) for row in rows(path)]\n\n"
            "def longest(path):\n    return max(sizes(path), default=0)\n",
            "def rows(path):\n    with open(path) as file:\n"
            "        for line in file:\n            if line:\n                yield line.split()\n\n"
            "def sizes(path):\n    return (len(row) for row in rows(path))\n\n"
            "def longest(path):\n    return max(sizes(path), default=0)\n",
            call="longest('/proc/self/cmdline')",
            sites=2,
        ),
    ),
    counterexamples=(
        "def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n    return out\n\n"
        "def g(xs):\n    return f(xs)[0]\n",
        "def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n    return out\n\n"
        "def g(xs):\n    for x in f(xs):\n        if x:\n            break\n",
        "def f(xs):\n    out = []\n    item = {}\n    for x in xs:\n        out.append(item)\n"
        "        item['x'] = x\n    return out\n\ndef g(xs):\n    return [str(i) for i in f(xs)]\n",
        "def f(xs, lock):\n    out = []\n    with lock:\n        for x in xs:\n            out.append(x)\n"
        "    return out\n\ndef g(xs, lock):\n    return sum(f(xs, lock))\n",
        "def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n    return out\n\n"
        "def g(xs):\n    for x in f(xs):\n        xs.remove(x)\n",
        "def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n    return out\n\n"
        "def g(xs):\n    return all(f(xs)), f\n",
        "def f(xs):\n    return [str(x) for x in xs]\n\n"
        "def g(xs):\n    return max(f(xs)), len(f(xs)), f(xs)[0]\n",
        'def f(xs):\n    """Return the list of all."""\n    out = []\n    for x in xs:\n'
        "        out.append(x)\n    return out\n\ndef g(xs):\n    return sum(f(xs))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Functions that could hand over one item at a time."""
    for function in facts.functions():
        made = generators.builder(facts, function)
        whole = generators.listing(facts, function) if made is None else None
        if not isinstance(function, ast.FunctionDef) or (made is None and whole is None):
            continue
        calls = generators.calls_of(facts, function) or []
        own = [c for c in calls if facts.function(c) is function]
        passed_on = [a for a in made.adds if a.args[0] in own] if made is not None else []
        found = {c: _reader(facts, c) for c in calls if c not in own}
        folded = sum(by is not None and by.folds for by in found.values())
        # Where most callers want a list, a function that gives one reads better.
        if len(passed_on) < len(own) or not folded or list(found.values()).count(None) > folded:
            continue
        edits = generators.yielding(facts, made) if made is not None else None
        edits = generators.handing_over(facts, function, whole) if whole is not None else edits
        if edits is None or mentioned_beside(facts.source.path, function.name):
            continue
        for call, by in found.items():
            edits += facts.edits.replace(call, f"list({facts.text(call)})") if by is None else ()
        spelled = generators.iterator(facts, function)
        imports = ("from collections.abc import Iterator",) if function.returns and not spelled else ()
        message = "callers need one item at a time; the list holds all of them"
        yield RULE.site(facts, function, message, edits, imports=imports)


def _reader(facts: Facts, call: ast.Call) -> readers.Reader | None:
    found = readers.reader(facts, call)
    return None if found is None or readers.disturbed(facts, call, found) else found
