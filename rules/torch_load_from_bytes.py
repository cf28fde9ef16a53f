"""A checkpoint read whole before it is loaded.

What it does
    Finds `torch.load(io.BytesIO(f.read()))` and lets `torch.load` read from the file itself.

Why it costs memory
    The bytes of the whole file stand beside the tensors that are made of them.

Example
    with open(path, "rb") as f:
        state = torch.load(io.BytesIO(f.read()))

Use instead
    with open(path, "rb") as f:
        state = torch.load(f)

When it is safe
    The file can go back and forth, as one opened from a disk can, and nobody reads on from it.
    Of other sources only a run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM364",
    name="torch-load-from-bytes",
    trust=Trust.EXACT,
    summary="a checkpoint is read whole before it is loaded",
    triggers=("BytesIO(",),
    pair=Pair("T78", 24.03, 12.01),
    examples=(
        Example(
            'import io\nimport torch\n\ndef load(path):\n    with open(path, "rb") as f:\n'
            '        return torch.load(io.BytesIO(f.read()), map_location="cpu")\n',
            'import io\nimport torch\n\ndef load(path):\n    with open(path, "rb") as f:\n'
            '        return torch.load(f, map_location="cpu")\n',
        ),
        Example(
            "import io\nimport torch\n\ndef again(x):\n    f = io.BytesIO()\n    torch.save(x, f)\n"
            "    f.seek(0)\n    data = torch.load(io.BytesIO(f.read()))\n    return data\n",
            "import io\nimport torch\n\ndef again(x):\n    f = io.BytesIO()\n    torch.save(x, f)\n"
            "    f.seek(0)\n    data = torch.load(f)\n    return data\n",
            call="again(torch.ones(3))",
        ),
    ),
    counterexamples=(
        "import io\nimport torch\n\ndef f(data):\n    return torch.load(io.BytesIO(data))\n",
        "import io\nimport torch\n\ndef f(h):\n    return torch.load(io.BytesIO(h.read(100)))\n",
        "import io\nimport torch\n\ndef f(h):\n    x = torch.load(io.BytesIO(h.read()))\n"
        "    return x, h.tell()\n",
        "import io\nimport torch\n\ndef f(response):\n"
        "    return torch.load(io.BytesIO(response.body.read()))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Loads from a copy of everything that a file holds."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "torch.load") or not call.args:
            continue
        buffer = call.args[0]
        if not patterns.is_call(facts, buffer, "io.BytesIO") or not isinstance(buffer, ast.Call):
            continue
        found = patterns.method(buffer.args[0] if len(buffer.args) == 1 else None, "read")
        function = facts.function(call)
        if (
            found is None
            or found[1].args
            or not isinstance(found[0], ast.Name)
            or not isinstance(function, DEFS)
        ):
            continue
        later = [
            u
            for u in facts.names.uses(found[0].id, function)
            if facts.index.order(u) > facts.index.order(call)
        ]
        if buffer.keywords or [found[0]] != later or facts.loops.around(call):
            continue
        yield RULE.site(
            facts, call, "the bytes of the file stand beside the tensors made of them",
            facts.edits.replace(buffer, found[0].id), certain=_only_read(facts, found[0], function),
        )  # fmt: skip


def _only_read(facts: Facts, file: ast.Name, function: ast.AST) -> bool:
    """Whether a file is one of the disk, opened for bytes, that nothing else was asked of."""
    return listed.opened(facts, file) == "rb" and len(facts.names.uses(file.id, function)) == 1
