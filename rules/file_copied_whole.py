"""A file is read whole to be written to another.

What it does
    Finds `target.write(source.read())` and copies in blocks.

Why it costs memory
    Everything in the file is held at once between reading and writing.

Example
    with gzip.open(packed, "rb") as source, open(path, "wb") as target:
        target.write(source.read())

Use instead
    with gzip.open(packed, "rb") as source, open(path, "wb") as target:
        shutil.copyfileobj(source, target)

When it is safe
    Both are files, both of text or both of bytes, and neither is the other. Where reading breaks
    off, a part already stands in the target. What is not opened in plain sight is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_IMPORT = "import shutil"
_OPENERS = ("builtins.open", "gzip.open", "bz2.open", "lzma.open", "urllib.request.urlopen")

RULE = Rule(
    code="MEM131",
    name="file-copied-whole",
    trust=Trust.EXACT,
    summary="a file is read whole to be written to another",
    triggers=(".read()",),
    pair=Pair("I08", 4.01, 0.14),
    search_only=True,
    examples=(
        Example(
            "import io\nimport shutil\n\ndef f(data):\n    a, b = io.BytesIO(data), io.BytesIO()\n"
            "    b.write(a.read())\n    return b.getvalue()\n",
            "import io\nimport shutil\n\ndef f(data):\n    a, b = io.BytesIO(data), io.BytesIO()\n"
            "    shutil.copyfileobj(a, b)\n    return b.getvalue()\n",
            call="f(b'abc' * 100_000)",
        ),
        Example(
            "import gzip\n\ndef f(p, q):\n    with gzip.open(p, 'rb') as a, open(q, 'wb') as b:\n"
            "        b.write(a.read())\n",
            "import gzip\nimport shutil\n\ndef f(p, q):\n"
            "    with gzip.open(p, 'rb') as a, open(q, 'wb') as b:\n"
            "        shutil.copyfileobj(a, b)\n",
        ),
    ),
    counterexamples=(
        "def f(a, b):\n    n = b.write(a.read())\n    return n\n",
        "def f(a, b):\n    b.write(a.read(1024))\n",
        "def f(a, b):\n    b.write(a.read().strip())\n",
        "def f(a):\n    a.write(a.read())\n",
        "import sys\n\ndef f(a):\n    sys.stdout.write(a.read())\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Files that are read only to be written."""
    for call in facts.walk(ast.Call):
        written = patterns.method(call, "write")
        read = patterns.method(call.args[0], "read") if written and len(call.args) == 1 else None
        if written is None or read is None or call.keywords or read[1].args or read[1].keywords:
            continue
        target, source = written[0], read[0]
        if not isinstance(facts.parent(call), ast.Expr) or not isinstance(target, ast.Name):
            continue
        opened = isinstance(source, ast.Call) and facts.names.dotted(source.func) in _OPENERS
        if not opened and (not isinstance(source, ast.Name) or source.id == target.id):
            continue
        spelled = facts.names.spell("shutil.copyfileobj", call)
        text = f"{spelled or 'shutil.copyfileobj'}({facts.text(source)}, {target.id})"
        yield RULE.site(
            facts, call, "the whole file is held between reading and writing",
            facts.edits.replace(call, text), imports=() if spelled else (_IMPORT,),
        )  # fmt: skip
