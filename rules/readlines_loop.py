"""All lines of a file are read before the first is looked at.

What it does
    Finds `for line in f.readlines()`, in loops and comprehensions, and iterates over the file.

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
    objects with a `readlines` method do is left to a proof by running.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.edit import Site, Trust
from codeopt.facts.index import COMPREHENSIONS, DEFS
from codeopt.rule import Example, Pair, Rule

if TYPE_CHECKING:
    from codeopt.facts import Facts

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
    ),
    counterexamples=(
        "def f(path):\n    with open(path) as h:\n        return h.readlines()\n",
        (
            "def f(path):\n"
            "    with open(path) as h:\n"
            "        for s in h.readlines():\n"
            "            print(s, h.tell())\n"
        ),
        (
            "def f(path):\n"
            "    with open(path) as h:\n"
            "        for s in h.readlines(10):\n"
            "            print(s)\n"
        ),
        "def f(path):\n    for s in open(path).readlines()[1:]:\n        print(s)\n",
        (
            "def f(path):\n"
            "    with open(path, 'r+') as h:\n"
            "        for s in h.readlines():\n"
            "            print(s)\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loops and comprehensions straight over `readlines()`."""
    for call in facts.walk(ast.Call):
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr != "readlines" or call.args or call.keywords:
            continue
        loop = facts.parent(call)
        owner = loop if isinstance(loop, ast.For) else None
        if isinstance(loop, ast.comprehension):
            owner = facts.parent(loop)  # type: ignore[assignment]
        if owner is None or getattr(loop, "iter", None) is not call or getattr(loop, "is_async", False):
            continue
        file = func.value
        if isinstance(file, ast.Name) and _used_inside(file.id, owner, file):
            continue
        if isinstance(owner, ast.GeneratorExp) and not _consumed_here(owner, facts):
            continue
        opened = _opened(file, facts)
        if opened is None:
            continue
        message = "the loop needs one line at a time; `readlines()` holds all of them"
        yield RULE.site(facts, call, message, facts.edits.replace(call, facts.text(file)), certain=opened)


def _used_inside(name: str, owner: ast.AST, iterated: ast.Name) -> bool:
    names = (n for n in ast.walk(owner) if isinstance(n, ast.Name) and n.id == name)
    return any(n is not iterated for n in names)


def _consumed_here(owner: ast.AST, facts: Facts) -> bool:
    """A generator read later could find the file closed; one that is a call's argument is read now."""
    call = facts.parent(owner)
    return isinstance(call, ast.Call) and not isinstance(owner, COMPREHENSIONS[:3])


def _opened(file: ast.expr, facts: Facts) -> bool | None:
    """True for a file surely opened for reading here, None for one that may be written, else False."""
    call: ast.expr | None = file
    if isinstance(file, ast.Name):
        function = facts.names.home(file)
        if not isinstance(function, (*DEFS, ast.Module)):
            return False
        bound = facts.names.bindings(file.id, function)
        call = _bound_call(bound[0], facts) if len(bound) == 1 else None
    if not isinstance(call, ast.Call) or facts.names.dotted(call.func) != "builtins.open":
        return False
    modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    if not modes:
        return True
    mode = modes[0].value if isinstance(modes[0], ast.Constant) else None
    return None if isinstance(mode, str) and "+" in mode else mode in ("r", "rt", "rb", "br")


def _bound_call(node: ast.AST, facts: Facts) -> ast.expr | None:
    parent = facts.parent(node)
    if isinstance(parent, ast.withitem):
        return parent.context_expr
    return parent.value if isinstance(parent, ast.Assign) else None
