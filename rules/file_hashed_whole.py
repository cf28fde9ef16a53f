"""A file is read whole to be hashed.

What it does
    Finds `hashlib.sha256(f.read())` and uses `hashlib.file_digest(f, "sha256")`, which reads the
    file in pieces (Python 3.11 and later).

Why it costs memory
    The whole file stands in memory; a hash needs a few hundred kilobytes of it at a time.

Example
    digest = hashlib.sha256(f.read()).hexdigest()

Use instead
    digest = hashlib.file_digest(f, "sha256").hexdigest()

When it is safe
    The file is open in binary mode, and nobody reads on or asks for the position after it. Which
    Python will run the code is not to be seen, so a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

_NAMES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256")

RULE = Rule(
    code="MEM117",
    name="file-hashed-whole",
    trust=Trust.EXACT,
    summary="a file is read whole to be hashed",
    triggers=("hashlib",),
    pair=Pair("I01", 9.08, 0.13),
    examples=(
        Example(
            "import hashlib\n\ndef f(path):\n    with open(path, 'rb') as h:\n"
            "        return hashlib.sha256(h.read()).hexdigest()\n",
            "import hashlib\n\ndef f(path):\n    with open(path, 'rb') as h:\n"
            '        return hashlib.file_digest(h, "sha256").hexdigest()\n',
            call="f('/proc/self/cmdline')",
        ),
        Example(
            "import hashlib\nimport io\n\ndef f(data):\n    h = io.BytesIO(data)\n"
            "    return hashlib.md5(h.read()).digest()\n",
            "import hashlib\nimport io\n\ndef f(data):\n    h = io.BytesIO(data)\n"
            '    return hashlib.file_digest(h, "md5").digest()\n',
            call="f(b'abc')",
        ),
    ),
    counterexamples=(
        "import hashlib\n\ndef f(data):\n    return hashlib.sha256(data).hexdigest()\n",
        "import hashlib\n\ndef f(h):\n    return hashlib.sha256(h.read(100)).hexdigest()\n",
        "import hashlib\n\ndef f(h):\n    return hashlib.sha256(h.read()).hexdigest(), h.tell()\n",
        "import hashlib\n\ndef f(path):\n    with open(path) as h:\n"
        "        return hashlib.sha256(h.read()).hexdigest()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Hashes of everything that a file holds."""
    for call in facts.walk(ast.Call):
        name = (facts.names.dotted(call.func) or "").removeprefix("hashlib.")
        if name not in _NAMES or len(call.args) != 1 or call.keywords:
            continue
        read = patterns.method(call.args[0], "read")
        if read is None or read[1].args or read[1].keywords or not isinstance(read[0], ast.Name):
            continue
        file, function = read[0], facts.function(call)
        mode = listed.opened(facts, file)
        if (mode is not None and "b" not in mode) or len(facts.names.uses(file.id, function)) != 1:
            continue
        spelled = facts.names.spell("hashlib.file_digest", call)
        if spelled is not None:
            edits = facts.edits.replace(call, f'{spelled}({file.id}, "{name}")')
            yield RULE.site(facts, call, "a hash needs a piece of the file at a time", edits, certain=False)
