"""A file is read whole to be split into lines.

What it does
    Finds loops over `f.read().splitlines()` for a file opened in sight, and splits the file's own
    lines one at a time.

Why it costs memory
    The whole text and the list of its lines are alive at once: three times the size of the file.

Example
    for line in f.read().splitlines():
        handle(line)

Use instead
    for line in itertools.chain.from_iterable(map(str.splitlines, f)):
        handle(line)

When it is safe
    `splitlines` of every line gives the same pieces as that of the whole text, rare separators such
    as form feeds included, if the file ends its own lines at the usual newlines: it is opened with
    `open(...)` without `newline`, and the loop does not touch it. A file that does not tell of data by
    its name, and a loop that keeps an array or another file for a line, are left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, kept, listed, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM115",
    name="text-split-into-lines",
    trust=Trust.EXACT,
    summary="a file is read whole to be split into lines",
    triggers=(".splitlines(",),
    pair=Pair("P03", 33.16, 0.02),
    examples=(
        Example(
            "import itertools\n\ndef f(path):\n    with open(path) as h:\n"
            "        return [len(s) for s in h.read().splitlines()]\n",
            "import itertools\n\ndef f(path):\n    with open(path) as h:\n"
            "        return [len(s) for s in itertools.chain.from_iterable(map(str.splitlines, h))]\n",
            call="f('/proc/self/status')[:1]",
        ),
        Example(
            "import os\n\ndef f(path):\n    n = 0\n    h = open(path, 'rb')\n"
            "    for s in h.read().splitlines():\n        n += len(s)\n    h.close()\n    return n\n",
            "import os\nimport itertools\n\ndef f(path):\n    n = 0\n    h = open(path, 'rb')\n"
            "    for s in itertools.chain.from_iterable(map(bytes.splitlines, h)):\n        n += len(s)\n"
            "    h.close()\n    return n\n",
            call="f('/proc/self/cmdline')",
        ),
    ),
    counterexamples=(
        "def f(path):\n    with open(path) as h:\n        return h.read().splitlines()\n",
        "def f(h):\n    for s in h.read().splitlines():\n        print(s)\n",
        "def f(path):\n    with open(path) as h:\n        for s in h.read().splitlines():\n"
        "            print(s, h.tell())\n",
        "def f(path):\n    with open(path, newline='') as h:\n        for s in h.read().splitlines():\n"
        "            print(s)\n",
        "def f(path):\n    with open(path) as h:\n        for s in h.read().splitlines(True):\n"
        "            print(s)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loops over the split text of a file."""
    for call in facts.walk(ast.Call):
        split = patterns.method(call, "splitlines")
        read = patterns.method(split[0], "read") if split else None
        loop = listed.iterated(facts, call)
        if read is None or loop is None or call.args or call.keywords or read[1].args or read[1].keywords:
            continue
        file = read[0]
        mode = listed.opened(facts, file)
        if mode not in ("r", "rt", "rb", "br") or not listed.default_newlines(facts, file):
            continue
        if isinstance(file, ast.Name) and listed.used_inside(facts, file, loop):
            continue
        kind = "bytes" if "b" in mode else "str"
        if not listed.gone_through_here(facts, loop) or not patterns.builtin(facts, kind):
            continue
        spelled = facts.names.spell("itertools.chain.from_iterable", call)
        text = f"{spelled or 'itertools.chain.from_iterable'}(map({kind}.splitlines, {facts.text(file)}))"
        sure = patterns.builtin(facts, "map") and not listed.kept(facts, loop)
        sure = sure and listed.is_of_data(facts, file) and not kept.keeps_more(facts, loop)
        yield RULE.site(
            facts, call, "the loop needs one line at a time; this holds the text and all lines",
            facts.edits.replace(call, text), imports=() if spelled else ("import itertools",),
            certain=sure and not listed.few(facts, file),
        )  # fmt: skip
