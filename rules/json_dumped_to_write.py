"""An object becomes one long text of JSON to be written.

What it does
    Finds `file.write(json.dumps(x))` and lets `json.dump` write piece by piece.

Why it costs memory
    The text of the whole object is held beside it, and its pieces are held until they are joined.

Example
    with open(path, "w") as file:
        file.write(json.dumps(records, indent=2))

Use instead
    with open(path, "w") as file:
        json.dump(records, file, indent=2)

When it is safe
    The file gets the same text. Without `indent` it takes several times as long, and what is not
    opened in plain sight may be no file, so that is left to a run. Where the object cannot be
    written, a part of it already stands in the file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_WRITERS = {"json.dumps": "json.dump"}

RULE = Rule(
    code="MEM130",
    name="json-dumped-to-write",
    trust=Trust.EXACT,
    summary="an object becomes one long text of JSON to be written",
    triggers=("dumps(",),
    pair=Pair("I07", 36.9, 0.1),
    search_only=True,
    examples=(
        Example(
            "import io\nimport json\n\ndef f(x):\n    h = io.StringIO()\n"
            "    h.write(json.dumps(x, indent=2))\n    return h.getvalue()\n",
            "import io\nimport json\n\ndef f(x):\n    h = io.StringIO()\n"
            "    json.dump(x, h, indent=2)\n    return h.getvalue()\n",
            call="f([1, {'a': None}])",
        ),
        Example(
            "from json import dump, dumps\n\ndef f(x, path):\n    with open(path, 'w') as h:\n"
            "        h.write(dumps(obj=x))\n        h.write(dumps(x) + '\\n')\n",
            "from json import dump, dumps\n\ndef f(x, path):\n    with open(path, 'w') as h:\n"
            "        h.write(dumps(obj=x))\n        dump(x, h)\n        h.write('\\n')\n",
        ),
    ),
    counterexamples=(
        "import json\n\ndef f(x, h):\n    n = h.write(json.dumps(x))\n    return n\n",
        "import json\n\ndef f(x, h):\n    h.write(json.dumps(x) + x)\n",
        "import json\n\ndef f(xs, h):\n    for x in xs:\n        h.write(json.dumps(x))\n",
        "import json\n\ndef f(x, h):\n    h.write(json.dumps(x).encode())\n",
        "import json\n\ndef f(x, h):\n    h.write(json.dumps(*x))\n",
        "import json\n\ndef f(x, h):\n    h.write(json.dumps({'a': 1, 'b': 'c'}))\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Texts of objects that are written as they are."""
    for call in facts.walk(ast.Call):
        written = patterns.method(call, "write")
        if written is None or len(call.args) != 1 or call.keywords:
            continue
        file, made, stmt = written[0], call.args[0], facts.statement(call)
        if not patterns.plain(file) or not isinstance(facts.parent(call), ast.Expr):
            continue
        # Of records that are written one by one each text is short.
        if facts.loops.around(call):
            continue
        behind: tuple[Edit, ...] = ()
        if (
            isinstance(made, ast.BinOp)
            and isinstance(made.op, ast.Add)
            and isinstance(made.right, ast.Constant)
        ):
            behind = facts.edits.insert_after(stmt, f"{facts.text(call.func)}({facts.text(made.right)})")
            made = made.left
        if not isinstance(made, ast.Call) or not patterns.is_call(facts, made, *_WRITERS):
            continue
        if not made.args or isinstance(made.args[0], ast.Starred) or _is_short(made.args[0]):
            continue
        spelled = facts.names.spell(_WRITERS[facts.names.dotted(made.func) or ""], call)
        if spelled is None or any(k.arg is None for k in made.keywords) or patterns.opens_twice(facts, made):
            continue
        place, data = facts.range(made.args[0])[1], facts.source.data
        head = data[facts.range(made.func)[1] : place].decode()
        tail = data[place : facts.range(made)[1]].decode()
        edit = Edit(*facts.range(call), f"{spelled}{head}, {facts.text(file)}{tail}")
        yield RULE.site(facts, call, "the text stands beside the object until it is written", (edit, *behind))


def _is_short(node: ast.expr) -> bool:
    """Whether an object is written out whole, of constants."""
    return all(
        isinstance(n, (ast.Dict, ast.List, ast.Tuple, ast.Constant, ast.expr_context)) for n in ast.walk(node)
    )
