"""All lines of a file are read before the first is looked at.

What it does
    Finds `for line in f.readlines()`, in loops and comprehensions, and iterates over the file; where the
    lines get a name first, or the loop stands behind the block of the file, it moves into the block.

Why it costs memory
    `readlines()` holds every line of the file as an object of its own: 33 MiB for 400,000 short
    lines. A file hands out its lines one at a time.

Example
    for line in f.readlines():
        handle(line)

Use instead
    for line in f:
        handle(line)

When it is safe
    The file is opened in the same function with `open(...)`, its name is not used inside the
    loop (where it could be read, closed or moved), and the loop does not rebind it. What other
    objects with a `readlines` method do is left to a proof by running, and so are lines with a name:
    the file is then open for longer. So is a loop that keeps an array for each line, or what it
    reads from the file that the line names: then the lines are not what fills the memory.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, kept, listed, patterns, readers
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM102",
    name="readlines-loop",
    trust=Trust.EXACT,
    summary="a loop over readlines() holds the whole file",
    triggers=(".readlines(",),
    pair=Pair("P03", 33.16, 0.02),
    examples=(
        Example(
            before=(
                "def f(path):\n    with open(path) as h:\n        return sum(len(s) for s in h.readlines())\n"
            ),
            after="def f(path):\n    with open(path) as h:\n        return sum(len(s) for s in h)\n",
            call="f('/proc/self/cmdline')",
        ),
        Example(
            before=(
                "def f(path):\n    count = 0\n    h = open(path)\n    for line in h.readlines():\n"
                "        count += len(line)\n    h.close()\n    return count\n"
            ),
            after=(
                "def f(path):\n    count = 0\n    h = open(path)\n    for line in h:\n"
                "        count += len(line)\n    h.close()\n    return count\n"
            ),
            call="f('/proc/self/cmdline')",
        ),
        Example(
            before=(
                "def f(path):\n    total = 0\n    with open(path) as h:\n        lines = h.readlines()\n\n"
                "    # all of it\n    for s in lines:\n        if s:  # why\n            total += len(s)\n"
                "    return total\n"
            ),
            after=(
                "def f(path):\n    total = 0\n    # all of it\n    with open(path) as h:\n"
                "        for s in h:\n            if s:  # why\n                total += len(s)\n"
                "    return total\n"
            ),
            call="f('/proc/self/cmdline')",
        ),
        Example(
            before=(
                "def f(path):\n    with open(path) as h:\n        lines = h.readlines()\n"
                "        words = [s.split() for s in lines]\n    return words\n"
            ),
            after=(
                "def f(path):\n    with open(path) as h:\n"
                "        words = [s.split() for s in h]\n    return words\n"
            ),
            call="f('/proc/self/cmdline')",
        ),
    ),
    counterexamples=(
        "def f(path):\n    with open(path) as h:\n        lines = h.readlines()\n"
        "    for s in lines:\n        print(s, len(lines))\n",
        "def f(path):\n    with open(path) as h:\n        lines = h.readlines()\n"
        "    for s in lines:\n        return s\n",
        "def f(path):\n    with open(path) as h:\n        return h.readlines()\n",
        "def f(path):\n    with open(path) as h:\n        for s in h.readlines():\n            g(s, h)\n",
        "def f(path):\n    with open(path) as h:\n        for s in h.readlines(10):\n            print(s)\n",
        "def f(path):\n    for s in open(path).readlines()[1:]:\n        print(s)\n",
        "def f(path):\n    with open(path, 'r+') as h:\n        return sum(len(s) for s in h.readlines())\n",
    ),
)


_MESSAGE = "the loop needs one line at a time; `readlines()` holds all of them"


def find(facts: Facts) -> Iterator[Site]:
    """Loops and comprehensions over `readlines()`, straight or under a name."""
    for call in facts.walk(ast.Call):
        lines = patterns.method(call, "readlines")
        mode = listed.opened(facts, lines[0]) if lines else None
        if lines is None or call.args or call.keywords or (mode is not None and "+" in mode):
            continue
        if isinstance(stmt := facts.parent(call), ast.Assign):
            edits = _named(facts, stmt, lines[0]) or _behind(facts, stmt, lines[0])
            if edits:
                yield RULE.site(facts, call, _MESSAGE, edits, certain=False)
            continue
        loop = listed.iterated(facts, call)
        if loop is None or not listed.gone_through_here(facts, loop):
            continue
        if not isinstance(lines[0], ast.Name) or not listed.used_inside(facts, lines[0], loop):
            edits = facts.edits.replace(call, facts.text(lines[0]))
            certain = mode in ("r", "rt", "rb", "br") and not _are_few(facts, lines[0])
            certain = certain and not _is_lazy(facts, call) and not listed.kept(facts, loop)
            certain = certain and not kept.keeps_more(facts, loop)
            yield RULE.site(facts, call, _MESSAGE, edits, certain=certain)


def _are_few(facts: Facts, file: ast.expr) -> bool:
    """Whether the file is not known to hold data, or what becomes of it tells of a handful."""
    stmt = facts.statement(file)
    targets = stmt.targets if isinstance(stmt, ast.Assign) else []
    if not listed.is_of_data(facts, file):
        return True
    return any(listed.few(facts, part) for part in (file, *targets))


def _is_lazy(facts: Facts, node: ast.AST) -> bool:
    """Whether a generator reads the file, at times that its caller chooses."""
    inside = facts.under(facts.function(node))
    return any(
        isinstance(n, (ast.Yield, ast.YieldFrom)) and facts.function(n) is facts.function(node)
        for n in inside
    )


def _named(facts: Facts, stmt: ast.Assign, file: ast.expr) -> tuple[Edit, ...]:
    """Edits where the lines have a name and what goes through them stands right behind."""
    use = readers.only_use(facts, stmt)
    found = None if use is None else readers.reader(facts, use)
    if use is None or found is None or not isinstance(file, ast.Name):
        return ()
    if any(isinstance(n, ast.Name) and n.id == file.id for n in facts.under(found.node)):
        return ()
    return (*facts.edits.delete(stmt), *facts.edits.replace(use, file.id))


def _behind(facts: Facts, stmt: ast.Assign, file: ast.expr) -> tuple[Edit, ...]:
    """Edits where a `with` block only reads the lines: the statement behind it moves into the block."""
    block, target = facts.parent(stmt), stmt.targets[0]
    if not isinstance(block, ast.With) or block.body != [stmt] or len(block.items) != 1:
        return ()
    opened = block.items[0].optional_vars
    around = facts.edits.siblings(block)
    later = around[around.index(block) + 1 :]
    if not later or not isinstance(opened, ast.Name) or not isinstance(target, ast.Name):
        return ()
    if not isinstance(file, ast.Name) or file.id != opened.id:
        return ()
    uses = facts.names.uses(target.id, facts.function(stmt))
    if len(uses) != 1 or facts.statement(uses[0]) is not later[0]:
        return ()
    if not readers.runs_once(facts, uses[0], later[0]) or readers.reader(facts, uses[0]) is None:
        return ()
    (start, end), (_, header), (inner, _) = (facts.range(n) for n in (block, opened, stmt))
    data = facts.source.data
    between = data[end : facts.range(later[0])[0]].decode()
    opening = f"{data[start:header].decode()}:"
    moved = facts.edits.wrap(later[0], later[0], opening)
    words = re.compile(rf"\b(?:{target.id}|{file.id})\b")
    if not moved or data[header:inner].strip() != b":" or "#" in between.splitlines()[0]:
        return ()
    body = moved[0].text[len(opening) :]
    if words.findall(body) != [target.id]:
        return ()
    return (Edit(start, moved[0].end, between.lstrip() + opening + words.sub(file.id, body)),)
