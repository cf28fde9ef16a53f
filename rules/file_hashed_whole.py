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

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, listed
from codeopt.rule import Example, Pair, Rule

_NAMES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256")
_HASHED = ("digest", "hashed", "checksum")

RULE = Rule(
    code="MEM117",
    name="file-hashed-whole",
    trust=Trust.EXACT,
    summary="a file is read whole to be hashed",
    triggers=("hashlib",),
    pair=Pair("I01", 9.08, 0.13),
    search_only=True,
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
        Example(
            "import hashlib\n\ndef f(path):\n    with open(path, 'rb') as h:\n"
            "        content = h.read()\n    return hashlib.sha256(content).hexdigest()\n",
            "import hashlib\n\ndef f(path):\n    with open(path, 'rb') as h:\n"
            '        digest = hashlib.file_digest(h, "sha256")\n    return digest.hexdigest()\n',
            call="f('/proc/self/cmdline')",
        ),
    ),
    counterexamples=(
        "import hashlib\n\ndef f(path):\n    with open(path, 'rb') as h:\n        data = h.read()\n"
        "    return hashlib.sha256(data).digest(), len(data)\n",
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
        read = listed.read_for(facts, call.args[0])
        spelled = facts.names.spell("hashlib.file_digest", call)
        if read is None or spelled is None:
            continue
        file = read[0].func.value  # type: ignore[attr-defined]
        mode = listed.opened(facts, file)
        if (mode is not None and "b" not in mode) or len(
            facts.names.uses(file.id, facts.function(call))
        ) != 1:
            continue
        text, message = f'{spelled}({file.id}, "{name}")', "a hash needs a piece of the file at a time"
        yield RULE.site(facts, call, message, _edits(facts, call, text, *read))


def _edits(
    facts: Facts, call: ast.Call, text: str, read: ast.Call, bound: ast.Assign | None
) -> tuple[Edit, ...]:
    """The hash instead of the bytes: where the bytes were read, if they had a name."""
    if bound is None:
        return facts.edits.replace(call, text)
    names = (n for n in _HASHED if facts.names.fresh_name(n, call) == n)
    name = next(names, None) or facts.names.fresh_name(_HASHED[0], call)
    return (
        *facts.edits.replace(bound.targets[0], name),
        *facts.edits.replace(read, text),
        *facts.edits.replace(call, name),
    )
